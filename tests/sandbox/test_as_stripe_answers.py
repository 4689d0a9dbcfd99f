"""What people who know Stripe's API try on the sandbox, and what they expect."""

from __future__ import annotations

import json
from typing import Any

import pytest
import stripe

from sandbox_processor.pages import page_for
from sandbox_processor.sandbox import Sandbox
from sandbox_processor.wire import Request

from .conftest import Control, Payer


def asked(sandbox: Sandbox, method: str, path: str, body: bytes = b"", **headers: str) -> tuple[Any, dict[str, str]]:
    """The error of a refused request, and the answer's headers."""
    given = {"authorization": "Bearer sk_test_tests", **{name.replace("_", "-"): value for name, value in headers.items()}}
    answer = sandbox.handle(Request(method, path, "", given, body))
    return json.loads(answer.body).get("error"), dict(answer.headers)


def test_a_deleted_customer_lets_go_of_its_methods(payer: Payer) -> None:
    payer.client.v1.customers.delete(payer.customer.id)
    assert payer.client.v1.payment_methods.retrieve(payer.card.id).customer is None
    with pytest.raises(stripe.InvalidRequestError):
        payer.pay()
    other = payer.client.v1.customers.create()
    with pytest.raises(stripe.InvalidRequestError, match="previously used"):
        payer.client.v1.payment_methods.attach(payer.card.id, {"customer": other.id})


def test_an_email_is_an_email(client: stripe.StripeClient, customer: stripe.Customer) -> None:
    for wrong in ("nope", "@x.test", "a@", "a b@x.test"):
        with pytest.raises(stripe.InvalidRequestError) as refused:
            client.v1.customers.create({"email": wrong})
        assert (refused.value.code, refused.value.param) == ("email_invalid", "email")
    with pytest.raises(stripe.InvalidRequestError) as refused:
        client.v1.payment_intents.create({"amount": 500, "currency": "usd", "receipt_email": "nope"})
    assert refused.value.param == "receipt_email"
    assert client.v1.customers.update(customer.id, {"email": ""}).email is None


@pytest.mark.parametrize("param", ["currency", "capture_method", "confirm", "payment_method_types", "automatic_payment_methods"])
def test_an_empty_value_that_cannot_unset_is_refused(sandbox: Sandbox, param: str) -> None:
    sent = {"amount": "500", "currency": "usd"} | {param: ""}
    error, _ = asked(sandbox, "POST", "/v1/payment_intents", "&".join(f"{k}={v}" for k, v in sent.items()).encode())
    assert (error["code"], error["param"]) == ("parameter_invalid_empty", param)


def test_a_test_name_is_retrieved_as_a_new_method(client: stripe.StripeClient) -> None:
    method = client.v1.payment_methods.retrieve("pm_card_visa")
    assert method.card is not None
    assert method.card.last4 == "4242"
    intent = client.v1.payment_intents.create({"amount": 500, "currency": "usd", "payment_method": method.id})
    assert intent.payment_method == method.id


def test_a_method_of_nobody_cannot_be_updated(client: stripe.StripeClient) -> None:
    method = client.v1.payment_methods.create({"type": "card", "card": {"token": "tok_visa"}})
    with pytest.raises(stripe.InvalidRequestError, match="must save this PaymentMethod to a customer"):
        client.v1.payment_methods.update(method.id, {"metadata": {"a": "1"}})


def test_what_is_asked_by_a_wrong_id_is_404_or_400_by_where_it_stands(client: stripe.StripeClient) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refused:
        client.v1.tokens.retrieve("tok_nope")
    assert (refused.value.http_status, refused.value.param) == (404, "token")
    with pytest.raises(stripe.InvalidRequestError) as refused:
        client.v1.payment_methods.create({"type": "card", "card": {"token": "tok_nope"}})
    assert (refused.value.http_status, refused.value.param) == (400, "card[token]")


def test_a_key_used_at_another_address_says_so(payer: Payer) -> None:
    payer.pay(key="elsewhere")
    with pytest.raises(stripe.IdempotencyError, match=r"same endpoint.*'/v1/customers' vs '/v1/payment_intents'"):
        payer.client.v1.customers.create({}, {"idempotency_key": "elsewhere"})


