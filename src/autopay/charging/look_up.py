"""Outcomes nobody knows yet: ask the processor, rule the key out, never guess.

A charge whose lease ran out may have been sent by a worker that died or sleeps. "Never sent" is concluded only after its key was
used up with a harmless request, so that a sleeper's late one cannot move money (design 3, step 5).
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from autopay.charging.charge import State
from autopay.charging.send import Engine
from autopay.charging.settle import ABANDON_AFTER, RuledOut, Settled, settle
from autopay.charging.stop_returned import stop_returned
from autopay.processors.pace import hear, look_ups
from autopay.processors.protocol import Absent, Declined, Kind, MethodRef, Op, Processor, Returned, Ruling, Unknown

log = structlog.get_logger()
PAUSES = [timedelta(seconds=s) for s in (5, 15, 60, 300, 900)] + [timedelta(hours=1)]
BANK_PAUSE = timedelta(hours=6)
RETURNS_WITHIN = timedelta(days=70)
"""A paid bank debit may still come back (rule N6): it is asked about each time its age has doubled, should the message be lost."""
SPENT_AFTER_LOOKS = 4

EXPIRED = "select id as charge, key from charge where state = 'sending' and lease_until < %(machine)s order by lease_until limit %(limit)s"

TAKE = """
    with others as (
        select id from charge where look_at <= %(machine)s and (select sending_allowed()) and biller_id <> all(%(alone)s::bigint[])
        order by look_at limit %(limit)s for update skip locked),
    tried as (
        select id from charge where (select sending_allowed()) and id in (
            select first.id from unnest(%(tried)s::bigint[]) as x (biller) cross join lateral (
                select id from charge where biller_id = x.biller and look_at <= %(machine)s order by look_at limit 1) first)
        for update skip locked),
    open as (select id from others union all select id from tried)
    update charge c set looks = c.looks + 1,
           look_at = greatest(
               %(machine)s + case c.state when 'pending' then %(bank_pause)s::interval
                    when 'paid' then case when m.kind = 'bank' and c.called_at > %(machine)s - %(returns)s::interval
                                          then greatest(%(machine)s - c.called_at, interval '1 day') end
                    else (%(pauses)s::interval[])[least(c.looks + 1, cardinality(%(pauses)s::interval[]))] end,
               case c.state when 'needs_payer' then c.called_at + %(patience)s::interval end)
    from open, method m
    where c.id = open.id and m.id = c.method_id
    returning c.id, c.biller_id as biller, c.state, c.key, c.ref, c.called_at, c.looks, m.token, m.customer, m.kind
"""


@dataclass(frozen=True, slots=True)
class Open:
    """A charge whose end is not known, or a paid one about which a message came. `looks`: how often it was asked about."""

    id: int
    biller: int
    state: str
    key: str
    ref: str
    called_at: datetime
    looks: int
    token: str
    customer: str
    kind: str


@dataclass(frozen=True, slots=True)
class Lapsed:
    charge: int
    key: str


async def look_up_open_charges(engine: Engine, limit: int = 100) -> int:
    """One round: lapsed leases become unknown; every charge whose time has come is asked about. Returns how many were asked.

    In quarantine none is: a copy that rules keys out would disturb the one it was copied from.
    """
    await engine.aside(lapse, engine, limit)
    opened = await engine.aside(take, engine, limit)
    heard: list[tuple[int, object]] = []
    answers = await asyncio.gather(*(ask(engine, each, heard) for each in opened))
    told = [answer for answer in answers if answer is not None]
    if told:
        await engine.aside(settle, engine.db, engine.clock, told)
    await engine.aside(hear, engine.db, engine.clock.machine(), heard, engine.troubled)
    await engine.aside(stop_returned, engine)
    return len(opened)


def lapse(engine: Engine, limit: int) -> int:
    """A lease that ran out says only that nobody answers for the call."""
    with engine.db.transaction() as tx:
        lapsed = tx.all(Lapsed, EXPIRED, machine=engine.clock.machine(), limit=limit)
    if lapsed:
        settle(engine.db, engine.clock, [Settled(each.charge, each.key, Unknown("lease over")) for each in lapsed])
    return len(lapsed)


def take(engine: Engine, limit: int) -> list[Open]:
    """Whoever takes a charge sets its next look first: if this process dies, another asks a little later.

    An account that is paused is not asked; after the pause about one charge at a time, until it answers.
    """
    with engine.db.transaction() as tx:
        alone, tried = look_ups(tx, engine.clock.machine(), engine.troubled)
        return tx.all(
            Open,
            TAKE,
            machine=engine.clock.machine(),
            limit=limit,
            alone=alone,
            tried=tried,
            pauses=PAUSES,
            bank_pause=BANK_PAUSE,
            returns=RETURNS_WITHIN,
            patience=ABANDON_AFTER,
        )


async def ask(engine: Engine, charge: Open, heard: list[tuple[int, object]]) -> Settled | None:
    """What the processor says became of it; None when there is nothing new to write. `heard` gets whether it answered."""
    try:
        processor = engine.processors[charge.biller]
        if charge.state == State.NEEDS_PAYER and engine.clock.machine() >= charge.called_at + ABANDON_AFTER:
            found = await processor.cancel(charge.ref)  # half an hour was enough; before it, a message only makes us look
        else:
            found = await processor.look_up(
                Op.CHARGE, key=charge.key, since=charge.called_at, customer=charge.customer, ref=charge.ref
            )
        heard.append((charge.biller, found))
        if isinstance(found, Absent) and charge.state == State.UNKNOWN:
            return await _rule_out(engine, processor, charge)
    except Exception as error:  # the next look is set already
        log.warning("look_up_failed", charge=charge.id, error=type(error).__name__)
        heard.append((charge.biller, Unknown(type(error).__name__)))
        return None
    if isinstance(found, Unknown | Absent) or (charge.state == State.PAID and not isinstance(found, Returned)):
        return None
    if isinstance(found, Declined) and charge.state == State.PENDING:
        found = Returned(found.ref or charge.ref, found.reason)
    if isinstance(found, Returned) and charge.state in (State.UNKNOWN, State.NEEDS_PAYER):
        found = Declined(found.reason, found.ref)
    return Settled(charge.id, charge.key, found)


async def _rule_out(engine: Engine, processor: Processor, charge: Open) -> Settled | None:
    """Nothing was found: use the key up. A used key that shows nothing, asked again past the absence time, is spent."""
    method = MethodRef(charge.token, charge.customer, Kind(charge.kind))
    ruling = await processor.rule_out(Op.CHARGE, key=charge.key, method=method)
    absent_long = engine.clock.machine() - charge.called_at >= timedelta(seconds=processor.caps.absence_seconds)
    spent = ruling is Ruling.USED and absent_long and charge.looks >= SPENT_AFTER_LOOKS
    return Settled(charge.id, charge.key, RuledOut()) if ruling is Ruling.RULED_OUT or spent else None
