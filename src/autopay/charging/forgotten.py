"""Read what the processor did since the last moment restored books surely know, and keep what they do not know (recognize.py uses it).

Reading can be stopped and done again: each payment and refund is kept once.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from autopay.charging.send import Engine
from autopay.database import Tx
from autopay.processors.book import Movement, MovementKind, MovementState

MARGIN = timedelta(days=1)
"""Clocks differ, and a payment made before the backup may have been booked by the processor only afterwards."""
TO_THE_END = timedelta(days=3650)
"""The processor's clock may be ahead of ours, and a sandbox's by months: what it did last is what matters most."""
BATCH = 500
UID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")

KEEP = """
    with read as (
        select %(biller)s::bigint as biller, * from unnest(%(kinds)s::text[], %(states)s::text[], %(refs)s::text[], %(payments)s::text[],
            %(marks)s::text[], %(charge_uids)s::text[], %(minors)s::bigint[], %(currencies)s::text[], %(ats)s::timestamptz[])
            as x (kind, state, ref, payment, mark, charge_uid, minor, currency, at)),
    unknown as (
        select * from read r where case r.kind
            when 'payment' then not exists (select from charge c where c.biller_id = r.biller and c.ref = r.ref
                                            and c.state not in ('due', 'withdrawn'))
            else not exists (select from biller b join charge c on c.biller_id = b.id and c.ref = r.payment
                             join refund f on f.charge_id = c.id and f.ref = r.ref and f.state <> 'due') end)
    insert into forgotten_payment as f (biller_id, kind, state, ref, payment, mark, charge_uid, minor, currency, at)
    select biller, kind, state, ref, payment, mark, charge_uid, minor, currency, at from unknown
    on conflict (biller_id, kind, ref) do update set state = excluded.state
    where f.resolved_at is null and (excluded.state = case excluded.kind when 'refund' then 'failed' else 'done' end
                                     or (excluded.state = 'pending' and f.state = 'failed'))
"""
LOOK_AGAIN = """
    update charge set look_at = %(machine)s
    where biller_id = %(biller)s and ref = any(%(payments)s::text[]) and ref <> '' and state in ('pending', 'paid', 'unknown', 'needs_payer')
"""


@dataclass(slots=True)
class Read:
    """Of one biller. `ours`: payments and refunds that carry a mark of our keys; `others` are none of this installation's."""

    read: int = 0
    ours: int = 0
    others: int = 0


@dataclass(frozen=True, slots=True)
class Books:
    """Whose book is read, by id and public id, and from which instant on."""

    biller: int
    uid: str
    since: datetime
    told: Callable[[int], None] = field(default=lambda _read: None)
    """Told how many were read, after each batch."""


async def read_book(engine: Engine, books: Books) -> Read:
    """Raises CannotAsk where the processor's book could not be read to its end: what was kept so far stays, and does no harm."""
    done, batch = Read(), list[Movement]()
    async for movement in engine.processors[books.biller].movements(books.since - MARGIN, books.since + TO_THE_END):
        batch.append(movement)
        if len(batch) == BATCH:
            await engine.aside(_keep, engine, books, batch, done)
            batch = []
    await engine.aside(_keep, engine, books, batch, done)
    return done


def _keep(engine: Engine, books: Books, batch: list[Movement], done: Read) -> None:
    ours = {(each.kind, each.ref): each for each in sorted(filter(is_ours(books.uid), batch), key=_weight)}
    back = [each.payment for each in batch if each.kind in (MovementKind.RETURN, MovementKind.DISPUTE)]
    with engine.db.transaction() as tx:
        if ours:
            _insert(tx, books.biller, ours.values())
        if back:
            tx.run(LOOK_AGAIN, biller=books.biller, payments=back, machine=engine.clock.machine())
    done.read += len(batch)
    done.ours += len(ours)
    done.others = done.read - done.ours
    books.told(done.read)


def is_ours(biller: str) -> Callable[[Movement], bool]:
    """A payment names its biller, a refund does not; both carry the mark of a key of ours. Others may use the same account."""
    return lambda each: (
        each.kind in (MovementKind.PAYMENT, MovementKind.REFUND) and each.mark != "" and each.biller in ("", biller)
    )


def _weight(each: Movement) -> int:
    """The last of several tellings of one thing wins: a payment that was booked, a refund that failed after all."""
    if each.kind is MovementKind.REFUND:
        return int(each.amount.minor > 0)
    return [MovementState.FAILED, MovementState.PENDING, MovementState.DONE].index(each.state)


def _state(each: Movement) -> str:
    return MovementState.FAILED if each.kind is MovementKind.REFUND and each.amount.minor > 0 else each.state


def _insert(tx: Tx, biller: int, ours: Iterable[Movement]) -> None:
    each = list(ours)
    tx.run(
        KEEP,
        biller=biller,
        kinds=[m.kind for m in each],
        states=[_state(m) for m in each],
        refs=[m.ref for m in each],
        payments=[m.payment for m in each],
        marks=[m.mark for m in each],
        charge_uids=[m.charge if UID.fullmatch(m.charge) else "" for m in each],
        minors=[abs(m.amount.minor) for m in each],
        currencies=[m.amount.currency for m in each],
        ats=[m.at for m in each],
    )
