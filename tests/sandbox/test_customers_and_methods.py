"""Customers, payment methods and set-up intents by the official SDK."""

from __future__ import annotations

from typing import Any

import pytest
import stripe

from .conftest import Control, Payer


def test_a_customer_from_birth_to_death(client: stripe.StripeClient) -> None:
    made = client.v1.customers.create({"name": "Ann", "address": {"city": "Bend"}, "metadata": {"a": "1", "b": "2"}})
    assert made.address.to_dict() == {
        "city": "Bend",
        "country": None,
        "line1": None,
        "line2": None,
        "postal_code": None,
        "state": None,
    }
    changed = client.v1.customers.update(made.id, {"name": "", "address": {"state": "OR"}, "metadata": {"b": "", "c": "3"}})
    assert (changed.name, changed.address.city, changed.address.state) == (None, "Bend", "OR")
    assert changed.metadata.to_dict() == {"a": "1", "c": "3"}
    assert client.v1.customers.delete(made.id).deleted
    assert client.v1.customers.retrieve(made.id).deleted
    assert client.v1.customers.list().data == []
    with pytest.raises(stripe.InvalidRequestError):
        client.v1.customers.update(made.id, {"name": "Ghost"})
    kinds = [event.type for event in client.v1.events.list().data]
    assert kinds == ["customer.deleted", "customer.updated", "customer.created"]


def test_customers_are_listed_by_email(client: stripe.StripeClient, customer: stripe.Customer) -> None:
    client.v1.customers.create({"email": "other@example.com"})
    assert [found.id for found in client.v1.customers.list({"email": "payer@example.com"}).data] == [customer.id]


def test_a_test_method_is_new_each_time(client: stripe.StripeClient, customer: stripe.Customer) -> None:
    first = client.v1.payment_methods.attach("pm_card_visa", {"customer": customer.id})
    second = client.v1.payment_methods.attach("pm_card_visa", {"customer": customer.id})
    assert first.id != second.id
    assert first.card.fingerprint == second.card.fingerprint


def test_a_detached_method_is_gone_for_good(payer: Payer) -> None:
    client, customer = payer.client, payer.customer
    client.v1.customers.update(customer.id, {"invoice_settings": {"default_payment_method": payer.card.id}})
    assert client.v1.payment_methods.detach(payer.card.id).customer is None
    assert client.v1.customers.retrieve(customer.id).invoice_settings.default_payment_method is None
    for again in (lambda: client.v1.payment_methods.attach(payer.card.id, {"customer": customer.id}), payer.pay):
        with pytest.raises(stripe.InvalidRequestError, match="may not be used again"):
            again()
    with pytest.raises(stripe.InvalidRequestError, match="not attached"):
        client.v1.payment_methods.detach(payer.card.id)


def test_a_method_belongs_to_one_customer(payer: Payer) -> None:
    other = payer.client.v1.customers.create()
    with pytest.raises(stripe.InvalidRequestError, match="already been attached"):
        payer.client.v1.payment_methods.attach(payer.card.id, {"customer": other.id})
    again = payer.client.v1.payment_methods.attach(payer.card.id, {"customer": payer.customer.id})
    assert again.id == payer.card.id


def test_a_method_is_updated(payer: Payer) -> None:
    changed = payer.client.v1.payment_methods.update(
        payer.card.id,
        {"card": {"exp_year": 2040}, "billing_details": {"address": {"postal_code": "97701"}}, "metadata": {"a": "b"}},
    )
    assert (changed.card.exp_year, changed.billing_details.address.postal_code) == (2040, "97701")


def test_methods_are_listed_by_customer_and_type(payer: Payer) -> None:
    assert payer.client.v1.payment_methods.list().data == []
    listed = payer.client.v1.payment_methods.list({"customer": payer.customer.id, "type": "card"})
    assert [method.id for method in listed.data] == [payer.card.id]
    assert payer.client.v1.payment_methods.list({"customer": payer.customer.id, "type": "us_bank_account"}).data == []
    found = payer.client.v1.customers.payment_methods.retrieve(payer.customer.id, payer.card.id, {"expand": ["customer"]})
    assert found.customer.id == payer.customer.id


def test_A22_a_set_up_saves_a_card_without_a_charge(
    client: stripe.StripeClient, customer: stripe.Customer, control: Control
) -> None:
    intent = client.v1.setup_intents.create(
        {
            "customer": customer.id,
            "payment_method": "pm_card_visa",
            "confirm": True,
            "usage": "off_session",
            "metadata": {"a": "b"},
        }
    )
    assert intent.status == "succeeded"
    (saved,) = client.v1.payment_methods.list({"customer": customer.id}).data
    assert saved.id == intent.payment_method
    assert saved.card.checks.cvc_check == "pass"
    assert Payer(client, customer, saved).pay(900).status == "succeeded"
    assert control.kept() == 900
    assert [found.id for found in client.v1.setup_intents.list({"customer": customer.id}).data] == [intent.id]


