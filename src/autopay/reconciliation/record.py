"""What was found becomes rows: a difference is written once, closed when it is gone, and left alone once a person has answered it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from autopay.database import Tx
from autopay.journal.write import By, note
from autopay.reconciliation.blocked import block, free, lock
from autopay.reconciliation.difference import BLOCKING, Difference, Kind

ACTOR = "reconciliation"
GONE = "Gone when {on} was compared: both books agree."

FOUND = """
    insert into difference (biller_id, "on", kind, about, ref, payment, charge_id, refund_id, invoice_id, ours, theirs, currency, next_step,
                            found_at)
    values (%(biller)s, %(on)s, %(kind)s, %(about)s, %(ref)s, %(payment)s, %(charge)s, %(refund)s, %(invoice)s, %(ours)s, %(theirs)s,
            %(currency)s, %(step)s, %(now)s)
    on conflict do nothing returning id
"""
CHANGED = "update difference set ours = %(ours)s, theirs = %(theirs)s, next_step = %(step)s where id = %(id)s"
CLOSE = """
    update difference set resolved_at = %(now)s, resolved_by = %(actor)s, note = %(note)s
    where id = any(%(ids)s::bigint[]) and resolved_at is null returning id
"""
BEFORE = """
    select id, kind, about, ref, ours, theirs, charge_id as charge, resolved_at is null as open from difference
    where biller_id = %(biller)s and (resolved_at is null or resolved_by <> %(actor)s)
"""
OF_CASES = """ and about <> 'payout' and (charge_id = any(%(charges)s::bigint[])
    or (charge_id is null and payment = any(%(payments)s::text[])))"""
OF_PAYOUTS = " and about = 'payout' and (kind = 'not_paid_out' or payment = any(%(payouts)s::text[]))"


@dataclass(frozen=True, slots=True)
class Known:
    """A difference that is open, or that a person has answered."""

    id: int
    kind: str
    about: str
    ref: str
    ours: int | None
    theirs: int | None
    charge: int | None
    open: bool

    @property
    def key(self) -> tuple[str, str, str]:
        return self.kind, self.about, self.ref


@dataclass(frozen=True, slots=True)
class Written:
    """How many were written, and how many were closed because they are gone."""

    new: int
    gone: int


def of_cases(tx: Tx, biller: int, charges: Sequence[int], payments: Sequence[str]) -> list[Known]:
    return tx.all(Known, BEFORE + OF_CASES, biller=biller, actor=ACTOR, charges=list(charges), payments=list(payments))


def of_payouts(tx: Tx, biller: int, payouts: Sequence[str]) -> list[Known]:
    """Those about these payouts, and whatever was not paid out."""
    return tx.all(Known, BEFORE + OF_PAYOUTS, biller=biller, actor=ACTOR, payouts=list(payouts))


def write(tx: Tx, biller: int, on: date, found: Sequence[Difference], before: Sequence[Known], by: By) -> Written:
    """`before`: all that was known about the same things. Running the same day again writes nothing."""
    known = {each.key: each for each in before if each.open}
    answered = {(*each.key, each.ours, each.theirs) for each in before if not each.open}
    now = {_key(each): each for each in found if (*_key(each), each.ours, each.theirs) not in answered}
    gone = [each for key, each in known.items() if key not in now]
    new = [each for key, each in now.items() if key not in known]
    charges = _charges([*new, *gone])
    if charges:
        lock(tx, charges)
    for key, each in now.items():
        if key in known and (known[key].ours, known[key].theirs) != (each.ours, each.theirs):
            tx.run(CHANGED, id=known[key].id, ours=each.ours, theirs=each.theirs, step=each.step.value)
    written = sum(_add(tx, biller, on, each, by) for each in new)
    close(tx, biller, [each.id for each in gone], GONE.format(on=on), By(ACTOR, by.at))
    if blocking := _charges(each for each in new if each.kind in BLOCKING):
        block(tx, blocking)
    if freed := _charges(each for each in gone if Kind(each.kind) in BLOCKING):
        free(tx, freed, by.at)
    return Written(written, len(gone))


def _add(tx: Tx, biller: int, on: date, each: Difference, by: By) -> int:
    row = {name: getattr(each, name) for name in Difference.__slots__}
    row |= {name: str(row[name]) for name in ("kind", "about", "step")}
    made = tx.value(FOUND, biller=biller, on=on, now=by.at, **row)
    if made is None:
        return 0  # another run found it at the same moment
    note(tx, biller, by, "difference found", ("difference", made), kind=str(each.kind), ref=each.ref, charge=each.charge)
    return 1


def close(tx: Tx, biller: int, ids: Sequence[int], why: str, by: By) -> int:
    """Those that are still open; returns how many."""
    closed = tx.column(CLOSE, ids=list(ids), now=by.at, actor=by.actor, note=why) if ids else []
    for each in closed:
        note(tx, biller, by, "difference resolved", ("difference", each), note=why)
    return len(closed)


def _key(each: Difference) -> tuple[str, str, str]:
    return each.kind.value, each.about.value, each.ref


def _charges(each_of: Iterable[Difference | Known]) -> list[int]:
    return sorted({each.charge for each in each_of if each.charge})
