"""Their book, read over a network and copied row by row. Nothing is decided here; what was read twice is stored once.

Raises CannotAsk where their book cannot be read to its end. What was stored until then is true all the same, and read again next time.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from autopay.billing.bank_days import back_bank_days
from autopay.charging.send import Engine
from autopay.clock import start_of
from autopay.database import Database
from autopay.processors.book import Movement, MovementState, Settlement
from autopay.reconciliation.difference import Difference
from autopay.reconciliation.payouts import Line, compare_payout

BEFORE, AFTER = timedelta(hours=12), timedelta(hours=2)
"""What we learn within half a day of it is read at once. A paid card may be booked an hour after it was paid (see stripe/movements.py)."""
JUDGED = timedelta(days=7)
"""What our books have from so many days before the date is looked for in theirs."""
FURTHEST = timedelta(days=120)
PAID_OUT_LATE = 3
"""Bank days after money is available: by then a daily payout has named it."""
AT_ONCE = 500

STORE = """
    insert into booking (biller_id, booking, kind, ref, payment, at, minor, currency, settled, settled_currency, fee, available, mark,
                         charge_uid, told_by, charge_id)
    select %(biller)s, x.*, %(told_by)s, coalesce(
        (select c.id from charge c where c.biller_id = %(biller)s and c.ref = x.payment and c.ref <> ''),
        (select c.id from charge c where c.biller_id = %(biller)s and c.uid = x.charge_uid))
    from unnest(%(bookings)s::text[], %(kinds)s::text[], %(refs)s::text[], %(payments)s::text[], %(ats)s::timestamptz[],
                %(minors)s::bigint[], %(currencies)s::text[], %(settleds)s::bigint[], %(settled_currencies)s::text[], %(fees)s::bigint[],
                %(availables)s::date[], %(marks)s::text[], %(charge_uids)s::uuid[])
         as x (booking, kind, ref, payment, at, minor, currency, settled, settled_currency, fee, available, mark, charge_uid)
    on conflict (biller_id, booking) do update set minor = excluded.minor, currency = excluded.currency, settled = excluded.settled,
        settled_currency = excluded.settled_currency, fee = excluded.fee, available = excluded.available, told_by = 'book', agreed = false
    where %(told_by)s = 'book' and (booking.minor, booking.currency, booking.settled, booking.settled_currency, booking.fee, booking.told_by)
          is distinct from (excluded.minor, excluded.currency, excluded.settled, excluded.settled_currency, excluded.fee, 'book')
"""
# A refund or dispute does not carry our reference; its payment does. A charge may have got its payment's name since.
NAME = """
    update booking b set charge_id = coalesce(
        (select c.id from charge c where c.biller_id = b.biller_id and c.ref = b.payment and c.ref <> ''),
        (select c.id from charge c where c.biller_id = b.biller_id and c.uid = b.charge_uid),
        (select s.charge_id from booking s where s.biller_id = b.biller_id and s.payment = b.payment and s.charge_id is not null limit 1))
    where b.biller_id = %(biller)s and b.charge_id is null and not b.agreed
"""
PAID_OUT = """
    update booking set payout = %(payout)s
    where biller_id = %(biller)s and booking = any(%(bookings)s::text[]) and payout <> %(payout)s
"""
KNOWN = """
    select booking, settled - fee as net, settled_currency as currency from booking
    where biller_id = %(biller)s and booking = any(%(bookings)s::text[]) and (told_by = 'book' or charge_id is not null)
"""
# Since when to read back: ours of the last days that no line of theirs is about yet.
NOT_FOUND = """
    select min(since) from (
        select c.sent_at as since from ledger_transfer t
        join charge_part p on p.id = split_part(t.source, ':', 2)::bigint join charge c on c.id = p.charge_id
        where t.biller_id = %(biller)s and t.kind in ('captured', 'returned') and t."on" between %(first)s and %(on)s
          and c.ref <> all(%(on_the_way)s::text[])
          and not exists (select from booking b where b.charge_id = c.id and b.payment = c.ref
                          and b.kind = any(case t.kind when 'captured' then array['payment'] else array['return', 'dispute'] end))
        union all
        select least(r.sent_at, r.run_at) from ledger_transfer t join refund r on r.id = split_part(t.source, ':', 2)::bigint
        where t.biller_id = %(biller)s and t.kind = 'refunded' and t."on" between %(first)s and %(on)s
          and not exists (select from booking b where b.biller_id = t.biller_id and b.ref = r.ref and b.charge_id = r.charge_id)) missed
"""
NOT_PAID_OUT = """
    select min(available) from booking b
    where biller_id = %(biller)s and payout = '' and kind = 'payment' and available between %(first)s and %(late)s
      and not exists (select from difference d where d.biller_id = b.biller_id and d.kind = 'not_paid_out' and d.ref = b.payment
                      and d.resolved_at is not null and d.resolved_by <> 'reconciliation')