def test_a_refund_too_large_names_what_it_was_held_against(payer: Payer) -> None:
    paid = payer.pay(5000)
    with pytest.raises(stripe.InvalidRequestError, match=r"\(\$50\.01\) is greater than charge amount \(\$50\.00\)"):
        payer.client.v1.refunds.create({"payment_intent": paid.id, "amount": 5001})
    payer.client.v1.refunds.create({"payment_intent": paid.id, "amount": 2000})
    with pytest.raises(stripe.InvalidRequestError, match=r"unrefunded amount on charge \(\$30\.00\)"):
        payer.client.v1.refunds.create({"payment_intent": paid.id, "amount": 3001})


def test_every_error_leads_to_the_page_of_its_request(sandbox: Sandbox) -> None:
    error, headers = asked(sandbox, "POST", "/v1/payment_intents", b"amount=500", idempotency_key="k<1>")
    assert error["request_log_url"] == f"{sandbox.origin}/_sandbox/requests/{headers['Request-Id']}"
    from_page = page_of(sandbox, error["request_log_url"].removeprefix(sandbox.origin))
    assert "/v1/payment_intents" in from_page
    assert "k&lt;1&gt;" in from_page
    assert "Only requests that could change something" in page_of(sandbox, "/_sandbox/requests/req_none")


def page_of(sandbox: Sandbox, path: str) -> str:
    answer = page_for(sandbox, Request("GET", path), ())
    assert answer is not None
    assert b"Sandbox. No real money." in answer.body
    return answer.body.decode()


def test_a_wrong_key_is_told_how_to_come_and_a_json_body_to_come_as_a_form(sandbox: Sandbox) -> None:
    _, headers = asked(sandbox, "GET", "/v1/customers", authorization="Bearer nonsense")
    assert headers["WWW-Authenticate"].startswith("Basic")
    error, _ = asked(sandbox, "POST", "/v1/customers", b"{}", content_type="application/json")
    assert "application/x-www-form-urlencoded" in error["message"]


def test_a_charge_has_its_network_number_and_its_suffix_on_the_statement(payer: Payer) -> None:
    paid = payer.pay(statement_descriptor_suffix="VISIT 7", expand=["latest_charge"])
    charge: Any = paid.latest_charge
    assert charge.payment_method_details.card.network_transaction_id
    assert charge.calculated_statement_descriptor == "SANDBOX* VISIT 7"


def test_a_bank_debit_cannot_be_held(client: stripe.StripeClient, customer: stripe.Customer) -> None:
    online = {"ip_address": "127.0.0.1", "user_agent": "test"}
    mandate: Any = {"customer_acceptance": {"type": "online", "online": online}}
    with pytest.raises(stripe.InvalidRequestError) as refused:
        client.v1.payment_intents.create(
            {
                "amount": 500,
                "currency": "usd",
                "customer": customer.id,
                "payment_method": "pm_usBankAccount_success",
                "payment_method_types": ["us_bank_account"],
                "capture_method": "manual",
                "mandate_data": mandate,
                "confirm": True,
            }
        )
    assert refused.value.param == "capture_method"


def test_a_card_blocked_as_too_risky_never_reached_the_issuer(client: stripe.StripeClient, customer: stripe.Customer) -> None:
    card = client.v1.payment_methods.attach("pm_card_chargeDeclinedFraudulent", {"customer": customer.id})
    with pytest.raises(stripe.CardError) as declined:
        Payer(client, customer, card).pay()
    assert declined.value.error is not None
    assert declined.value.error.charge is not None
    outcome = client.v1.charges.retrieve(str(declined.value.error.charge)).outcome
    assert outcome is not None
    assert (outcome.type, outcome.network_status) == ("blocked", "not_sent_to_network")


def test_a_card_may_need_authentication_on_session_only(client: stripe.StripeClient, customer: stripe.Customer) -> None:
    name = "pm_card_authenticationRequiredSetupForOffSession"
    payer = Payer(client, customer, client.v1.payment_methods.attach(name, {"customer": customer.id}))
    assert payer.pay().status == "succeeded"
    assert payer.pay(off_session=False).status == "requires_action"


def test_the_book_is_asked_by_customer_and_by_nothing_it_does_not_know(payer: Payer, control: Control) -> None:
    paid = payer.pay(700)
    other = payer.client.v1.customers.create()
    card = payer.client.v1.payment_methods.attach("pm_card_visa", {"customer": other.id})
    Payer(payer.client, other, card).pay(900)
    found = control.get("book", f"customer={payer.customer.id}")
    assert [line["payment_intent"] for line in found["payments"]] == [paid.id]
    assert found["summary"]["kept"] == 700
    with pytest.raises(ValueError, match="unknown: custmer"):
        control.get("book", "custmer=cus_1")
