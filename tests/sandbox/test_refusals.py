"""What Stripe refuses, the sandbox refuses, in Stripe's words and with its codes."""

from __future__ import annotations

import json
from typing import Any

import pytest
import stripe

from sandbox_processor.in_process import InProcess
from sandbox_processor.sandbox import Sandbox
from sandbox_processor.wire import Request

from .conftest import JudgedClient, client_for


def ask(client: stripe.StripeClient, method: str, path: str, **params: Any) -> Any:
    return client.raw_request(method, path, **params)


@pytest.mark.parametrize(
    ("sent", "code", "param"),
    [
        ({}, "parameter_missing", "amount"),
        ({"amount": 500}, "parameter_missing", "currency"),
        ({"amount": "12.50", "currency": "usd"}, "parameter_invalid_integer", "amount"),
        ({"amount": 0, "currency": "usd"}, "parameter_invalid_integer", "amount"),
        ({"amount": -5, "currency": "usd"}, "parameter_invalid_integer", "amount"),
        ({"amount": 10, "currency": "usd"}, "amount_too_small", "amount"),
        ({"amount": 100_000_000, "currency": "usd"}, "amount_too_large", "amount"),
        ({"amount": 500, "currency": "zzz"}, None, "currency"),
        ({"amount": 500, "currency": "usd", "colour": "red"}, "parameter_unknown", "colour"),
        ({"amount": 500, "currency": "usd", "capture_method": "later"}, None, "capture_method"),
        ({"amount": 500, "currency": "usd", "confirm": "perhaps"}, None, "confirm"),
        ({"amount": 500, "currency": "usd", "customer": ""}, "parameter_invalid_empty", "customer"),
        ({"amount": 500, "currency": "usd", "customer": "cus_none"}, "resource_missing", "customer"),
        ({"amount": 500, "currency": "usd", "payment_method": "pm_none"}, "resource_missing", "payment_method"),
        ({"amount": 500, "currency": "usd", "off_session": "true"}, None, "off_session"),
        ({"amount": 500, "currency": "usd", "confirm": "true"}, "payment_intent_unexpected_state", None),
        ({"amount": 500, "currency": "usd", "statement_descriptor_suffix": "x" * 23}, None, "statement_descriptor_suffix"),
        ({"amount": 500, "currency": "usd", "metadata": {"k" * 41: "v"}}, None, "metadata"),
        ({"amount": 500, "currency": "usd", "metadata": {"k": "v" * 501}}, None, "metadata[k]"),
        ({"amount": 500, "currency": "usd", "shipping": {"colour": "red"}}, "parameter_unknown", "shipping[colour]"),
        ({"amount": 500, "currency": "usd", "expand": ["nonsense"]}, None, "expand"),
    ],
)  # fmt: skip
def test_a_wrong_payment_is_400_and_names_the_parameter(
    client: stripe.StripeClient, sent: Any, code: str | None, param: str | None
) -> None:
    with pytest.raises(stripe.InvalidRequestError) as caught:
        client.v1.payment_intents.create(sent)
    assert (caught.value.http_status, caught.value.code, caught.value.param) == (400, code, param)
    assert str(caught.value.request_id).startswith("req_")


@pytest.mark.parametrize(
    ("path", "message", "param"),
    [
        ("/v1/customers/cus_x", "No such customer: 'cus_x'", "id"),
        ("/v1/payment_methods/pm_x", "No such PaymentMethod: 'pm_x'", "payment_method"),
        ("/v1/payment_intents/pi_x", "No such payment_intent: 'pi_x'", "intent"),
        ("/v1/setup_intents/seti_x", "No such setupintent: 'seti_x'", "intent"),
        ("/v1/charges/ch_x", "No such charge: 'ch_x'", "id"),
        ("/v1/refunds/re_x", "No such refund: 're_x'", "refund"),
        ("/v1/disputes/du_x", "No such dispute: 'du_x'", "dispute"),
        ("/v1/payouts/po_x", "No such payout: 'po_x'", "payout"),
        ("/v1/balance_transactions/txn_x", "No such balance transaction: 'txn_x'", "id"),
        ("/v1/events/evt_x", "No such event: 'evt_x'", "id"),
        ("/v1/mandates/mandate_x", "No such mandate: 'mandate_x'", "mandate"),
    ],
)
def test_what_is_not_there_is_404(client: stripe.StripeClient, path: str, message: str, param: str) -> None:
    with pytest.raises(stripe.InvalidRequestError) as caught:
        ask(client, "get", path)
    assert (caught.value.http_status, caught.value.code, caught.value.param) == (404, "resource_missing", param)
    assert caught.value.user_message == message


