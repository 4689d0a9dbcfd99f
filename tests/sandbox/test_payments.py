"""Payments by card, by the official SDK: taken, declined, held, looked up, refunded."""

from __future__ import annotations

import pytest
import stripe

from .conftest import MONDAY, Control, Payer


def test_a_saved_card_is_charged_once_and_the_book_has_it(payer: Payer, control: Control) -> None:
    intent = payer.pay(2500, metadata={"charge": "c-1"}, expand=["latest_charge.balance_transaction", "customer"])
    assert intent.status == "succeeded"
    assert intent.amount_received == 2500
    charge = intent.latest_charge
    assert charge.captured
    assert charge.payment_method_details.card.last4 == "4242"
    assert (charge.balance_transaction.fee, charge.balance_transaction.net) == (103, 2397)
    assert intent.customer.email == "payer@example.com"
    (line,) = control.get("book", "metadata[charge]=c-1")["payments"]
    assert (line["payment_intent"], line["captures"], line["capture"], line["kept"]) == (intent.id, 1, 2500, 2500)
    assert control.get("book", "metadata[charge]=other")["payments"] == []


@pytest.mark.parametrize(
    ("name", "code", "decline_code"),
    [
        ("pm_card_visa_chargeDeclined", "card_declined", "generic_decline"),
        ("pm_card_visa_chargeDeclinedInsufficientFunds", "card_declined", "insufficient_funds"),
        ("pm_card_visa_chargeDeclinedLostCard", "card_declined", "lost_card"),
        ("pm_card_chargeDeclinedExpiredCard", "expired_card", "expired_card"),
        ("pm_card_chargeDeclinedIncorrectCvc", "incorrect_cvc", "incorrect_cvc"),
        ("pm_card_chargeDeclinedProcessingError", "processing_error", "processing_error"),
        ("pm_card_chargeCustomerFail", "card_declined", "generic_decline"),
    ],
)
def test_a_declined_charge_is_402_with_its_intent_inside(
    client: stripe.StripeClient, control: Control, name: str, code: str, decline_code: str
) -> None:
    with pytest.raises(stripe.CardError) as caught:
        client.v1.payment_intents.create({"amount": 900, "currency": "usd", "payment_method": name, "confirm": True})
    error = caught.value
    assert (error.http_status, error.code, error.error.decline_code) == (402, code, decline_code)
    failed = error.error.payment_intent
    assert (failed.status, failed.payment_method, failed.last_payment_error.code) == ("requires_payment_method", None, code)
    charge = client.v1.charges.retrieve(error.error.charge)
    assert (charge.status, charge.failure_code, charge.paid) == ("failed", code, False)
    assert control.kept() == 0


@pytest.mark.parametrize(
    ("name", "decline_code"),
    [
        ("pm_card_visa_chargeDeclined", "generic_decline"),
        ("pm_card_visa_chargeDeclinedInsufficientFunds", "insufficient_funds"),
        ("pm_card_chargeDeclinedExpiredCard", "expired_card"),
    ],
)
def test_A22_a_refused_card_is_not_saved_and_says_why(
    client: stripe.StripeClient, customer: stripe.Customer, name: str, decline_code: str
) -> None:
    with pytest.raises(stripe.CardError) as caught:
        client.v1.payment_methods.attach(name, {"customer": customer.id})
    assert caught.value.error.decline_code == decline_code
    assert client.v1.payment_methods.list({"customer": customer.id}).data == []


def test_a_card_that_saves_but_never_pays(client: stripe.StripeClient, customer: stripe.Customer) -> None:
    card = client.v1.payment_methods.attach("pm_card_chargeCustomerFail", {"customer": customer.id})
    with pytest.raises(stripe.CardError):
        Payer(client, customer, card).pay()


def test_A22_a_hold_is_placed_and_released_without_a_charge(payer: Payer, control: Control) -> None:
    held = payer.pay(100, capture_method="manual")
    assert (held.status, held.amount_capturable, held.amount_received) == ("requires_capture", 100, 0)
    released = payer.client.v1.payment_intents.cancel(held.id, {"cancellation_reason": "requested_by_customer"})
    assert (released.status, released.cancellation_reason, released.amount_capturable) == ("canceled", "requested_by_customer", 0)
    assert control.get("book")["movements"] == []


