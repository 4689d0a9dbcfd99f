"""Bank debits: mandate, verification, banking days, success, returns early and late (A15)."""

from __future__ import annotations

from typing import Any

import pytest
import stripe

from .conftest import Control, Payer

MANDATE = {"customer_acceptance": {"type": "online", "online": {"ip_address": "127.0.0.1", "user_agent": "test"}}}


def account(number: str = "000123456789") -> dict[str, Any]:
    return {
        "type": "us_bank_account",
        "us_bank_account": {"routing_number": "110000000", "account_number": number, "account_holder_type": "individual"},
        "billing_details": {"name": "Ann Payer"},
    }


def save(client: stripe.StripeClient, customer: stripe.Customer, number: str = "000123456789", how: str = "instant") -> Any:
    """A bank account set up for off-session debits."""
    return client.v1.setup_intents.create(
        {
            "customer": customer.id,
            "payment_method_types": ["us_bank_account"],
            "payment_method_data": account(number),  # type: ignore[typeddict-item]
            "payment_method_options": {"us_bank_account": {"verification_method": how}},  # type: ignore[typeddict-item]
            "mandate_data": MANDATE,  # type: ignore[typeddict-item]
            "confirm": True,
        }
    )


def debit(client: stripe.StripeClient, customer: stripe.Customer, number: str = "000123456789", amount: int = 10_000) -> Any:
    method = client.v1.payment_methods.retrieve(str(save(client, customer, number).payment_method))
    return Payer(client, customer, method).pay(amount, payment_method_types=["us_bank_account"], metadata={"charge": "b-1"})


def test_A15_a_debit_is_processing_until_the_fourth_banking_day(
    client: stripe.StripeClient, customer: stripe.Customer, control: Control
) -> None:
    """From Monday over Thanksgiving: Tuesday, Wednesday, Friday, Monday."""
    intent = debit(client, customer)
    charge = client.v1.charges.retrieve(intent.latest_charge)
    assert (intent.status, charge.status, charge.paid, charge.balance_transaction) == ("processing", "pending", False, None)
    control.advance(days=6, hours=23)
    assert client.v1.payment_intents.retrieve(intent.id).status == "processing"
    assert control.kept() == 0
    control.advance(hours=1)
    done = client.v1.payment_intents.retrieve(intent.id, {"expand": ["latest_charge.balance_transaction"]})
    assert (done.status, done.amount_received) == ("succeeded", 10_000)
    assert done.latest_charge.balance_transaction.fee == 80
    assert control.get("book", "metadata[charge]=b-1")["summary"]["kept"] == 10_000


@pytest.mark.parametrize(
    ("number", "code", "network_code"),
    [
        ("000111111113", "account_closed", "R02"),
        ("000222222227", "insufficient_funds", "R01"),
        ("000111111116", "no_account", "R03"),
        ("000333333335", "debit_not_authorized", "R10"),
    ],
)
def test_a_returned_debit_fails_with_its_reason(
    client: stripe.StripeClient, customer: stripe.Customer, control: Control, number: str, code: str, network_code: str
) -> None:
    intent = debit(client, customer, number)
    assert intent.status == "processing"
    control.advance(days=4)
    failed = client.v1.payment_intents.retrieve(intent.id, {"expand": ["latest_charge"]})
    assert (failed.status, failed.last_payment_error.code) == ("requires_payment_method", code)
    assert (failed.latest_charge.status, failed.latest_charge.failure_code) == ("failed", code)
    assert failed.latest_charge.outcome.network_decline_code == network_code
    kinds = [event.type for event in client.v1.events.list({"limit": 2}).data]
    assert kinds == ["payment_intent.payment_failed", "charge.failed"]
    assert control.get("book")["movements"] == []


def test_a_late_return_is_a_dispute_lost_at_once(
    client: stripe.StripeClient, customer: stripe.Customer, control: Control
) -> None:
    intent = debit(client, customer)
    control.advance(days=30)
    control.post("returns", payment_intent=intent.id, code="R10")
    (dispute,) = client.v1.disputes.list({"payment_intent": intent.id}).data
    assert (dispute.status, dispute.reason, dispute.amount) == ("lost", "debit_not_authorized", 10_000)
    assert client.v1.charges.retrieve(intent.latest_charge).disputed
    assert control.kept() == 0


def test_a_late_return_can_fail_the_charge_itself(
    client: stripe.StripeClient, customer: stripe.Customer, control: Control
) -> None:
    intent = debit(client, customer)
    control.advance(days=30)
    control.post("returns", **{"payment_intent": intent.id, "code": "R01", "as": "failure"})
    failed = client.v1.payment_intents.retrieve(intent.id, {"expand": ["latest_charge.failure_balance_transaction"]})
    assert (failed.status, failed.latest_charge.status) == ("requires_payment_method", "failed")
    assert failed.latest_charge.failure_balance_transaction.amount == -10_000
    assert control.get("book")["summary"]["totals"]["return"] == 10_000
    assert control.kept() == 0


def test_a_pending_debit_can_be_sent_back_early(client: stripe.StripeClient, customer: stripe.Customer, control: Control) -> None:
    intent = debit(client, customer)
    control.post("returns", payment_intent=intent.id, code="R16")
    assert client.v1.payment_intents.retrieve(intent.id).last_payment_error.code == "account_frozen"
    control.advance(days=10)
    assert control.get("book")["movements"] == []


