"""One local date of one biller: read their book, compare it with ours, write what differs.

First everything is read, over the network and outside any transaction; only a book that was read to its end is compared. Every step may
be repeated: a run that dies is begun anew, and finds what is written already.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from autopay.billing.bank_days import back_bank_days
from autopay.charging.send import Engine
from autopay.database import Database, Tx
from autopay.journal.write import By
from autopay.processors.book import CannotAsk, MovementKind
from autopay.reconciliation.blocked import free
from autopay.reconciliation.case import Case
from autopay.reconciliation.cases import Touched, cases, rates, touched
from autopay.reconciliation.compare import Finding, compare
from autopay.reconciliation.difference import Step
from autopay.reconciliation.payouts import Unpaid, overdue
from autopay.reconciliation.read import FURTHEST, PAID_OUT_LATE, Day, Read, read_book
from autopay.reconciliation.record import ACTOR, Written, of_cases, of_payouts, write

LEASE = timedelta(minutes=15)
ASK_AGAIN_AFTER = timedelta(minutes=5)
BATCH = 500

BEGIN = """
    insert into reconciliation as run (biller_id, "on", started_at, lease_until, tries) values (%(biller)s, %(on)s, %(now)s, %(lease)s, 1)
    on conflict (biller_id, "on") do update set started_at = excluded.started_at, lease_until = excluded.lease_until, tries = run.tries + 1
    returning id
"""
FAILED = "update reconciliation set lease_until = %(again)s, why = %(why)s where id = %(id)s"
DONE = """
    update reconciliation set done_at = %(now)s, lease_until = null, why = '', compared = %(compared)s, found = %(found)s, closed = %(closed)s,
        payouts = %(payouts)s, sums = %(sums)s::jsonb where id = %(id)s
"""
AGREED = """
    update booking b set agreed = not (b.charge_id = any(%(waiting)s::bigint[]))
        and not exists (select from difference d where d.charge_id = b.charge_id and d.resolved_at is null and d.about <> 'payout')
    where b.charge_id = any(%(charges)s::bigint[])
"""
AGREED_WITH_NOBODY = """
    update booking b set agreed = not exists (select from difference d where d.biller_id = b.biller_id and d.payment = b.payment
        and d.charge_id is null and d.resolved_at is null and d.about <> 'payout')
    where b.biller_id = %(biller)s and b.charge_id is null and b.payment = any(%(payments)s::text[])
"""
# A hint, as a message of theirs would be: the look-up is brought forward, and only it settles anything.
LOOK_NOW = """
    update charge set look_at = %(machine)s
    where id = any(%(charges)s::bigint[]) and state in ('unknown', 'pending', 'needs_payer', 'paid') and ref <> ''
"""
# A cardholder's dispute is no difference: the money is away for a while. It is kept, with what became of it.
DISPUTED = """
    insert into dispute (biller_id, charge_id, ref, minor, state, opened_at)
    select b.biller_id, b.charge_id, b.ref, max(-b.minor), case when sum(b.minor) >= 0 then 'won' else 'open' end, min(b.at)
    from booking b join charge c on c.id = b.charge_id join method m on m.id = c.method_id and m.kind = 'card'
    where b.kind = 'dispute' and b.charge_id = any(%(charges)s::bigint[])
    group by b.biller_id, b.charge_id, b.ref having max(-b.minor) > 0
    on conflict (biller_id, ref) do update set minor = excluded.minor, state = excluded.state
"""
EVIDENCE = """
    select distinct charge_id from unmatched_receipt u where charge_id = any(%(charges)s::bigint[]) and resolved_at is null
      and exists (select from booking b where b.charge_id = u.charge_id and u.ref in (b.ref, b.payment))
"""
UNPAID = """
    select b.kind, b.payment as ref, b.settled - b.fee as net, b.settled_currency as currency, b.available, b.charge_id as charge,
           (select min(p.invoice_id) from charge_part p where p.charge_id = b.charge_id) as invoice
    from booking b where b.biller_id = %(biller)s and b.payout = '' and b.kind = 'payment' and b.available between %(first)s and %(late)s
    order by b.id
"""
PAID_UNTIL = """
    select settled_currency, max(available) as until from booking
    where biller_id = %(biller)s and payout <> '' and available >= %(first)s group by 1
"""
OURS = """
    select kind, sum(minor)::bigint as minor from ledger_transfer
    where biller_id = %(biller)s and "on" = %(on)s and kind in ('captured', 'refunded', 'returned') group by kind
"""
THEIRS = """
    select kind, sum(minor)::bigint as minor, sum(fee)::bigint as fee from booking
    where biller_id = %(biller)s and at >= %(start)s and at < %(end)s and told_by = 'book' and currency = %(currency)s group by kind