def test_a_hold_nobody_captures_runs_out_after_seven_days(payer: Payer, control: Control) -> None:
    held = payer.pay(100, capture_method="manual")
    control.advance(days=7)
    gone = payer.client.v1.payment_intents.retrieve(held.id)
    assert (gone.status, gone.cancellation_reason) == ("canceled", "automatic")


def test_part_of_a_hold_is_captured(payer: Payer, control: Control) -> None:
    held = payer.pay(1000, capture_method="manual")
    with pytest.raises(stripe.InvalidRequestError) as caught:
        payer.client.v1.payment_intents.capture(held.id, {"amount_to_capture": 1001})
    assert caught.value.code == "amount_too_large"
    taken = payer.client.v1.payment_intents.capture(held.id, {"amount_to_capture": 600})
    assert (taken.status, taken.amount_received) == ("succeeded", 600)
    assert control.kept() == 600
    with pytest.raises(stripe.InvalidRequestError) as caught:
        payer.client.v1.payment_intents.capture(held.id)
    assert caught.value.code == "payment_intent_unexpected_state"


def test_create_and_confirm_apart(payer: Payer, control: Control) -> None:
    made = payer.client.v1.payment_intents.create(
        {"amount": 700, "currency": "usd", "customer": payer.customer.id, "payment_method": payer.card.id}
    )
    assert made.status == "requires_confirmation"
    assert control.kept() == 0
    done = payer.client.v1.payment_intents.confirm(made.id, {"off_session": True})
    assert done.status == "succeeded"
    with pytest.raises(stripe.InvalidRequestError) as caught:
        payer.client.v1.payment_intents.confirm(made.id)
    assert caught.value.code == "payment_intent_unexpected_state"
    assert caught.value.error.payment_intent.id == made.id
    with pytest.raises(stripe.InvalidRequestError):
        payer.client.v1.payment_intents.cancel(made.id)
    assert control.kept() == 700


def test_payments_are_found_by_customer_and_instant_newest_first(payer: Payer, control: Control) -> None:
    early = payer.pay(100)
    control.advance(hours=1)
    late = [payer.pay(100 + n) for n in range(3)]
    stranger = payer.client.v1.customers.create()
    listed = payer.client.v1.payment_intents.list({"customer": payer.customer.id, "created": {"gte": MONDAY + 60}})
    assert [intent.id for intent in listed.data] == [intent.id for intent in reversed(late)]
    assert payer.client.v1.payment_intents.list({"customer": stranger.id}).data == []
    first = payer.client.v1.payment_intents.list({"limit": 2})
    assert first.has_more
    second = payer.client.v1.payment_intents.list({"limit": 2, "starting_after": first.data[-1].id})
    assert [intent.id for intent in second.data] == [late[0].id, early.id]
    assert not second.has_more
    back = payer.client.v1.payment_intents.list({"limit": 2, "ending_before": second.data[0].id})
    assert [intent.id for intent in back.data] == [intent.id for intent in first.data]
    assert len(list(payer.client.v1.payment_intents.list({"limit": 1}).auto_paging_iter())) == 4


def test_refunds_never_exceed_the_charge(payer: Payer, control: Control) -> None:
    intent = payer.pay(1000)
    part = payer.client.v1.refunds.create({"payment_intent": intent.id, "amount": 400, "reason": "requested_by_customer"})
    assert (part.status, part.amount, part.charge) == ("succeeded", 400, intent.latest_charge)
    with pytest.raises(stripe.InvalidRequestError) as caught:
        payer.client.v1.refunds.create({"payment_intent": intent.id, "amount": 601})
    assert "($6.01) is greater than unrefunded amount on charge ($6.00)" in str(caught.value.user_message)
    rest = payer.client.v1.refunds.create({"charge": str(intent.latest_charge)})
    assert rest.amount == 600
    with pytest.raises(stripe.InvalidRequestError) as caught:
        payer.client.v1.refunds.create({"payment_intent": intent.id})
    assert caught.value.code == "charge_already_refunded"
    charge = payer.client.v1.charges.retrieve(str(intent.latest_charge), {"expand": ["refunds"]})
    assert charge.refunded
    assert [refund.id for refund in charge.refunds.data] == [rest.id, part.id]
    assert len(payer.client.v1.refunds.list({"payment_intent": intent.id}).data) == 2
    assert control.kept() == 0


