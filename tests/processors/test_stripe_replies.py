"""What Stripe's objects mean, read from replies as its published document shapes them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from autopay.money import Money
from autopay.processors.book import Amount, MovementKind, MovementState
from autopay.processors.protocol import (
    Absent,
    Declined,
    Funding,
    Kind,
    MethodRef,
    NeedsPayer,
    Op,
    Paid,
    Pending,
    Reason,
    Refused,
    Returned,
    SavedMethod,
    Unknown,
)
from autopay.processors.registry import AccountSettings, UnknownAdapter, open_processor
from autopay.processors.stripe.client import Account, AccountError
from autopay.processors.stripe.lost_answer import Disputed, pick_payment, pick_refund, read_disputes, read_found
from autopay.processors.stripe.movements import read_booked, read_booking, read_not_booked
from autopay.processors.stripe.payment import read_payment
from autopay.processors.stripe.reasons import reason_of
from autopay.processors.stripe.refund import read_refund
from autopay.processors.stripe.saving import read_setup
from autopay.processors.stripe.settlements import read_settlement

from .contract import AMOUNT
from .test_stripe_wire import intent

OURS: dict[str, Any] = {"metadata": {"key": "mark"}}
LINK = {"type": "redirect_to_url", "redirect_to_url": {"url": "https://hooks.stripe.test/3ds"}}
DEPOSITS = {
    "type": "verify_with_microdeposits",
    "verify_with_microdeposits": {"hosted_verification_url": "https://pay.stripe.test/verify"},
}
CARD = {"brand": "visa", "last4": "4242", "funding": "credit", "exp_month": 4, "exp_year": 2030, "fingerprint": "Xt5"}
METHOD = {"id": "pm_1", "object": "payment_method", "type": "card", "card": CARD}
BANK = {
    "id": "pm_2",
    "object": "payment_method",
    "type": "us_bank_account",
    "us_bank_account": {"bank_name": "STRIPE TEST BANK", "last4": "6789", "fingerprint": None},
}


def bank_charge(status: str = "succeeded", **more: Any) -> dict[str, Any]:
    details = {"type": "us_bank_account", "us_bank_account": {}}
    return {"id": "py_1", "object": "charge", "status": status, "disputed": False, "payment_method_details": details, **more}


def booking(kind: str, amount: int, fee: int, source: Any, currency: str = "usd") -> dict[str, Any]:
    """A balance transaction with the fields the adapter reads."""
    money = {"amount": amount, "fee": fee, "currency": currency}
    return {"id": f"txn_{kind}", "type": kind, "created": 1_784_000_000, "available_on": 1_784_160_000, "source": source, **money}


def usd(minor: int) -> Amount:
    return Amount(minor, "USD")


def test_a_paid_card_brings_the_network_reference() -> None:
    details = {"type": "card", "card": {"network_transaction_id": "104102978678771"}}
    paid = intent(latest_charge={"id": "ch_1", "object": "charge", "payment_method_details": details})
    assert read_payment(paid, Op.CHARGE, AMOUNT) == Paid("pi_1", AMOUNT, "104102978678771")


@pytest.mark.parametrize(
    ("status", "more", "expected"),
    [
        ("processing", {}, Pending("pi_1", AMOUNT)),
        ("canceled", {}, Declined(Reason.CANCELLED, "pi_1")),
        ("requires_action", {"next_action": LINK}, NeedsPayer("pi_1", "https://hooks.stripe.test/3ds")),
        ("requires_action", {"next_action": DEPOSITS}, NeedsPayer("pi_1", "https://pay.stripe.test/verify")),
        ("requires_payment_method", {"last_payment_error": {"code": "expired_card"}}, Declined(Reason.EXPIRED, "pi_1")),
        ("requires_action", {"next_action": {"type": "use_stripe_sdk", "use_stripe_sdk": {}}}, None),
        ("requires_payment_method", {}, None),
        ("requires_confirmation", {}, None),
        ("requires_capture", {}, None),
        ("succeeded", {"amount_received": 9599}, None),
    ],
)
def test_each_status_of_a_charge_has_one_meaning(status: str, more: dict[str, Any], expected: Any) -> None:
    read = read_payment(intent(status, **more), Op.CHARGE, AMOUNT)
    assert read == expected if expected else isinstance(read, Unknown)


def test_a_hold_is_held_when_it_can_be_captured_and_never_when_it_was() -> None:
    assert read_payment(intent("requires_capture"), Op.HOLD, AMOUNT) == Paid("pi_1", AMOUNT)
    assert isinstance(read_payment(intent("requires_capture", amount_capturable=1), Op.HOLD, AMOUNT), Unknown)
    assert isinstance(read_payment(intent("succeeded"), Op.HOLD, AMOUNT), Unknown)


@pytest.mark.parametrize(
    ("codes", "reason"),
    [
        (("expired_card", "card_declined"), Reason.EXPIRED),
        (("insufficient_funds", "card_declined"), Reason.INSUFFICIENT_FUNDS),
        (("generic_decline", "card_declined"), Reason.DECLINED),
        (("lost_card", "card_declined"), Reason.DECLINED),  # why a card was lost is not told
        (("", "authentication_required"), Reason.NEEDS_AUTHENTICATION),
        (("", "account_closed"), Reason.ACCOUNT_CLOSED),
        (("bank_account_closed", ""), Reason.ACCOUNT_CLOSED),
        (("", "no_account"), Reason.NO_ACCOUNT),
        (("", "debit_not_authorized"), Reason.NOT_AUTHORIZED),
        (("a_code_of_next_year", "card_declined"), Reason.DECLINED),
    ],
)
def test_V33_codes_fall_into_the_groups_a_payer_is_told(codes: tuple[str, ...], reason: Reason) -> None:
    assert reason_of(*codes) is reason


def test_a_bank_debit_that_failed_after_it_was_accepted_came_back() -> None:
    failed = intent(
        "requires_payment_method", last_payment_error={"code": "insufficient_funds"}, latest_charge=bank_charge("failed")
    )
    assert read_found(failed, Op.CHARGE) == Returned("pi_1", Reason.INSUFFICIENT_FUNDS)
    late = intent(latest_charge=bank_charge("failed", failure_code="account_closed"))
    assert read_found(late, Op.CHARGE) == Returned("pi_1", Reason.ACCOUNT_CLOSED)


def test_a_bank_debit_that_was_refused_at_once_did_not_come_back() -> None:
    refused = intent("requires_payment_method", last_payment_error={"code": "payment_intent_mandate_invalid"})
    assert read_found(refused, Op.CHARGE) == Declined(Reason.NOT_AUTHORIZED, "pi_1")


def test_a_disputed_debit_came_back_unless_it_was_won_and_a_disputed_card_payment_did_not() -> None:
    paid = Paid("pi_1", AMOUNT)
    assert read_found(intent(latest_charge=bank_charge(disputed=True)), Op.CHARGE) == Disputed("pi_1", paid)
    assert read_found(intent(latest_charge=bank_charge()), Op.CHARGE) == paid
    card = {"status": "succeeded", "disputed": True, "payment_method_details": {"type": "card"}}
    assert read_found(intent(latest_charge=card), Op.CHARGE) == paid
    assert read_disputes([{"status": "lost", "reason": "debit_not_authorized"}]) is Reason.NOT_AUTHORIZED
    assert read_disputes([{"status": "won", "reason": "general"}]) is None


def test_a_payment_made_but_never_tried_is_as_good_as_absent() -> None:
    untried = [intent("requires_payment_method", **OURS), intent("requires_confirmation", **OURS)]
    assert pick_payment(untried, Op.CHARGE, "mark") == Absent()
    assert pick_payment([intent()], Op.CHARGE, "mark") == Absent()


def test_of_several_with_one_key_the_one_that_moved_money_counts_and_two_such_are_an_alarm() -> None:
    failed = intent("requires_payment_method", last_payment_error={"code": "card_declined"}, id="pi_2", **OURS)
    assert pick_payment([failed, intent(**OURS)], Op.CHARGE, "mark") == "pi_1"
    assert pick_payment([failed], Op.CHARGE, "mark") == "pi_2"
    assert isinstance(pick_payment([intent(**OURS), intent("processing", **OURS)], Op.CHARGE, "mark"), Unknown)


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ("succeeded", Paid("re_1", Money(600))),
        ("pending", Pending("re_1", Money(600))),
        ("failed", Declined(Reason.DECLINED, "re_1")),
        ("canceled", Declined(Reason.CANCELLED, "re_1")),
        ("requires_action", None),
        (None, None),
    ],
)
def test_each_status_of_a_refund_has_one_meaning(status: str | None, expected: Any) -> None:
    refund = {"id": "re_1", "amount": 600, "currency": "usd", "status": status, "failure_reason": None}
    read = read_refund(refund, Money(600))
    assert read == expected if expected else isinstance(read, Unknown)
    assert isinstance(read_refund(refund, Money(601)), Unknown)


def test_two_refunds_with_one_key_are_an_alarm() -> None:
    refund = {"id": "re_1", "amount": 600, "currency": "usd", "status": "succeeded", **OURS}
    assert isinstance(pick_refund([refund, refund], "mark"), Unknown)
    assert pick_refund([{**refund, "metadata": {}}], "mark") == Absent()


def test_P2_of_a_saved_card_only_what_may_be_kept_is_kept() -> None:
    setup = {"id": "seti_1", "status": "succeeded", "customer": "cus_1", "payment_method": METHOD}
    saved = read_setup(setup)
    assert saved == SavedMethod(MethodRef("pm_1", "cus_1", Kind.CARD), "visa", "4242", Funding.CREDIT, 4, 2030, "Xt5")


def test_a_bank_account_waiting_for_test_deposits_is_saved_but_not_verified() -> None:
    waiting = {"id": "seti_1", "status": "requires_action", "customer": "cus_1", "payment_method": BANK, "next_action": DEPOSITS}
    saved = read_setup(waiting)
    bank = SavedMethod(MethodRef("pm_2", "cus_1", Kind.BANK), "STRIPE TEST BANK", "6789", Funding.BANK)
    proof = NeedsPayer("seti_1", "https://pay.stripe.test/verify")
    assert saved == replace(bank, verified=False, verification=proof)
    done = read_setup({**waiting, "status": "succeeded", "next_action": None})
    assert done == bank


@pytest.mark.parametrize(
    ("setup", "expected"),
    [
        ({"status": "requires_payment_method", "last_setup_error": {"code": "expired_card"}}, Refused(Reason.EXPIRED)),
        ({"status": "canceled"}, Refused(Reason.CANCELLED)),
        ({"status": "requires_action", "next_action": LINK}, NeedsPayer("seti_1", "https://hooks.stripe.test/3ds")),
        ({"status": "requires_payment_method", "last_setup_error": None}, None),
        ({"status": "processing"}, None),
        ({"status": "of_next_year"}, None),
    ],
)
def test_each_status_of_a_set_up_has_one_meaning(setup: dict[str, Any], expected: Any) -> None:
    read = read_setup({"id": "seti_1", "customer": "cus_1", **setup})
    assert read == expected if expected else isinstance(read, Unknown)


def test_a_settlement_has_gross_and_fee_of_each_line_and_our_references() -> None:
    settlement = read_settlement(
        {"id": "po_1", "arrival_date": 1_784_160_000, "amount": 8667, "currency": "usd"},
        [
            booking("charge", 9600, 308, {"id": "ch_1", "object": "charge", "payment_intent": "pi_1"}),
            booking("refund", -600, 0, {"id": "re_1", "object": "refund", "payment_intent": "pi_1"}),
            booking("stripe_fee", -25, 0, None),
            booking("payout", -8667, 0, {"id": "po_1", "object": "payout"}),
        ],
    )
    assert (settlement.payout, settlement.arrives.isoformat()) == ("po_1", "2026-07-16")
    assert settlement.total == usd(8667)
    assert [(one.ref, one.kind, one.gross, one.fee, one.booking) for one in settlement.lines] == [
        ("pi_1", "payment", usd(9600), usd(308), "txn_charge"),
        ("re_1", "refund", usd(-600), usd(0), "txn_refund"),
        ("", "other", usd(-25), usd(0), "txn_stripe_fee"),
    ]


MARKS = {"charge": "chg_7f3a", "biller": "blr_19", "key": "mark"}


def test_a_booked_payment_carries_what_we_sent_with_it() -> None:
    paid = {"id": "ch_1", "object": "charge", "payment_intent": "pi_1", "currency": "usd", "amount": 9600, "metadata": MARKS}
    moved = read_booking(booking("charge", 9600, 308, paid))
    assert (moved.kind, moved.state, moved.ref, moved.payment) == (MovementKind.PAYMENT, MovementState.DONE, "pi_1", "pi_1")
    assert (moved.amount, moved.settled, moved.fee, moved.booking) == (usd(9600), usd(9600), usd(308), "txn_charge")
    assert (moved.charge, moved.biller, moved.mark) == ("chg_7f3a", "blr_19", "mark")
    assert (moved.at.isoformat(), str(moved.available)) == ("2026-07-14T03:33:20+00:00", "2026-07-16")


@pytest.mark.parametrize(
    ("kind", "amount", "source", "expected"),
    [
        ("payment", 9600, {"id": "py_1", "object": "charge", "payment_intent": {"id": "pi_1"}}, ("payment", "pi_1", "pi_1")),
        ("charge", 9600, {"id": "ch_1", "object": "charge", "payment_intent": None}, ("payment", "ch_1", "ch_1")),
        ("refund", -600, {"id": "re_1", "object": "refund", "payment_intent": "pi_1"}, ("refund", "re_1", "pi_1")),
        ("payment_refund", -6, {"id": "pyr_1", "object": "refund", "charge": "py_1"}, ("refund", "pyr_1", "py_1")),
        ("refund_failure", 600, {"id": "re_1", "object": "refund", "payment_intent": "pi_1"}, ("refund", "re_1", "pi_1")),
        ("payment_failure_refund", -9, {"id": "py_1", "object": "charge", "payment_intent": "pi_1"}, ("return", "py_1", "pi_1")),
        ("adjustment", -9600, {"id": "du_1", "object": "dispute", "payment_intent": "pi_1"}, ("dispute", "du_1", "pi_1")),
        ("adjustment", -5, None, ("other", "", "")),
        ("something_new", -5, "xyz_1", ("other", "xyz_1", "xyz_1")),
    ],
)
def test_each_line_of_the_book_has_one_meaning(kind: str, amount: int, source: Any, expected: tuple[str, str, str]) -> None:
    moved = read_booking(booking(kind, amount, 0, source))
    assert (moved.kind, moved.ref, moved.payment) == expected
    assert moved.amount == usd(amount)


def test_what_a_payer_paid_in_another_currency_is_told_beside_what_was_booked() -> None:
    paid = {"id": "ch_1", "object": "charge", "payment_intent": "pi_1", "currency": "eur", "amount": 9000}
    back = {"id": "re_1", "object": "refund", "payment_intent": "pi_1", "currency": "eur", "amount": 500}
    moved = read_booked([booking("charge", 9600, 308, paid), booking("refund", -550, 0, back), booking("payout", -1, 0, None)])
    assert [(each.amount, each.settled) for each in moved] == [
        (Amount(9000, "EUR"), usd(9600)),
        (Amount(-500, "EUR"), usd(-550)),
    ]


@pytest.mark.parametrize(
    ("status", "charge", "expected"),
    [
        ("succeeded", {"status": "succeeded", "balance_transaction": None}, MovementState.DONE),
        ("succeeded", {"status": "succeeded", "balance_transaction": "txn_1"}, None),
        ("processing", {"status": "pending", "balance_transaction": None}, MovementState.PENDING),
        ("requires_action", None, MovementState.PENDING),
        ("requires_payment_method", {"status": "failed", "balance_transaction": None}, MovementState.FAILED),
        ("canceled", {"status": "failed", "balance_transaction": None}, MovementState.FAILED),
        ("requires_payment_method", {"status": "failed", "balance_transaction": "txn_1"}, None),
        ("requires_payment_method", None, None),
        ("canceled", None, None),
    ],
)
def test_a_payment_without_a_line_in_the_book_is_told_by_its_state(status: str, charge: Any, expected: Any) -> None:
    more = {"created": 1_784_000_000, "capture_method": "automatic_async", "latest_charge": charge, "metadata": MARKS}
    moved = read_not_booked([intent(status, **more)])
    assert [(each.state, each.amount, each.charge, each.booking) for each in moved] == (
        [(expected, usd(9600), "chg_7f3a", "")] if expected else []
    )


@pytest.mark.parametrize("status", ["requires_capture", "canceled", "requires_payment_method"])
def test_A22_a_hold_is_no_movement(status: str) -> None:
    charge = {"status": "failed" if status == "requires_payment_method" else "succeeded", "balance_transaction": None}
    more = {"created": 1_784_000_000, "capture_method": "manual", "latest_charge": charge}
    assert read_not_booked([intent(status, **more)]) == []


def test_a_live_key_is_sent_to_stripe_alone() -> None:
    assert Account("sk_live_1")
    for key in ("sk_live_1", "rk_live_1"):
        with pytest.raises(AccountError, match="use a test key") as raised:
            Account(key, api_base="http://127.0.0.1:8001")
        assert key not in str(raised.value)
    with pytest.raises(AccountError, match="empty"):
        Account("")


async def test_an_adapter_is_opened_by_its_name_and_no_secret_shows() -> None:
    settings = AccountSettings("stripe", "sk_test_secret", ("whsec_secret",))
    assert "sk_" not in repr(settings)
    assert "whsec_" not in repr(settings)
    processor = open_processor(settings, lambda: False)
    assert processor.caps.can_rule_out
    await processor.close()
    with pytest.raises(UnknownAdapter, match="use one of stripe"):
        open_processor(AccountSettings("strip", "sk_test_1"), lambda: False)
