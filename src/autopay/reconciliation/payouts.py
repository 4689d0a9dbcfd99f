"""What was paid out beside what was booked: facts in, differences out. Standard library only."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from autopay.processors.book import MovementKind, Settlement
from autopay.reconciliation.difference import About, Difference, Kind, Step

NEVER_PAID = timedelta(days=35)
"""Some accounts are paid out once a month; where nothing was paid out since, money is missed only then."""


@dataclass(frozen=True, slots=True)
class Line:
    """A booking as we have it: net of its fee, in minor units of the account's currency."""

    net: int
    currency: str


@dataclass(frozen=True, slots=True)
class Unpaid:
    """A booking that no payout has named, though its day has passed: `available`, a UTC date. `ref` is its payment."""

    kind: MovementKind
    ref: str
    net: int
    currency: str
    available: date
    charge: int | None = None
    invoice: int | None = None


def compare_payout(settlement: Settlement, known: Mapping[str, Line]) -> Iterator[Difference]:
    """`known`: those of its lines that we have from their book or that are about a charge of ours. Lines of neither are differences."""
    if not settlement.itemized:
        return
    total, payout = settlement.total, settlement.payout
    nets = {line.booking: line.settled.minor - line.fee.minor for line in settlement.lines if line.settled and line.fee}
    if sum(nets.values()) != total.minor:
        yield _of_payout(Kind.PAYOUT_SUM, payout, payout, (sum(nets.values()), total.minor), total.currency)
    for line in settlement.lines:
        mine = known.get(line.booking)
        if mine is None and line.kind is not MovementKind.OTHER:
            yield _of_payout(Kind.UNKNOWN_LINE, line.booking, payout, (None, nets[line.booking]), total.currency)
        elif mine is not None and mine.net != nets[line.booking]:
            yield _of_payout(Kind.WRONG_AMOUNT, line.booking, payout, (mine.net, nets[line.booking]), total.currency)


STEPS = {Kind.PAYOUT_SUM: Step.SUM, Kind.UNKNOWN_LINE: Step.WHAT_IS_IT, Kind.WRONG_AMOUNT: Step.WHAT_IS_IT}


def _of_payout(kind: Kind, ref: str, payout: str, sums: tuple[int | None, int], currency: str) -> Difference:
    return Difference(kind, About.PAYOUT, ref, payout, sums[0], sums[1], currency, STEPS[kind])


def overdue(unpaid: Iterable[Unpaid], paid_until: Mapping[str, date], on: date) -> Iterator[Difference]:
    """Payments that were left out. `paid_until`: by currency, up to which `available` something was paid out.

    What became available later and was paid out proves that a payment was left out. Where nothing was paid out at all, the balance may
    have been below zero, or the account is paid out once a month: then it is missed after NEVER_PAID.
    """
    for each in unpaid:
        if each.kind is not MovementKind.PAYMENT:
            continue
        passed_over = paid_until.get(each.currency, date.min) > each.available
        if passed_over or on - each.available >= NEVER_PAID:
            yield Difference(
                Kind.NOT_PAID_OUT,
                About.PAYOUT,
                each.ref,
                each.ref,
                each.net,
                None,
                each.currency,
                Step.WHERE_IS_IT,
                each.charge,
                None,
                each.invoice,
            )
