"""Our books beside theirs, one payment at a time: facts in, differences out. Standard library only.

Nothing is matched by day: both sides name the payment, so what one of them learns later is late, not different.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import Enum

from autopay.processors.book import MovementKind
from autopay.reconciliation.case import Booked, Case, OurCharge, OurRefund
from autopay.reconciliation.difference import About, Difference, Kind, Step
from autopay.reconciliation.fees import Rates, payment_fee, rates_on

PATIENCE = timedelta(days=3)
"""So long may we not know what they booked: a lost message is made up for by a look-up within hours."""


class _Wait(Enum):
    """Not the same yet, and not late yet."""

    FOR_US = 1


Said = Difference | _Wait


@dataclass(frozen=True, slots=True)
class Finding:
    """`waits`: look at the case again tomorrow."""

    differences: tuple[Difference, ...]
    waits: bool


def compare(case: Case, on: date, rates: Sequence[Rates] = ()) -> Finding:
    """What differs on the local date `on`. `rates` empty: fees are not checked."""
    said = list(_of_nobody(case) if case.ours is None else _of_ours(case, case.ours, on, rates))
    return Finding(tuple(each for each in said if isinstance(each, Difference)), _Wait.FOR_US in said)


def _of_nobody(case: Case) -> Iterator[Said]:
    """Money of a payment that we never asked for. One that was sent back again is no difference."""
    for payment, lines in _by_payment(case.theirs):
        if left := _sum(lines):
            about = About.PAYMENT if left > 0 or any(each.kind is MovementKind.PAYMENT for each in lines) else About.REFUND
            step = Step.LOST_HERE if case.lost else Step.TAKEN_THERE if about is About.PAYMENT else Step.SENT_BACK_THERE
            yield Difference(Kind.MISSING_WITH_US, about, payment, payment, None, left, lines[0].currency, step)


def _of_ours(case: Case, ours: OurCharge, on: date, rates: Sequence[Rates]) -> Iterator[Said]:
    ref = ours.ref or min((line.on, line.payment) for line in case.theirs)[1] if case.theirs else ours.ref
    own = [line for line in case.theirs if line.payment == ref]
    yield from _second_payments(ours, ref, case.theirs, taken=bool(ours.captured or _sum(own)))
    if not ours.captured:
        yield from _not_captured(ours, ref, own, on)
        return
    yield from _payment(case, ours, own, on)
    yield from _returns(case, ours, ref, own, on)
    yield from _disputes(ours, own)
    yield from _refunds(case, ours, own, on)
    yield from _fees(ours, own, rates)


@dataclass(frozen=True, slots=True)
class _Ours:
    """A difference about a charge of ours, to be filled in."""

    charge: OurCharge
    about: About
    ref: str

    def differs(self, kind: Kind, ours: int | None, theirs: int | None, step: Step, currency: str = "") -> Difference:
        charge = self.charge
        return Difference(
            kind,
            self.about,
            self.ref,
            charge.ref or self.ref,
            ours,
            theirs,
            currency or charge.currency,
            step,
            charge.id,
            None,
            charge.invoice,
        )


def _second_payments(ours: OurCharge, ref: str, theirs: Sequence[Booked], *, taken: bool) -> Iterator[Said]:
    for payment, lines in _by_payment(theirs):
        if payment != ref and (left := _sum(lines)):
            about = _Ours(ours, About.PAYMENT, payment)
            kind, step = (Kind.DUPLICATE, Step.TWICE) if taken else (Kind.MISSING_WITH_US, Step.WE_SAID_NO)
            yield replace(about.differs(kind, None, left, step, lines[0].currency), payment=payment)


def _not_captured(ours: OurCharge, ref: str, own: Sequence[Booked], on: date) -> Iterator[Said]:
    """We say that it took nothing, or do not know yet."""
    if not (left := _sum(own)):
        return
    about = _Ours(ours, About.PAYMENT, ref)
    if ours.in_flight:
        yield _late(about.differs(Kind.MISSING_WITH_US, None, left, Step.ASK_AGAIN, own[0].currency), own, on)
    else:
        yield about.differs(Kind.MISSING_WITH_US, None, left, Step.WE_SAID_NO, own[0].currency)


def _payment(case: Case, ours: OurCharge, own: Sequence[Booked], on: date) -> Iterator[Said]:
    paid = [line for line in own if line.kind is MovementKind.PAYMENT]
    about = _Ours(ours, About.PAYMENT, ours.ref)
    if not paid:
        if _judged(case, ours.captured_on, on) and ours.ref not in case.on_the_way:
            yield about.differs(Kind.MISSING_WITH_THEM, ours.captured, None, Step.NOT_THERE)
    elif foreign := [line for line in paid if line.currency != ours.currency]:
        yield about.differs(Kind.WRONG_CURRENCY, ours.captured, _sum(paid), Step.CURRENCIES, foreign[0].currency)
    elif _sum(paid) != ours.captured:
        yield about.differs(Kind.WRONG_AMOUNT, ours.captured, _sum(paid), Step.AMOUNTS)


def _returns(case: Case, ours: OurCharge, ref: str, own: Sequence[Booked], on: date) -> Iterator[Said]:
    """Of a bank debit a dispute is a return: it cannot be won by arguing (ACH)."""
    kinds = {MovementKind.RETURN, MovementKind.DISPUTE} if ours.bank else {MovementKind.RETURN}
    lines = [line for line in own if line.kind in kinds]
    back, about = -_sum(lines), _Ours(ours, About.RETURN, ref)
    if back == ours.returned:
        return
    if not ours.returned:
        yield _late(about.differs(Kind.MISSING_WITH_US, None, back, Step.CAME_BACK), lines, on)
    elif back:
        yield about.differs(Kind.WRONG_AMOUNT, ours.returned, back, Step.AMOUNTS)
    elif lines or _judged(case, ours.returned_on, on):
        yield about.differs(Kind.MISSING_WITH_THEM, ours.returned, None, Step.NOT_CAME_BACK)


def _disputes(ours: OurCharge, own: Sequence[Booked]) -> Iterator[Said]:
    """A cardholder's dispute takes money for a while or for good; more than was paid it cannot take."""
    lines = [line for line in own if line.kind is MovementKind.DISPUTE and not ours.bank]
    for dispute in sorted({line.ref for line in lines}):
        taken = -_sum(line for line in lines if line.ref == dispute)
        if taken > ours.captured:
            about = _Ours(ours, About.DISPUTE, dispute)
            yield about.differs(Kind.WRONG_AMOUNT, ours.captured, taken, Step.AMOUNTS)