def test_A22_a_set_up_refused_keeps_the_intent_and_says_why(client: stripe.StripeClient, customer: stripe.Customer) -> None:
    intent = client.v1.setup_intents.create({"customer": customer.id})
    with pytest.raises(stripe.CardError) as caught:
        client.v1.setup_intents.confirm(intent.id, {"payment_method": "pm_card_visa_chargeDeclinedInsufficientFunds"})
    error = caught.value.error
    assert (error.code, error.decline_code, error.setup_intent.id) == ("card_declined", "insufficient_funds", intent.id)
    after = client.v1.setup_intents.retrieve(intent.id, {"expand": ["latest_attempt"]})
    assert (after.status, after.payment_method, after.latest_attempt.status) == ("requires_payment_method", None, "failed")
    assert client.v1.payment_methods.list({"customer": customer.id}).data == []
    good = client.v1.setup_intents.confirm(intent.id, {"payment_method": "pm_card_visa"})
    assert good.status == "succeeded"
    with pytest.raises(stripe.InvalidRequestError, match="already succeeded"):
        client.v1.setup_intents.confirm(intent.id)
    with pytest.raises(stripe.InvalidRequestError, match="status of succeeded"):
        client.v1.setup_intents.cancel(intent.id)


def test_a_set_up_is_canceled_once(client: stripe.StripeClient) -> None:
    intent = client.v1.setup_intents.create()
    assert client.v1.setup_intents.cancel(intent.id, {"cancellation_reason": "abandoned"}).status == "canceled"
    with pytest.raises(stripe.InvalidRequestError, match="already canceled"):
        client.v1.setup_intents.cancel(intent.id)
    with pytest.raises(stripe.InvalidRequestError, match="missing a payment method"):
        client.v1.setup_intents.confirm(intent.id)


def test_a_set_up_that_needs_authentication_waits(client: stripe.StripeClient, customer: stripe.Customer) -> None:
    asked: Any = {"customer": customer.id, "payment_method": "pm_card_authenticationRequiredOnSetup", "confirm": True}
    waiting = client.v1.setup_intents.create({**asked, "return_url": "https://app.example/back"})
    assert (waiting.status, waiting.next_action.type) == ("requires_action", "redirect_to_url")
    assert client.v1.setup_intents.create(asked).next_action.type == "use_stripe_sdk"


def test_a_token_becomes_one_method(client: stripe.StripeClient) -> None:
    card: Any = {"number": "5555555555554444", "exp_month": "12", "exp_year": "2030", "cvc": "123"}
    token = client.v1.tokens.create({"card": card})
    method = client.v1.payment_methods.create({"type": "card", "card": {"token": token.id}})
    assert (method.card.brand, method.card.last4) == ("mastercard", "4444")
    assert client.v1.tokens.retrieve(token.id).used
    with pytest.raises(stripe.InvalidRequestError) as caught:
        client.v1.payment_methods.create({"type": "card", "card": {"token": token.id}})
    assert caught.value.code == "token_already_used"


def test_a_set_up_is_changed_until_it_is_done(client: stripe.StripeClient, customer: stripe.Customer) -> None:
    intent = client.v1.setup_intents.create({"metadata": {"a": "1"}})
    changed = client.v1.setup_intents.update(
        intent.id, {"customer": customer.id, "payment_method": "pm_card_visa", "description": "Autopay", "metadata": {"b": "2"}}
    )
    assert (changed.status, changed.description, changed.metadata.to_dict()) == (
        "requires_confirmation",
        "Autopay",
        {"a": "1", "b": "2"},
    )
    client.v1.setup_intents.confirm(intent.id)
    assert [attempt.status for attempt in client.v1.setup_attempts.list({"setup_intent": intent.id}).data] == ["succeeded"]
    with pytest.raises(stripe.InvalidRequestError, match="already succeeded"):
        client.v1.setup_intents.update(intent.id, {"payment_method": "pm_card_visa"})


def test_a_webhook_endpoint_is_changed(client: stripe.StripeClient) -> None:
    made = client.v1.webhook_endpoints.create({"url": "https://app.example/hook", "enabled_events": ["*"]})
    changed = client.v1.webhook_endpoints.update(made.id, {"disabled": True, "description": "ours"})
    assert (changed.status, changed.description) == ("disabled", "ours")
    with pytest.raises(stripe.InvalidRequestError) as caught:
        client.v1.webhook_endpoints.create({"url": "nonsense", "enabled_events": ["*"]})
    assert caught.value.code == "url_invalid"
