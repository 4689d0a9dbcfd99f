"""Restored books are compared with the payment companies': all is read, then every due charge and refund is looked for in it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from autopay.charging.forgotten import Books, Read, read_book
from autopay.charging.recognize import recognize
from autopay.charging.send import Engine
from autopay.charging.unexplained import explain
from autopay.database import Tx

BILLERS = "select b.id, b.uid::text as uid, b.name from biller b join processor_account a on a.biller_id = b.id order by b.id"
COUNTED = """
    select (select count(*) from forgotten_payment f join charge c on c.id = f.charge_id
            where f.biller_id = %(biller)s and f.resolved_at is null and c.state = 'due') as charges,
           (select count(*) from forgotten_payment f join refund r on r.biller_id = f.biller_id and r.ref = f.ref
            where f.biller_id = %(biller)s and f.resolved_at is null and f.kind = 'refund' and r.state = 'due') as refunds,
           (select count(*) from forgotten_payment where biller_id = %(biller)s and resolved_at is null and state = 'failed'
            and charge_id is null) as failed
"""
UNMATCHED = """
    select format('%%s %%s: %%s %%s (minor units), %%s UTC', f.kind, f.ref, f.minor, f.currency,
                  to_char(f.at at time zone 'UTC', 'YYYY-MM-DD HH24:MI'))
    from forgotten_payment f join unmatched_receipt u on u.biller_id = f.biller_id and u.ref = f.ref and u.kind = f.kind
    where f.biller_id = %(biller)s and u.resolved_at is null order by f.at, f.id
"""


@dataclass(frozen=True, slots=True)
class Compared:
    """Of one biller: how much was read, how much of it this installation had made, and what of that its books did not know."""

    biller: str
    read: int
    ours: int
    charges: int
    """Due here: they are looked up, not sent."""
    refunds: int
    failed: int
    """Tried, moved nothing, and not due here."""
    unmatched: list[str]
    """Payments and refunds that nothing in our books explains, in words."""


@dataclass(frozen=True, slots=True)
class _Biller:
    id: int
    uid: str
    name: str


async def compare(engine: Engine, since: datetime, tell: Callable[[str], None] = lambda _line: None) -> list[Compared]:
    """`since`: the last instant these books surely know. Raises CannotAsk if a book cannot be read to its end. May be done again at will.

    Nothing is compared before everything is read: a payment read later could be the better explanation of a due charge.
    """
    with engine.db.transaction() as tx:
        billers = tx.all(_Biller, BILLERS)
    reads: dict[int, Read] = {}
    for biller in billers:
        books = Books(biller.id, biller.uid, since, _progress(tell, biller.name))
        reads[biller.id] = await read_book(engine, books)
    while compared := await engine.aside(recognize, engine):
        tell(f"{compared} due charges and refunds compared")
    await engine.aside(explain, engine.db, engine.clock.now())
    with engine.db.transaction() as tx:
        return [_counted(tx, biller, reads[biller.id]) for biller in billers]


def _progress(tell: Callable[[str], None], name: str) -> Callable[[int], None]:
    return lambda count: tell(f"{name}: {count} movements read")


def _counted(tx: Tx, biller: _Biller, read: Read) -> Compared:
    counted = tx.record(COUNTED, biller=biller.id) or {}
    unmatched = tx.column(UNMATCHED, biller=biller.id)
    return Compared(biller.name, read.read, read.ours, unmatched=unmatched, **counted)