def test_an_address_outside_the_subset_is_404(client: stripe.StripeClient) -> None:
    with pytest.raises(stripe.InvalidRequestError) as caught:
        ask(client, "get", "/v1/nonsense")
    assert caught.value.http_status == 404


@pytest.mark.parametrize(
    "key", ["", "sk_live_abcdefghijkl", "pk_live_abcdefghijkl", "rk_live_abcdefghijkl", "nonsense_key", "sk_test_"]
)
def test_no_key_a_live_key_or_nonsense_is_401(wire: InProcess, key: str) -> None:
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    body, status, _ = wire.request("GET", "http://sandbox/v1/customers", headers)
    assert status == 401
    assert json.loads(body)["error"]["type"] == "invalid_request_error"
    assert "abcdefghijkl" not in body.decode()


def test_the_key_may_come_as_basic_user(wire: InProcess) -> None:
    _, status, _ = wire.request("GET", "http://sandbox/v1/customers", {"Authorization": "Basic c2tfdGVzdF94Og=="})
    assert status == 200


def test_a_publishable_key_makes_methods_and_uses_client_secrets_only(client: stripe.StripeClient, judge: JudgedClient) -> None:
    browser = client_for("pk_test_tests", judge)
    card: Any = {"number": "4242424242424242", "exp_month": 12, "exp_year": 2030, "cvc": "123"}
    method = browser.v1.payment_methods.create({"type": "card", "card": card})
    intent = client.v1.setup_intents.create()
    with pytest.raises(stripe.AuthenticationError) as caught:
        browser.v1.customers.list()
    assert caught.value.error.code == "secret_key_required"
    with pytest.raises(stripe.InvalidRequestError) as refused:
        browser.v1.setup_intents.retrieve(intent.id)
    assert refused.value.param == "client_secret"
    with pytest.raises(stripe.InvalidRequestError, match="does not match"):
        browser.v1.setup_intents.retrieve(intent.id, {"client_secret": f"{intent.id}_secret_wrong"})
    done = browser.v1.setup_intents.confirm(intent.id, {"client_secret": intent.client_secret, "payment_method": method.id})
    assert done.status == "succeeded"


@pytest.mark.parametrize(
    ("card", "code", "param"),
    [
        ({"number": "4242424242424241"}, "incorrect_number", "number"),
        ({"number": "4111111111111111"}, "card_declined", "number"),
        ({"exp_month": 13}, "invalid_expiry_month", "exp_month"),
        ({"exp_year": 2020}, "invalid_expiry_year", "exp_year"),
        ({"exp_month": 10, "exp_year": 2026}, "invalid_expiry_year", "exp_year"),
        ({"cvc": "12"}, "invalid_cvc", "cvc"),
    ],
)
def test_a_wrong_card_is_402_and_never_repeated(
    client: stripe.StripeClient, sandbox: Sandbox, card: Any, code: str, param: str
) -> None:
    typed = {"number": "4242424242424242", "exp_month": 12, "exp_year": 2030, "cvc": "123", **card}
    with pytest.raises(stripe.CardError) as caught:
        client.v1.payment_methods.create({"type": "card", "card": typed})
    assert (caught.value.http_status, caught.value.code, caught.value.param) == (402, code, param)
    kept = str(caught.value.json_body) + str(sandbox.state.requests) + str(vars(sandbox.state.account("tests")))
    assert typed["number"] not in kept


def test_numbers_are_nowhere_in_the_book(client: stripe.StripeClient, sandbox: Sandbox) -> None:
    card: Any = {"number": "4000056655665556", "exp_month": 12, "exp_year": 2030, "cvc": "987"}
    client.v1.payment_methods.create({"type": "card", "card": card}, {"idempotency_key": "k"})
    client.v1.tokens.create({"card": {**card, "exp_month": "12", "exp_year": "2030"}})
    written = str(sandbox.book.replay())
    assert "4000056655665556" not in written
    assert "987" not in written.replace("6987", "")
    assert "5556" in written


@pytest.mark.parametrize("page", [{"limit": 0}, {"limit": 101}, {"limit": "x"}, {"starting_after": "cus_none"}])
def test_a_wrong_page_is_400(client: stripe.StripeClient, page: Any) -> None:
    with pytest.raises(stripe.InvalidRequestError) as caught:
        client.v1.customers.list(page)
    assert caught.value.param in page


def test_another_line_of_the_api_is_refused_and_the_same_line_is_taken(sandbox: Sandbox) -> None:
    def version(name: str) -> int:
        headers = {"authorization": "Bearer sk_test_x", "stripe-version": name}
        return sandbox.handle(Request("GET", "/v1/customers", "", headers)).status

    assert [version("2026-05-27.dahlia"), version("2026-08-26.dahlia")] == [200, 200]
    assert [version("2026-10-28.endive"), version("1999-01-01")] == [400, 400]
