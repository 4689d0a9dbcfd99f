"""What differs and what is only late, decided from plain facts."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from autopay.processors.book import Amount, Movement, MovementKind, MovementState, Settlement
from autopay.reconciliation.case import Booked, Case, OurCharge, OurRefund
from autopay.reconciliation.compare import compare
from autopay.reconciliation.difference import NEXT, About, Kind, Step
from autopay.reconciliation.fees import Rates, payment_fee, rates_on
from autopay.reconciliation.payouts import Line, Unpaid, compare_payout, overdue

ON = date(2026, 3, 9)
PAYMENT, REFUND, RETURN, DISPUTE = (MovementKind(kind) for kind in ("payment", "refund", "return", "dispute"))
CONTRACT = Rates(date(2026, 1, 1), "USD", 290, 30, 80, 0, 500, 1500)


def theirs(kind: MovementKind = PAYMENT, minor: int = 8500, ref: str = "", **more: Any) -> Booked:
    """A line of their book about pi_1, on the day itself."""
    given = {"payment": "pi_1", "on": ON, "currency": "USD", "fee": 0, "mark": ""} | more
    settled = {"settled": minor, "settled_currency": "USD"} | {
        name: more[name] for name in ("settled", "settled_currency") if name in more
    }
    ref = ref or (given["payment"] if kind is PAYMENT else f"{kind}_1")
    return Booked(**{"booking": f"txn_{kind}_{ref}", "kind": kind, "ref": ref, "minor": minor} | given | settled)


def ours(captured: int = 8500, **more: Any) -> OurCharge:
    given = {"ref": "pi_1", "currency": "USD", "bank": False, "in_flight": False, "captured_on": ON if captured else None}
    return OurCharge(**{"id": 7, "captured": captured, "returned": 0, "returned_on": None, "invoice": 3} | given | more)


def sent_back(minor: int = 600, **more: Any) -> OurRefund:
    on = ON if minor else None
    return OurRefund(
        **{"id": 5, "ref": "refund_1", "mark": "m-5", "minor": minor, "on": on, "in_flight": False, "invoice": 3} | more
    )


def told(case: Case, on: date = ON, rates: tuple[Rates, ...] = ()) -> Any:
    """`waits`, or what differs as (kind, about, ours, theirs)."""
    finding = compare(case, on, rates)
    assert {each.currency for each in finding.differences} <= {"USD", "EUR"}
    assert all(NEXT[each.step] for each in finding.differences)
    found = [(each.kind.value, each.about.value, each.ours, each.theirs) for each in finding.differences]
    return found or ("waits" if finding.waits else "agrees")


PAID = theirs()
BACK, BANKS_BACK = theirs(REFUND, -600, "refund_1"), theirs(RETURN, -8500)
REFUNDED = ours(refunds=(sent_back(),))
SECOND = theirs(payment="pi_2")
DEBIT = ours(bank=True)
CAME_BACK = ours(bank=True, returned=8500, returned_on=ON)
FAILED = ours(0, ref="")
EARLIER = ON - timedelta(days=8)

CASES: dict[str, tuple[Case, Any]] = {
    "both have it": (Case((PAID,), ours()), "agrees"),
    "nobody has it": (Case((), FAILED), "agrees"),
    "taken there": (Case((PAID,)), [("missing_with_us", "payment", None, 8500)]),
    "taken there and sent back": (Case((PAID, theirs(REFUND, -8500))), "agrees"),
    "taken there and sent back in part": (Case((PAID, BACK)), [("missing_with_us", "payment", None, 7900)]),
    "sent back there, of a payment of nobody": (Case((BACK,)), [("missing_with_us", "refund", None, -600)]),
    "lost by a restore": (Case((PAID,), lost=True), [("missing_with_us", "payment", None, 8500)]),
    "we say declined": (Case((PAID,), ours(0)), [("missing_with_us", "payment", None, 8500)]),
    "we say declined, no name": (Case((PAID,), FAILED), [("missing_with_us", "payment", None, 8500)]),
    "we say declined, sent back": (Case((PAID, theirs(REFUND, -8500)), ours(0)), "agrees"),
    "not told yet": (Case((PAID,), ours(0, in_flight=True)), "waits"),
    "not told yet, no name": (Case((PAID,), ours(0, ref="", in_flight=True)), "waits"),
    "never told": (
        Case((replace(PAID, on=ON - timedelta(3)),), ours(0, in_flight=True)),
        [("missing_with_us", "payment", None, 8500)],
    ),
    "a debit that never arrived": (Case((), ours(0, bank=True)), "agrees"),
    "a debit that arrived and came back before we knew": (Case((PAID, BANKS_BACK), ours(0, bank=True)), "agrees"),
    "not there": (Case((), ours()), [("missing_with_them", "payment", 8500, None)]),
    "not booked yet": (Case((), ours(), on_the_way=frozenset({"pi_1"})), "agrees"),
    "not judged: their book may not have been read": (Case((), ours(captured_on=EARLIER), judged_since=ON), "agrees"),
    "not judged: it is of a later day": (Case((), ours(captured_on=ON + timedelta(1))), "agrees"),
    "another amount": (Case((theirs(minor=8501),), ours()), [("wrong_amount", "payment", 8500, 8501)]),
    "another currency": (Case((theirs(currency="EUR"),), ours()), [("wrong_currency", "payment", 8500, 8500)]),
    "captured in two parts": (Case((theirs(minor=8000), theirs(minor=500, booking="t2")), ours()), "agrees"),
    "paid twice": (Case((PAID, SECOND), ours()), [("duplicate", "payment", None, 8500)]),
    "paid twice, the second sent back": (Case((PAID, SECOND, theirs(REFUND, -8500, payment="pi_2")), ours()), "agrees"),
    "paid twice, we know of none": (
        Case((PAID, SECOND), ours(0)),
        [("duplicate", "payment", None, 8500), ("missing_with_us", "payment", None, 8500)],
    ),
    "refunded": (Case((PAID, BACK), REFUNDED), "agrees"),
    "refunded there": (Case((PAID, BACK), ours()), [("missing_with_us", "refund", None, 600)]),
    "refunded, its name unknown": (Case((PAID, replace(BACK, mark="m-5")), ours(refunds=(sent_back(ref=""),))), "agrees"),
    "refunded, not told yet": (Case((PAID, BACK), ours(refunds=(sent_back(0, in_flight=True),))), "waits"),
    "refunded, never told": (
        Case((PAID, replace(BACK, on=ON - timedelta(3))), ours(refunds=(sent_back(0, in_flight=True),))),
        [("missing_with_us", "refund", None, 600)],
    ),
    "refunded, we say it failed": (Case((PAID, BACK), ours(refunds=(sent_back(0),))), [("missing_with_us", "refund", None, 600)]),
    "not refunded": (Case((PAID,), REFUNDED), [("missing_with_them", "refund", 600, None)]),
    "a refund that failed there": (
        Case((PAID, BACK, theirs(REFUND, 600, "refund_1", booking="t3")), REFUNDED),
        [("missing_with_them", "refund", 600, None)],
    ),
    "another amount refunded": (Case((PAID, theirs(REFUND, -700, "refund_1")), REFUNDED), [("wrong_amount", "refund", 600, 700)]),
    "refunded twice under one key": (
        Case((PAID, replace(BACK, mark="m-5"), theirs(REFUND, -600, "refund_2", mark="m-5")), REFUNDED),
        [("duplicate", "refund", 600, 600)],
    ),
    "refunded twice under one key, the second first in the list": (
        Case((PAID, theirs(REFUND, -600, "refund_2", mark="m-5"), replace(BACK, mark="m-5")), REFUNDED),
        [("duplicate", "refund", 600, 600)],
    ),
    "refunded under another name": (Case((PAID, theirs(REFUND, -600, "refund_2", mark="m-5")), REFUNDED), "agrees"),
    "two refunds of one amount": (
        Case(
            (PAID, BACK, theirs(REFUND, -600, "refund_2")), ours(refunds=(sent_back(), sent_back(id=6, ref="refund_2", mark="")))
        ),
        "agrees",
    ),
    "came back": (Case((PAID, BANKS_BACK), CAME_BACK), "agrees"),
    "came back as a dispute": (Case((PAID, theirs(DISPUTE, -8500)), CAME_BACK), "agrees"),
    "came back, not told yet": (Case((PAID, BANKS_BACK), DEBIT), "waits"),
    "came back, never told": (
        Case((PAID, replace(BANKS_BACK, on=ON - timedelta(3))), DEBIT),
        [("missing_with_us", "return", None, 8500)],
    ),
    "did not come back": (Case((PAID,), CAME_BACK), [("missing_with_them", "return", 8500, None)]),
    "came back in part": (Case((PAID, theirs(RETURN, -8000)), CAME_BACK), [("wrong_amount", "return", 8500, 8000)]),
    "came back and was won back": (
        Case((PAID, theirs(DISPUTE, -8500), theirs(DISPUTE, 8500, booking="t4")), CAME_BACK),
        [("missing_with_them", "return", 8500, None)],
    ),
    "a card's dispute": (Case((PAID, theirs(DISPUTE, -8500)), ours()), "agrees"),
    "a card's dispute of more than was paid": (
        Case((PAID, theirs(DISPUTE, -9000)), ours()),
        [("wrong_amount", "dispute", 8500, 9000)],
    ),
}


@pytest.mark.parametrize(("case", "expected"), CASES.values(), ids=list(CASES))
def test_each_case_has_one_verdict(case: Case, expected: Any) -> None:
    assert told(case) == expected


def test_every_kind_of_a_payment_is_in_the_table() -> None:
    kinds = {kind for _, verdict in CASES.values() if isinstance(verdict, list) for kind, *_ in verdict}
    assert kinds == set(Kind) - {Kind.WRONG_FEE, Kind.NOT_PAID_OUT, Kind.UNKNOWN_LINE, Kind.PAYOUT_SUM}
    assert NEXT.keys() == set(Step)


def test_a_difference_names_what_it_is_about() -> None:
    (found,) = compare(Case((PAID, SECOND), ours()), ON).differences
    assert (found.ref, found.payment, found.charge, found.invoice, found.step) == ("pi_2", "pi_2", 7, 3, Step.TWICE)
    (found,) = compare(Case((PAID, theirs(REFUND, -700, "refund_1")), REFUNDED), ON).differences
    assert (found.ref, found.payment, found.charge, found.refund) == ("refund_1", "pi_1", 7, 5)
    (found,) = compare(Case((PAID,), lost=True), ON).differences
    assert (found.step, found.charge) == (Step.LOST_HERE, None)


@pytest.mark.parametrize(
    ("minor", "bank", "fee"),
    [(8500, False, 277), (9600, False, 308), (8500, True, 68), (100_000, True, 500), (50, False, 31), (1, True, 0)],
)
def test_a_fee_is_points_and_a_fixed_sum_halves_up_and_a_debit_s_is_capped(minor: int, bank: bool, fee: int) -> None:
    assert payment_fee(CONTRACT, minor, bank=bank) == fee


@pytest.mark.parametrize(
    ("line", "charge", "expected"),
    [
        (theirs(fee=277), ours(), "agrees"),
        (theirs(fee=278), ours(), [("wrong_fee", "payment", 277, 278)]),
        (theirs(fee=68), DEBIT, "agrees"),
        (theirs(fee=277), DEBIT, [("wrong_fee", "payment", 68, 277)]),
        (theirs(fee=999, on=date(2025, 12, 31)), ours(), "agrees"),  # before the contract
        (theirs(fee=999, settled_currency="EUR"), ours(), "agrees"),  # no contract in that currency
    ],
)
def test_a_fee_is_checked_against_the_contract_of_its_day(line: Booked, charge: OurCharge, expected: Any) -> None:
    assert told(Case((line,), charge), rates=(CONTRACT,)) == expected
    assert told(Case((line,), charge)) == "agrees"


def test_a_dispute_costs_its_fee_once_and_the_newest_contract_counts() -> None:
    lines = (theirs(fee=277), theirs(DISPUTE, -8500, fee=2000), theirs(DISPUTE, 8500, booking="t", fee=0))
    assert told(Case(lines, ours()), rates=(CONTRACT,)) == [("wrong_fee", "dispute", 1500, 2000)]
    newer = replace(CONTRACT, since=ON, dispute_fixed=2000)
    assert told(Case(lines, ours()), rates=(CONTRACT, newer)) == "agrees"
    assert rates_on((newer, CONTRACT), ON - timedelta(1), "USD") == CONTRACT


def movement(booking: str, net: int, kind: MovementKind = PAYMENT) -> Movement:
    at = datetime(2026, 3, 5, tzinfo=UTC)
    amount = Amount(net, "USD")
    return Movement(kind, MovementState.DONE, "pi", "pi", at, amount, amount, Amount(0, "USD"), booking)


def payout(total: int, *lines: Movement, itemized: bool = True) -> Settlement:
    return Settlement("po_1", ON, Amount(total, "USD"), lines, itemized)


@pytest.mark.parametrize(
    ("settlement", "known", "expected"),
    [
        (payout(900, movement("a", 1000), movement("b", -100)), {"a": 1000, "b": -100}, []),
        (payout(901, movement("a", 1000), movement("b", -100)), {"a": 1000, "b": -100}, [("payout_sum", "po_1", 900, 901)]),
        (payout(900, movement("a", 1000), movement("b", -100)), {"a": 1000}, [("unknown_line", "b", None, -100)]),
        (payout(1000, movement("a", 1000)), {"a": 1001}, [("wrong_amount", "a", 1001, 1000)]),
        (payout(975, movement("a", 1000), movement("f", -25, MovementKind.OTHER)), {"a": 1000}, []),
        (payout(900, itemized=False), {}, []),
    ],
)
def test_a_payout_is_the_sum_of_lines_we_know(settlement: Settlement, known: dict[str, int], expected: Any) -> None:
    found = list(compare_payout(settlement, {booking: Line(net, "USD") for booking, net in known.items()}))
    assert [(each.kind.value, each.ref, each.ours, each.theirs) for each in found] == expected
    assert all((each.about, each.payment) == (About.PAYOUT, "po_1") for each in found)


def test_money_is_missed_once_later_money_was_paid_out() -> None:
    unpaid = [
        Unpaid(PAYMENT, "pi_1", 8223, "USD", ON - timedelta(5), 7, 3),
        Unpaid(REFUND, "re_1", -600, "USD", ON - timedelta(5)),
    ]
    found = list(overdue(unpaid, {"USD": ON - timedelta(4)}, ON))
    assert [(each.kind, each.ref, each.ours, each.charge) for each in found] == [(Kind.NOT_PAID_OUT, "pi_1", 8223, 7)]
    assert list(overdue(unpaid, {"USD": ON - timedelta(5)}, ON)) == []
    assert list(overdue(unpaid, {"CAD": ON}, ON)) == []
    assert list(overdue(unpaid, {}, ON)) == []
    assert len(list(overdue(unpaid, {}, ON + timedelta(30)))) == 1