def test_no_debit_without_a_mandate(client: stripe.StripeClient, customer: stripe.Customer) -> None:
    asked: Any = {
        "amount": 500,
        "currency": "usd",
        "customer": customer.id,
        "payment_method": "pm_usBankAccount_success",
        "payment_method_types": ["us_bank_account"],
        "confirm": True,
    }
    with pytest.raises(stripe.InvalidRequestError, match="requires a mandate") as caught:
        client.v1.payment_intents.create(asked)
    assert caught.value.error.payment_intent.status == "requires_confirmation"
    intent = client.v1.payment_intents.create({**asked, "mandate_data": MANDATE})
    assert intent.status == "processing"


def test_typed_numbers_wait_for_micro_deposits(client: stripe.StripeClient, customer: stripe.Customer, control: Control) -> None:
    waiting = save(client, customer, how="automatic")
    assert (waiting.status, waiting.next_action.type) == ("requires_action", "verify_with_microdeposits")
    assert client.v1.mandates.retrieve(waiting.mandate).status == "pending"
    assert client.v1.payment_methods.list({"customer": customer.id}).data == []
    verify = client.v1.setup_intents.verify_microdeposits
    with pytest.raises(stripe.InvalidRequestError, match="2 verification attempts remaining") as caught:
        verify(waiting.id, {"amounts": [1, 2]})
    assert caught.value.code == "payment_method_microdeposit_verification_amounts_mismatch"
    done = verify(waiting.id, {"amounts": [32, 45]})
    assert done.status == "succeeded"
    assert client.v1.mandates.retrieve(waiting.mandate).status == "active"
    (saved,) = client.v1.payment_methods.list({"customer": customer.id, "type": "us_bank_account"}).data
    assert Payer(client, customer, saved).pay(payment_method_types=["us_bank_account"]).status == "processing"
    with pytest.raises(stripe.InvalidRequestError) as caught:
        verify(waiting.id, {"amounts": [32, 45]})
    assert caught.value.code == "intent_invalid_state"


@pytest.mark.parametrize(
    ("answer", "code"),
    [({"amounts": [10, 11]}, "attempts_exceeded"), ({"descriptor_code": "SM44DD"}, "timeout")],
)
def test_micro_deposits_can_fail(client: stripe.StripeClient, customer: stripe.Customer, answer: Any, code: str) -> None:
    waiting = save(client, customer, how="microdeposits")
    with pytest.raises(stripe.InvalidRequestError) as caught:
        client.v1.setup_intents.verify_microdeposits(waiting.id, answer)
    assert caught.value.code == f"payment_method_microdeposit_verification_{code}"
    failed = client.v1.setup_intents.retrieve(waiting.id)
    assert (failed.status, failed.last_setup_error.code) == ("requires_payment_method", caught.value.code)


def test_three_wrong_tries_are_all(client: stripe.StripeClient, customer: stripe.Customer) -> None:
    waiting = save(client, customer, how="microdeposits")
    for tail in ("2 verification", "1 verification", "exceeded"):
        with pytest.raises(stripe.InvalidRequestError, match=tail):
            client.v1.setup_intents.verify_microdeposits(waiting.id, {"amounts": [1, 2]})


def test_micro_deposits_time_out_after_ten_days(client: stripe.StripeClient, customer: stripe.Customer, control: Control) -> None:
    waiting = save(client, customer, how="microdeposits")
    control.advance(days=10)
    assert client.v1.setup_intents.retrieve(waiting.id).status == "requires_payment_method"


def test_a_payment_with_an_unproved_account_waits_too(client: stripe.StripeClient, customer: stripe.Customer) -> None:
    waiting = client.v1.payment_intents.create(
        {
            "amount": 500,
            "currency": "usd",
            "customer": customer.id,
            "payment_method_types": ["us_bank_account"],
            "payment_method_data": account(),  # type: ignore[typeddict-item]
            "mandate_data": MANDATE,  # type: ignore[typeddict-item]
            "confirm": True,
        }
    )
    assert (waiting.status, waiting.next_action.type) == ("requires_action", "verify_with_microdeposits")
    done = client.v1.payment_intents.verify_microdeposits(waiting.id, {"descriptor_code": "SM11AA"})
    assert done.status == "processing"


def test_a_bank_refund_takes_banking_days(client: stripe.StripeClient, customer: stripe.Customer, control: Control) -> None:
    intent = debit(client, customer)
    with pytest.raises(stripe.InvalidRequestError, match="does not have a successful charge"):
        client.v1.refunds.create({"payment_intent": intent.id})
    control.advance(days=7)
    refund = client.v1.refunds.create({"payment_intent": intent.id, "amount": 4_000})
    assert refund.status == "pending"
    control.advance(days=7)
    assert client.v1.refunds.retrieve(refund.id).status == "succeeded"
    assert control.kept() == 6_000


@pytest.mark.parametrize(
    ("sent", "param"),
    [
        ({"routing_number": "110000001", "account_number": "000123456789"}, "us_bank_account[routing_number]"),
        ({"routing_number": "021000021", "account_number": "000123456789"}, "us_bank_account[routing_number]"),
        ({"routing_number": "110000000", "account_number": "9876543210"}, "us_bank_account[account_number]"),
    ],
)
def test_an_account_that_is_no_test_account_is_refused_and_not_repeated(
    client: stripe.StripeClient, sent: Any, param: str
) -> None:
    with pytest.raises(stripe.InvalidRequestError) as caught:
        client.v1.payment_methods.create({"type": "us_bank_account", "us_bank_account": sent})
    assert caught.value.param == param
    assert sent["account_number"] not in str(caught.value.json_body)
