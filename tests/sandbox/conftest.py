"""The sandbox in process, the official SDK before it, and Stripe's published document as the judge of every exchange."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

import pytest
import stripe

from sandbox_processor import API_VERSION
from sandbox_processor.clock import Clock
from sandbox_processor.identifiers import Identifiers
from sandbox_processor.in_process import ConnectionLost, InProcess
from sandbox_processor.sandbox import Sandbox

from .published_document import PublishedDocument, published_document

MONDAY = 1_795_446_000
"""2026-11-23 15:00 UTC; Thursday of that week is Thanksgiving, no banking day."""


class JudgedClient(stripe.HTTPClient):
    """The SDK's HTTP client on the sandbox in process. Every request and reply is put to the document, except with a
    publishable key, for which other parameters are required than the document says."""

    name = "sandbox"

    def __init__(self, wire: InProcess, document: PublishedDocument) -> None:
        super().__init__()
        self.wire = wire
        self.document = document
        self.problems: list[str] = []

    def request(
        self, method: str, url: str, headers: Mapping[str, str] | None, post_data: Any = None, **_: Any
    ) -> tuple[bytes, int, Mapping[str, str]]:
        try:
            body, status, answered = self.wire.request(method, url, headers, post_data)
        except ConnectionLost as lost:
            raise stripe.APIConnectionError(str(lost)) from lost
        if "pk_" not in (headers or {}).get("Authorization", ""):
            self._judge(method.upper(), url, post_data or "", status, body)
        return body, status, answered

    def _judge(self, method: str, url: str, sent: str, status: int, body: bytes) -> None:
        parts = urlsplit(url)
        if status == 503:
            return
        self.problems += self.document.check_reply(method, parts.path, status, body)
        refused = self.document.check_request(method, parts.path, parts.query, sent)
        code = json.loads(body).get("error", {}).get("code") if status == 400 else None
        if status == 200 and refused:
            self.problems.append(f"took what Stripe refuses: {method} {parts.path} {refused}")
        if code in ("parameter_unknown", "parameter_missing") and not refused:
            self.problems.append(f"refused what Stripe takes: {method} {parts.path} {body.decode()}")

    def close(self) -> None:
        return


@pytest.fixture(scope="session")
def document() -> PublishedDocument:
    return published_document()


@pytest.fixture
def sandbox() -> Sandbox:
    """Time stands still at a Monday; ids are the same in every run."""
    made = Sandbox(clock=Clock(lambda: MONDAY), ids=Identifiers(random.Random(7)))
    made.set("clock", {"frozen": MONDAY})
    return made


@pytest.fixture
def wire(sandbox: Sandbox) -> InProcess:
    return InProcess(sandbox)


class Control:
    """The control API: `control.post("faults", action="lost_after")`."""

    def __init__(self, wire: InProcess) -> None:
        self.wire = wire

    def get(self, name: str, query: str = "") -> Any:
        return self._ask("GET", f"{name}?{query}")

    def post(self, name: str, **sent: Any) -> Any:
        return self._ask("POST", name, sent)

    def delete(self, name: str, **sent: Any) -> Any:
        return self._ask("DELETE", name, sent)

    def advance(self, **step: int) -> None:
        self.post("clock/advance", **step)

    def kept(self) -> int:
        """Cents captured, less what went back."""
        return int(self.get("book")["summary"]["kept"])

    def _ask(self, method: str, name: str, sent: Any = None) -> Any:
        body, status, _ = self.wire.request(method, f"http://sandbox/_sandbox/{name}", {}, json.dumps(sent) if sent else None)
        answer = json.loads(body)
        if status != 200:
            raise ValueError(answer["error"])
        return answer


@pytest.fixture
def control(wire: InProcess) -> Control:
    return Control(wire)


@pytest.fixture
def judge(wire: InProcess, document: PublishedDocument) -> Iterator[JudgedClient]:
    """Fails the test at its end if anything said was not Stripe's."""
    client = JudgedClient(wire, document)
    yield client
    assert client.problems == []


@pytest.fixture
def client(judge: JudgedClient) -> stripe.StripeClient:
    return client_for("sk_test_tests", judge)


def client_for(key: str, judge: JudgedClient) -> stripe.StripeClient:
    return stripe.StripeClient(key, http_client=judge, stripe_version=API_VERSION, max_network_retries=0)


@pytest.fixture
def customer(client: stripe.StripeClient) -> stripe.Customer:
    return client.v1.customers.create({"email": "payer@example.com", "metadata": {"payer": "7"}})


@pytest.fixture
def card(client: stripe.StripeClient, customer: stripe.Customer) -> stripe.PaymentMethod:
    return client.v1.payment_methods.attach("pm_card_visa", {"customer": customer.id})


class Payer:
    """A customer with a saved card, and what tests do with it."""

    def __init__(self, client: stripe.StripeClient, customer: stripe.Customer, card: stripe.PaymentMethod) -> None:
        self.client, self.customer, self.card = client, customer, card

    def pay(self, amount: int = 2500, key: str | None = None, **more: Any) -> stripe.PaymentIntent:
        asked = {
            "amount": amount,
            "currency": "usd",
            "customer": self.customer.id,
            "payment_method": self.card.id,
            "confirm": True,
            "off_session": True,
        }
        options: Any = {"idempotency_key": key} if key else {}
        return self.client.v1.payment_intents.create({**asked, **more}, options)  # type: ignore[arg-type]


@pytest.fixture
def payer(client: stripe.StripeClient, customer: stripe.Customer, card: stripe.PaymentMethod) -> Payer:
    return Payer(client, customer, card)
