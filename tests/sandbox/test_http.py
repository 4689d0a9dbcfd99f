"""The HTTP front: what comes over a real connection, webhooks that arrive, and the process itself."""

from __future__ import annotations

import json
import signal
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from http.client import HTTPConnection, IncompleteRead, RemoteDisconnected
from typing import Any

import pytest
import stripe
from aiohttp import web

from sandbox_processor import API_VERSION, NOTICE
from sandbox_processor.__main__ import refuse_to_start
from sandbox_processor.http_front import application
from sandbox_processor.sandbox import Sandbox

from .published_document import PublishedDocument
from .serving import process, served

PAY = "amount=700&currency=usd&payment_method=pm_card_visa&confirm=true"
Inbox = list[tuple[dict[str, str], bytes]]


class PlainClient(stripe.HTTPClient):
    """The SDK over one connection per request, closed after it."""

    name = "plain"

    def request(self, method: str, url: str, headers: Any, post_data: Any = None, **_: Any) -> tuple[bytes, int, Any]:
        sent = post_data.encode() if post_data else None
        try:
            with urllib.request.urlopen(urllib.request.Request(url, sent, headers, method=method.upper())) as answer:
                return answer.read(), answer.status, answer.headers
        except urllib.error.HTTPError as refused:
            with refused:
                return refused.read(), refused.code, refused.headers

    def close(self) -> None:
        return


class Served:
    def __init__(self, address: str) -> None:
        self.address = address
        self.client = stripe.StripeClient(
            "sk_test_http", base_addresses={"api": address}, stripe_version=API_VERSION, max_network_retries=0,
            http_client=PlainClient(),
        )  # fmt: skip

    def control(self, name: str, **sent: Any) -> Any:
        request = urllib.request.Request(f"{self.address}/_sandbox/{name}", json.dumps(sent).encode() if sent else None)
        with urllib.request.urlopen(request) as answer:
            return json.load(answer)


@pytest.fixture
def http() -> Iterator[Served]:
    with served(lambda address: application(Sandbox(origin=address))) as address:
        yield Served(address)


@pytest.fixture
def inbox() -> Iterator[tuple[str, Inbox, list[int]]]:
    """An endpoint of ours: its address, what arrived, and the answers it is to give (200 when none is left)."""
    arrived: Inbox = []
    answers: list[int] = []

    def receiver(address: str) -> web.Application:
        async def take(request: web.Request) -> web.Response:
            arrived.append((dict(request.headers), await request.read()))
            return web.Response(status=answers.pop(0) if answers else 200)

        app = web.Application()
        app.router.add_post("/hook", take)
        return app

    with served(receiver) as address:
        yield f"{address}/hook", arrived, answers


def until(true: Any, seconds: float = 8) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)


def kinds(arrived: Inbox) -> list[str]:
    return [json.loads(body)["type"] for _, body in arrived]


def test_the_official_sdk_pays_over_a_connection(http: Served) -> None:
    intent = http.client.v1.payment_intents.create(
        {"amount": 700, "currency": "usd", "payment_method": "pm_card_visa", "confirm": True}
    )
    assert intent.status == "succeeded"
    assert http.control("health")["notice"] == NOTICE
    assert http.control("book")["summary"]["kept"] == 700


@pytest.mark.parametrize(
    ("action", "what", "kept"),
    [("lost_before", RemoteDisconnected, 0), ("lost_after", RemoteDisconnected, 700), ("cut", IncompleteRead, 700)],
)
def test_faults_break_the_connection_off(http: Served, action: str, what: type[Exception], kept: int) -> None:
    http.control("faults", action=action)
    connection = HTTPConnection(http.address.removeprefix("http://"))
    connection.request("POST", "/v1/payment_intents", PAY, {"Authorization": "Bearer sk_test_http"})
    with pytest.raises((what, ConnectionResetError)):
        connection.getresponse().read()
    connection.close()
    assert http.control("book")["summary"]["kept"] == kept


def test_the_same_key_twice_at_once_moves_money_once(http: Served) -> None:
    http.control("faults", action="slow", ms=600)
    headers = {"Authorization": "Bearer sk_test_http", "Idempotency-Key": "k"}
    first, second = (HTTPConnection(http.address.removeprefix("http://")) for _ in range(2))
    first.request("POST", "/v1/payment_intents", PAY, headers)
    time.sleep(0.2)
    second.request("POST", "/v1/payment_intents", PAY, headers)
    assert second.getresponse().status == 409
    assert first.getresponse().status == 200
    first.close()
    second.close()
    assert http.control("book")["summary"]["counts"]["capture"] == 1


def test_webhooks_arrive_signed(http: Served, inbox: Any, document: PublishedDocument) -> None:
    url, arrived, _ = inbox
    endpoint = http.client.v1.webhook_endpoints.create({"url": url, "enabled_events": ["customer.created"]})
    made = http.client.v1.customers.create({"email": "a@example.com"})
    until(lambda: arrived)
    headers, body = arrived[0]
    event = stripe.Webhook.construct_event(body, headers["Stripe-Signature"], endpoint.secret)  # type: ignore[no-untyped-call]
    assert (event.type, event.data.object.id, event.api_version) == ("customer.created", made.id, API_VERSION)
    assert document.check_object(json.loads(body)) == []
    assert http.client.v1.events.retrieve(event.id).pending_webhooks == 1
    with pytest.raises(AttributeError):
        _ = http.client.v1.webhook_endpoints.retrieve(endpoint.id).secret
    assert http.client.v1.webhook_endpoints.delete(endpoint.id).deleted
    assert http.client.v1.webhook_endpoints.list().data == []