def _refunds(case: Case, ours: OurCharge, own: Sequence[Booked], on: date) -> Iterator[Said]:
    lines = [line for line in own if line.kind is MovementKind.REFUND]
    refs = dict.fromkeys(line.ref for line in lines)
    matched = {each.id for each in ours.refunds if each.ref in refs and _sum(line for line in lines if line.ref == each.ref)}
    for ref in refs:
        theirs = [line for line in lines if line.ref == ref]
        if _sum(theirs):  # else it failed, and the money is with the biller again
            mine = _named(ours.refunds, ref) or _marked(ours.refunds, theirs[0].mark)
            again = mine is not None and mine.ref != ref and mine.id in matched
            yield from _refund(ours, mine, theirs, on, again=again)
            matched |= {mine.id} if mine else set()
    for each in ours.refunds:
        if each.minor and each.id not in matched and _judged(case, each.on, on):
            found = _Ours(ours, About.REFUND, each.ref).differs(Kind.MISSING_WITH_THEM, each.minor, None, Step.NOT_SENT_BACK)
            yield replace(found, refund=each.id, invoice=each.invoice)


def _named(refunds: Sequence[OurRefund], ref: str) -> OurRefund | None:
    return next((each for each in refunds if each.ref == ref), None)


def _marked(refunds: Sequence[OurRefund], mark: str) -> OurRefund | None:
    return next((each for each in refunds if mark and each.mark == mark), None)


def _refund(ours: OurCharge, mine: OurRefund | None, theirs: Sequence[Booked], on: date, *, again: bool) -> Iterator[Said]:
    back, about = -_sum(theirs), _Ours(ours, About.REFUND, theirs[0].ref)
    if mine is None:
        yield about.differs(Kind.MISSING_WITH_US, None, back, Step.SENT_BACK_THERE)
        return
    if again:
        found = about.differs(Kind.DUPLICATE, mine.minor, back, Step.REFUNDED_TWICE)
    elif not mine.minor:
        found = about.differs(Kind.MISSING_WITH_US, None, back, Step.ASK_AGAIN if mine.in_flight else Step.SENT_BACK_THERE)
    elif mine.minor != back:
        found = about.differs(Kind.WRONG_AMOUNT, mine.minor, back, Step.AMOUNTS)
    else:
        return
    found = replace(found, refund=mine.id, invoice=mine.invoice)
    yield _late(found, theirs, on) if found.step is Step.ASK_AGAIN else found


def _fees(ours: OurCharge, own: Sequence[Booked], rates: Sequence[Rates]) -> Iterator[Said]:
    for line in own:
        contract = rates_on(rates, line.on, line.settled_currency)
        if contract is None or line.currency != line.settled_currency:
            continue
        if line.kind is MovementKind.PAYMENT:
            expected, about = payment_fee(contract, line.minor, bank=ours.bank), About.PAYMENT
        elif line.kind is MovementKind.DISPUTE and line.minor < 0:
            expected, about = contract.dispute_fixed, About.DISPUTE
        else:
            continue
        if line.fee != expected:
            fee = _Ours(ours, about, line.ref)
            yield fee.differs(Kind.WRONG_FEE, expected, line.fee, Step.FEE, line.settled_currency)


def _late(difference: Difference, lines: Sequence[Booked], on: date) -> Said:
    """Ours to find out, for a while."""
    return difference if on - max(line.on for line in lines) >= PATIENCE else _Wait.FOR_US


def _judged(case: Case, booked: date | None, on: date) -> bool:
    """Whether what our books have since the date `booked` must be in theirs by now."""
    return booked is not None and case.judged_since <= booked <= on


def _by_payment(lines: Sequence[Booked]) -> list[tuple[str, list[Booked]]]:
    payments = dict.fromkeys(line.payment for line in lines)
    return [(payment, [line for line in lines if line.payment == payment]) for payment in payments]


def _sum(lines: Iterable[Booked]) -> int:
    return sum(line.minor for line in lines)