def test_a_method_of_another_customer_is_refused(payer: Payer) -> None:
    other = payer.client.v1.customers.create()
    for asked in ({"customer": other.id}, {}):
        with pytest.raises(stripe.InvalidRequestError) as caught:
            payer.client.v1.payment_intents.create(
                {"amount": 500, "currency": "usd", "payment_method": payer.card.id, "confirm": True, **asked}  # type: ignore[typeddict-item]
            )
        assert caught.value.param == "payment_method"


def test_a_method_used_without_a_customer_is_used_up(client: stripe.StripeClient) -> None:
    card = client.v1.payment_methods.create({"type": "card", "card": {"token": "tok_visa"}})
    asked = {"amount": 500, "currency": "usd", "payment_method": card.id, "confirm": True}
    assert client.v1.payment_intents.create(asked).status == "succeeded"  # type: ignore[arg-type]
    with pytest.raises(stripe.InvalidRequestError, match="may not be used again"):
        client.v1.payment_intents.create(asked)  # type: ignore[arg-type]


def test_future_use_attaches_the_method(client: stripe.StripeClient, customer: stripe.Customer) -> None:
    client.v1.payment_intents.create(
        {
            "amount": 500,
            "currency": "usd",
            "customer": customer.id,
            "payment_method": "pm_card_mastercard",
            "setup_future_usage": "off_session",
            "confirm": True,
        }
    )
    (saved,) = client.v1.customers.payment_methods.list(customer.id).data
    assert saved.card.brand == "mastercard"


@pytest.mark.parametrize("label", ["pm_card_authenticationRequired", "pm_card_authenticationRequiredOnSetup"])
def test_authentication_off_session_is_a_decline(
    client: stripe.StripeClient, customer: stripe.Customer, control: Control, label: str
) -> None:
    card = client.v1.payment_methods.attach(label, {"customer": customer.id})
    with pytest.raises(stripe.CardError) as caught:
        Payer(client, customer, card).pay()
    assert (caught.value.code, caught.value.error.decline_code) == ("authentication_required", "authentication_required")
    assert control.kept() == 0


def test_authentication_on_session_hands_over_a_page(client: stripe.StripeClient, customer: stripe.Customer) -> None:
    card = client.v1.payment_methods.attach("pm_card_authenticationRequired", {"customer": customer.id})
    waiting = client.v1.payment_intents.create(
        {
            "amount": 800,
            "currency": "usd",
            "customer": customer.id,
            "payment_method": card.id,
            "confirm": True,
            "return_url": "https://app.example/back",
        }
    )
    assert waiting.status == "requires_action"
    assert waiting.next_action.type == "redirect_to_url"
    assert "/_sandbox/authenticate/" in waiting.next_action.redirect_to_url.url


def test_update_merges_metadata_and_stops_where_money_moved(payer: Payer) -> None:
    intent = payer.pay(500, metadata={"a": "1", "b": "2"})
    update = payer.client.v1.payment_intents.update
    assert update(intent.id, {"metadata": {"b": "3", "c": "4", "a": ""}}).metadata.to_dict() == {"b": "3", "c": "4"}
    assert update(intent.id, {"metadata": ""}).metadata.to_dict() == {}
    assert update(intent.id, {"description": "x"}).description == "x"
    with pytest.raises(stripe.InvalidRequestError) as caught:
        update(intent.id, {"amount": 600})
    assert (caught.value.param, caught.value.code) == ("amount", "payment_intent_unexpected_state")