def test_a_webhook_not_taken_comes_again(http: Served, inbox: Any) -> None:
    url, arrived, answers = inbox
    answers += [500, 404]
    http.client.v1.webhook_endpoints.create({"url": url, "enabled_events": ["*"]})
    http.client.v1.customers.create()
    until(lambda: len(arrived) == 1)
    time.sleep(0.3)
    http.control("clock/advance", seconds=10)
    until(lambda: len(arrived) == 2)
    time.sleep(0.3)
    http.control("clock/advance", seconds=100)
    until(lambda: len(arrived) == 3)
    assert len({body for _, body in arrived}) == 1


@pytest.mark.parametrize(
    ("action", "expected"),
    [
        ("webhook_lost", ["setup_intent.created"]),
        ("webhook_twice", ["customer.created", "customer.created", "setup_intent.created"]),
        ("webhook_reordered", ["setup_intent.created", "customer.created"]),
    ],
)
def test_webhooks_go_wrong_on_command(http: Served, inbox: Any, action: str, expected: list[str]) -> None:
    url, arrived, _ = inbox
    http.client.v1.webhook_endpoints.create({"url": url, "enabled_events": ["*"]})
    http.control("faults", action=action, event="customer.created")
    http.client.v1.customers.create()
    time.sleep(0.3)
    http.client.v1.setup_intents.create()
    until(lambda: len(arrived) == len(expected))
    time.sleep(0.3)
    assert kinds(arrived) == expected


def test_a_webhook_may_be_late_or_forged(http: Served, inbox: Any) -> None:
    url, arrived, _ = inbox
    endpoint = http.client.v1.webhook_endpoints.create({"url": url, "enabled_events": ["*"]})
    http.control("faults", action="webhook_late", seconds=7_200)
    http.client.v1.customers.create()
    http.control("faults", action="webhook_forged")
    http.client.v1.setup_intents.create()
    until(lambda: kinds(arrived) == ["setup_intent.created"])
    headers, body = arrived[0]
    with pytest.raises(stripe.SignatureVerificationError):
        stripe.Webhook.construct_event(body, headers["Stripe-Signature"], endpoint.secret)  # type: ignore[no-untyped-call]
    http.control("clock/advance", hours=2)
    until(lambda: kinds(arrived)[1:] == ["customer.created"])


def test_an_endpoint_may_have_a_secret_of_our_choice(http: Served, inbox: Any) -> None:
    url, arrived, _ = inbox
    for secret in ("whsec_old", "whsec_new"):
        http.control("endpoints", account="http", url=url, secret=secret)
    http.client.v1.customers.create()
    until(lambda: arrived)
    time.sleep(0.3)
    ((headers, body),) = arrived
    stripe.Webhook.construct_event(body, headers["Stripe-Signature"], "whsec_new")  # type: ignore[no-untyped-call]


def test_a_page_elsewhere_cannot_command_the_sandbox(http: Served) -> None:
    request = urllib.request.Request(f"{http.address}/_sandbox/reset", b"{}", {"Origin": "https://elsewhere.example"})
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(request)
    assert caught.value.code == 403
    caught.value.close()


def test_a_kept_alive_connection_serves_a_thousand_a_second(http: Served) -> None:
    """The bar is lower than the promise, so that a busy machine does not fail it; a delayed answer (44 ms) still would."""
    connection = HTTPConnection(http.address.removeprefix("http://"))
    headers = {"Authorization": "Bearer sk_test_http"}
    started = time.perf_counter()
    for _ in range(300):
        connection.request("GET", "/v1/customers", headers=headers)
        connection.getresponse().read()
    assert 300 / (time.perf_counter() - started) > 200
    connection.close()


# The process


def test_it_says_when_it_is_ready_and_ends_cleanly_on_sigterm() -> None:
    with process("--memory", "--port", "8461") as sandbox:
        assert sandbox.stdout is not None
        assert sandbox.stdout.readline() == f"{NOTICE} Ready: http://127.0.0.1:8461\n"
        with urllib.request.urlopen("http://127.0.0.1:8461/_sandbox/health") as answer:
            assert json.load(answer)["status"] == "ok"
        with process("--memory", "--port", "8461") as second:
            _, errors = second.communicate(timeout=10)
            assert second.returncode == 2
            assert errors.startswith("sandbox: cannot listen on 127.0.0.1:8461")
            assert errors.count("\n") == 1
        sandbox.send_signal(signal.SIGTERM)
        _, errors = sandbox.communicate(timeout=10)
        assert (sandbox.returncode, errors) == (0, "")


def test_it_refuses_to_run_beside_a_live_key() -> None:
    with process("--memory", STRIPE_API_KEY="sk_live_" + "x" * 24) as sandbox:
        _, errors = sandbox.communicate(timeout=10)
        assert sandbox.returncode == 2
        assert errors == "sandbox: STRIPE_API_KEY holds a live key. The sandbox runs only beside test keys; unset it here.\n"


@pytest.mark.parametrize(
    ("host", "public", "may"),
    [
        ("127.0.0.1", False, True),
        ("localhost", False, True),
        ("::1", False, True),
        ("0.0.0.0", False, False),
        ("0.0.0.0", True, True),
    ],
)
def test_other_machines_reach_it_only_when_that_was_meant(host: str, public: bool, may: bool) -> None:
    assert (refuse_to_start(host, public=public, environment={}) is None) is may