"""


@dataclass(frozen=True, slots=True)
class Day:
    """A local date of a biller."""

    biller: int
    zone: str
    currency: str
    on: date

    @property
    def start(self) -> datetime:
        return start_of(self.on, self.zone)

    @property
    def end(self) -> datetime:
        return start_of(self.on + timedelta(days=1), self.zone)


@dataclass(slots=True)
class Read:
    """`on_the_way`: payments they have and not yet booked. `differences`: of the payouts of this day, which are named in `payouts`."""

    on_the_way: set[str] = field(default_factory=set)
    payouts: list[str] = field(default_factory=list)
    paid_out: int = 0
    itemized: bool = True
    differences: list[Difference] = field(default_factory=list)


async def read_book(engine: Engine, day: Day) -> Read:
    """All that is needed to judge the day. Reads further back only where something of ours was not found."""
    read = Read()
    await _read_movements(engine, day, day.start - BEFORE, day.end + AFTER, read)
    await _read_payouts(engine, day, day.on, read)
    await engine.aside(_name, engine.db, day.biller)
    since = await engine.aside(_not_found_since, engine.db, day, sorted(read.on_the_way))
    if since is not None and since < day.start - BEFORE:
        await _read_movements(engine, day, max(since - timedelta(hours=1), day.start - FURTHEST), day.start - BEFORE, read)
        await engine.aside(_name, engine.db, day.biller)
    first = await engine.aside(_not_paid_out_since, engine.db, day)
    if first is not None and first < day.on:
        await _read_payouts(engine, day, first, read)
    return read


async def _read_movements(engine: Engine, day: Day, since: datetime, until: datetime, read: Read) -> None:
    async for batch in _batches(engine.processors[day.biller].movements(since, until)):
        read.on_the_way |= {each.ref for each in batch if not each.booking and each.state is MovementState.DONE}
        await engine.aside(_store, engine.db, day.biller, [each for each in batch if each.booking], "book")


async def _batches(movements: AsyncIterator[Movement]) -> AsyncIterator[list[Movement]]:
    batch: list[Movement] = []
    async for each in movements:
        batch.append(each)
        if len(batch) == AT_ONCE:
            yield batch
            batch = []
    yield batch


def _store(db: Database, biller: int, movements: Sequence[Movement], told_by: str) -> None:
    each_once = list({each.booking: each for each in movements}.values())
    if not each_once:
        return
    booked = [(each, each.settled or each.amount, each.fee) for each in each_once]
    with db.transaction() as tx:
        tx.run(
            STORE,
            biller=biller,
            told_by=told_by,
            bookings=[_cut(each.booking) for each in each_once],
            kinds=[each.kind.value for each in each_once],
            refs=[_cut(each.ref) for each in each_once],
            payments=[_cut(each.payment) for each in each_once],
            ats=[each.at for each in each_once],
            minors=[each.amount.minor for each in each_once],
            currencies=[each.amount.currency for each in each_once],
            settleds=[settled.minor for _, settled, _ in booked],
            settled_currencies=[settled.currency for _, settled, _ in booked],
            fees=[fee.minor if fee else 0 for _, _, fee in booked],
            availables=[each.available for each in each_once],
            marks=[_cut(each.mark) for each in each_once],
            charge_uids=[_uid(each.charge) for each in each_once],
        )


def _cut(theirs: str) -> str:
    return theirs[:80]


def _uid(theirs: str) -> UUID | None:
    """Metadata can be typed by hand: what is no reference of ours is none."""
    try:
        return UUID(theirs)
    except ValueError:
        return None


async def _read_payouts(engine: Engine, day: Day, since: date, read: Read) -> None:
    async for settlement in engine.processors[day.biller].settlements(since, day.on):
        known = await engine.aside(_pay_out, engine.db, day.biller, settlement)
        read.itemized = read.itemized and settlement.itemized
        if settlement.arrives == day.on and settlement.payout not in read.payouts:
            read.payouts.append(settlement.payout)
            read.paid_out += settlement.total.minor
            read.differences += compare_payout(settlement, known)


def _pay_out(db: Database, biller: int, settlement: Settlement) -> dict[str, Line]:
    """Note what the payout pays; lines the list of movements did not show are stored as told by it. Answers what is known of them."""
    bookings = [each.booking for each in settlement.lines]
    _store(db, biller, settlement.lines, "payout")
    with db.transaction() as tx:
        tx.run(PAID_OUT, biller=biller, payout=_cut(settlement.payout), bookings=bookings)
        known = tx.all(dict[str, Any], KNOWN, biller=biller, bookings=bookings)
    return {row["booking"]: Line(row["net"], row["currency"]) for row in known}


def _name(db: Database, biller: int) -> None:
    with db.transaction() as tx:
        tx.run(NAME, biller=biller)


def _not_found_since(db: Database, day: Day, on_the_way: Sequence[str]) -> datetime | None:
    with db.transaction() as tx:
        since: datetime | None = tx.value(
            NOT_FOUND, biller=day.biller, first=day.on - JUDGED, on=day.on, on_the_way=list(on_the_way)
        )
    return since


def _not_paid_out_since(db: Database, day: Day) -> date | None:
    with db.transaction() as tx:
        late = back_bank_days(day.on, PAID_OUT_LATE)
        first: date | None = tx.value(NOT_PAID_OUT, biller=day.biller, first=day.on - FURTHEST, late=late)
    return first