"""


@dataclass(slots=True)
class Count:
    compared: int = 0
    found: int = 0
    closed: int = 0

    def add(self, written: Written) -> None:
        self.found += written.new
        self.closed += written.gone


async def reconcile(engine: Engine, day: Day) -> Count:
    """Raises CannotAsk where their book could not be read: the run stays open, and nothing of it counts as compared."""
    run = await engine.aside(_begin, engine, day)
    try:
        read = await read_book(engine, day)
    except CannotAsk as problem:
        await engine.aside(_failed, engine, run, f"The payment company could not be asked: {problem}"[:200])
        raise
    count, some = Count(), await engine.aside(_touched, engine.db, day)
    for batch in _batches(some):
        await engine.aside(_compare, engine, day, batch, read, count)
    await engine.aside(_payouts, engine, day, read, count)
    await engine.aside(_done, engine, day, run, read, count)
    return count


def _begin(engine: Engine, day: Day) -> int:
    machine = engine.clock.machine()
    with engine.db.transaction() as tx:
        run: int = tx.value(BEGIN, biller=day.biller, on=day.on, now=engine.clock.now(), lease=machine + LEASE)
    return run


def _failed(engine: Engine, run: int, why: str) -> None:
    with engine.db.transaction() as tx:
        tx.run(FAILED, id=run, why=why, again=engine.clock.machine() + ASK_AGAIN_AFTER)


def _touched(db: Database, day: Day) -> Touched:
    with db.transaction() as tx:
        return touched(tx, day)


def _batches(some: Touched) -> Iterator[Touched]:
    for start in range(0, len(some.charges), BATCH):
        yield Touched(some.charges[start : start + BATCH], [])
    for start in range(0, len(some.payments), BATCH):
        yield Touched([], some.payments[start : start + BATCH])


def _compare(engine: Engine, day: Day, some: Touched, read: Read, count: Count) -> None:
    by = By(ACTOR, engine.clock.now())
    with engine.db.transaction() as tx:
        known = rates(tx, day.biller)
        found = cases(tx, day, some, read.on_the_way, engine.processors[day.biller].mark)
        verdicts = [(case, compare(case, day.on, known)) for case in found]
        differences = [each for _, verdict in verdicts for each in verdict.differences]
        before = of_cases(tx, day.biller, some.charges, some.payments)
        count.add(write(tx, day.biller, day.on, differences, before, by))
        count.compared += len(found)
        _settle_cases(tx, engine, day, some, verdicts)


def _settle_cases(tx: Tx, engine: Engine, day: Day, some: Touched, verdicts: Sequence[tuple[Case, Finding]]) -> None:
    """Beside the differences: what is agreed, what is asked about, what is answered by itself."""
    waiting = [case.ours.id for case, verdict in verdicts if case.ours and verdict.waits]
    asking = [case.ours.id for case, verdict in verdicts if case.ours and _may_be_told(verdict)]
    tx.run(AGREED, charges=some.charges, waiting=waiting)
    tx.run(AGREED_WITH_NOBODY, biller=day.biller, payments=some.payments)
    tx.run(DISPUTED, charges=some.charges)
    if asking:
        tx.run(LOOK_NOW, charges=asking, machine=engine.clock.machine())
    agreeing = [case.ours.id for case, verdict in verdicts if case.ours and case.theirs and verdict == Finding((), False)]
    if answered := tx.column(EVIDENCE, charges=agreeing):
        free(tx, answered, engine.clock.now())


def _may_be_told(verdict: Finding) -> bool:
    """Whether asking about the charge may settle it."""
    return verdict.waits or any(each.step in (Step.ASK_AGAIN, Step.CAME_BACK) for each in verdict.differences)


def _payouts(engine: Engine, day: Day, read: Read, count: Count) -> None:
    by, first = By(ACTOR, engine.clock.now()), day.on - FURTHEST
    with engine.db.transaction() as tx:
        found = list(read.differences)
        if read.itemized:
            late = back_bank_days(day.on, PAID_OUT_LATE)
            rows = tx.all(dict[str, Any], UNPAID, biller=day.biller, first=first, late=late)
            until = tx.all(dict[str, Any], PAID_UNTIL, biller=day.biller, first=first)
            unpaid = [Unpaid(**row | {"kind": MovementKind(row["kind"])}) for row in rows]
            found += overdue(unpaid, {row["settled_currency"]: row["until"] for row in until}, day.on)
        count.add(write(tx, day.biller, day.on, found, of_payouts(tx, day.biller, read.payouts), by))


def _done(engine: Engine, day: Day, run: int, read: Read, count: Count) -> None:
    with engine.db.transaction() as tx:
        tx.run(
            DONE,
            id=run,
            now=engine.clock.now(),
            compared=count.compared,
            found=count.found,
            closed=count.closed,
            payouts=len(read.payouts),
            sums=json.dumps(_sums(tx, day, read)),
        )


def _sums(tx: Tx, day: Day, read: Read) -> dict[str, int | bool]:
    """Minor units of the biller's currency. What one side booked a day later than the other is in both days' sums, once each."""
    ours = {row["kind"]: row["minor"] for row in tx.all(dict[str, Any], OURS, biller=day.biller, on=day.on)}
    rows = tx.all(dict[str, Any], THEIRS, biller=day.biller, start=day.start, end=day.end, currency=day.currency)
    theirs = {row["kind"]: row["minor"] for row in rows}
    return {
        "captured_ours": ours.get("captured", 0),
        "captured_theirs": theirs.get("payment", 0),
        "refunded_ours": ours.get("refunded", 0),
        "refunded_theirs": -theirs.get("refund", 0),
        "returned_ours": ours.get("returned", 0),
        "returned_theirs": -theirs.get("return", 0) - theirs.get("dispute", 0),
        "fees": sum(row["fee"] for row in rows),
        "paid_out": read.paid_out,
        "fees_checked": bool(rates(tx, day.biller)),
        "payouts_checked": read.itemized,
    }
