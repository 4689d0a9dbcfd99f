"""What became of a call: the only writer of charge states after `due`. Guarded UPDATE, ledger and journal in one statement.

Postings come from the rows the guarded UPDATE returned, so that an outcome told twice is booked once. Evidence that contradicts
a final state never changes it: it goes to unmatched receipts and blocks the invoice.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

import psycopg
import structlog
from django.db import DatabaseError, OperationalError

from autopay.charging.charge import MOVES, State
from autopay.charging.contradict import Unsettled, contradict
from autopay.clock import Clock
from autopay.database import PLANNED_ONCE, Database
from autopay.processors.protocol import Declined, NeedsPayer, NotSent, Paid, Pending, Reason, Returned, Unknown

log = structlog.get_logger()
Told = Paid | Pending | Declined | NeedsPayer | NotSent | Unknown | Returned


@dataclass(frozen=True, slots=True)
class RuledOut:
    """The key can never move money: the debt may be tried again under the next attempt's key."""


@dataclass(frozen=True, slots=True)
class Settled:
    """`outcome` of the call made, or looked up, for this charge under this key. `biller`: whose account was called, if one was."""

    charge: int
    key: str
    outcome: Told | RuledOut | Unsettled
    biller: int = 0


ABANDON_AFTER = timedelta(minutes=30)
FIRST_LOOK = timedelta(seconds=5)
BANK_LOOK = timedelta(hours=6)
NOT_SENT_PAUSE = 15.0

LOCK_INVOICES = """select i.id from invoice i join charge_part p on p.invoice_id = i.id
    where p.charge_id = any(%(ids)s::bigint[]) order by i.id for update of i"""
LOCK_CHARGES = "select id from charge where id = any(%(ids)s::bigint[]) order by id for update"

MOVE = """
    with told as (
        select * from unnest(%(ids)s::bigint[], %(keys)s::text[], %(states)s::text[], %(refs)s::text[], %(network_refs)s::text[],
            %(links)s::text[], %(reasons)s::text[], %(minors)s::bigint[], %(attempts)s::int[], %(run_ats)s::timestamptz[],
            %(look_ats)s::timestamptz[]) as x (id, key, state, ref, network_ref, link, reason, minor, more, run_at, look_at)),
    moved as (
        update charge c set state = x.state, ref = coalesce(nullif(x.ref, ''), c.ref), link = x.link, reason = x.reason,
               network_ref = coalesce(nullif(x.network_ref, ''), c.network_ref), run_at = coalesce(x.run_at, c.run_at),
               attempt = c.attempt + x.more, key = case when x.more > 0 then '' else c.key end, looks = 0, lease_until = null,
               look_at = coalesce(x.look_at, case when was.state = 'pending' and x.state = 'paid' then was.look_at end),
               settled_at = case when x.state in ('paid', 'failed', 'returned') then %(now)s else c.settled_at end
        from told x join charge was on was.id = x.id
        where c.id = x.id and c.key = x.key and was.state || '>' || x.state = any(%(legal)s::text[])
          and (x.minor is null or x.minor = c.minor)
        returning c.id, c.biller_id, c.payer_id, c.currency, c.state, was.state as was, jsonb_build_object('ref', c.ref, 'reason', c.reason,
            'minor', c.minor, 'sent_at', c.sent_at, 'trigger', c.trigger, 'agreement', c.agreement_version_id, 'method', c.method_id) as data),
    money as (
        select m.*, p.id as part, p.invoice_id, p.minor,
               case when m.state = 'paid' then 'captured' else 'returned' end as kind, (%(now)s at time zone b.zone)::date as today
        from moved m join charge_part p on p.charge_id = m.id and p.minor is not null join biller b on b.id = m.biller_id
        where m.state = 'paid' or (m.state = 'returned' and m.was = 'paid')),
    booked as (
        insert into ledger_transfer (biller_id, debit, credit, minor, currency, kind, source, payer_id, invoice_id, "on")
        select biller_id, case kind when 'captured' then 'processor' else 'receivable' end,
               case kind when 'captured' then 'receivable' else 'processor' end,
               minor, currency, kind, 'charge_part:' || part, payer_id, invoice_id, today
        from money),
    billed as (
        update invoice i set captured = i.captured + sum.captured, returned = i.returned + sum.returned
        from (select invoice_id, coalesce(sum(minor) filter (where kind = 'captured'), 0) as captured,
                     coalesce(sum(minor) filter (where kind = 'returned'), 0) as returned
              from money group by invoice_id) sum where i.id = sum.invoice_id),
    noted as (
        insert into journal_entry (biller_id, at, actor, action, object, object_id, data)
        select biller_id, %(now)s, 'processor', 'charge ' || state, 'charge', id, data
        from moved where state not in ('due', 'unknown') or was = 'unknown')
    select id from moved
"""


def settle(db: Database, clock: Clock, outcomes: Sequence[Settled]) -> None:
    """Write a batch; one that fails is halved down to the row, and that row becomes unknown with an alarm."""
    try:
        _settle(db, clock, outcomes)
    except (OperationalError, psycopg.OperationalError):
        _again(db, clock, outcomes)  # deadlock, serialization, a cut connection: nothing was written
    except (DatabaseError, psycopg.DatabaseError) as error:
        if len(outcomes) == 1:
            log.error("charge_not_settled", charge=outcomes[0].charge, error=type(error).__name__)
            if not isinstance(outcomes[0].outcome, Unsettled):
                settle(db, clock, [Settled(outcomes[0].charge, outcomes[0].key, Unsettled(outcomes[0].outcome))])
            return
        middle = len(outcomes) // 2
        settle(db, clock, outcomes[:middle])
        settle(db, clock, outcomes[middle:])


def _again(db: Database, clock: Clock, outcomes: Sequence[Settled]) -> None:
    for _ in range(2):
        with suppress(OperationalError, psycopg.OperationalError):
            return _settle(db, clock, outcomes)
    return _settle(db, clock, outcomes)  # if it fails for good, the leases run out, and the charges are looked up


def _settle(db: Database, clock: Clock, outcomes: Sequence[Settled]) -> None:
    ids = [settled.charge for settled in outcomes]
    rows = [_row(settled.outcome, clock) for settled in outcomes]
    with db.transaction() as tx:
        tx.run(PLANNED_ONCE)
        tx.run(LOCK_INVOICES, ids=ids)
        tx.run(LOCK_CHARGES, ids=ids)
        columns = {name: [getattr(row, name[:-1]) for row in rows] for name in COLUMNS}
        moved = set(tx.column(MOVE, ids=ids, keys=[s.key for s in outcomes], now=clock.now(), legal=LEGAL, **columns))
        for settled in outcomes:
            if settled.charge not in moved:
                contradict(tx, settled.charge, settled.outcome)


@dataclass(frozen=True, slots=True)
class Row:
    """What the charge's row becomes."""

    state: State
    ref: str = ""
    network_ref: str = ""
    link: str = ""
    reason: str = ""
    minor: int | None = None
    attempt: int = 0
    run_at: datetime | None = None
    look_at: datetime | None = None


COLUMNS = ("states", "refs", "network_refs", "links", "reasons", "minors", "attempts", "run_ats", "look_ats")
LEGAL = [f"{old}>{new}" for old, news in MOVES.items() for new in sorted(news) if old is not State.DUE]


def _row(outcome: Told | RuledOut | Unsettled, clock: Clock) -> Row:
    machine = clock.machine()
    match outcome:
        case Paid(ref, amount, network_ref):
            return Row(State.PAID, ref, network_ref, minor=amount.minor)
        case Pending(ref, amount):
            return Row(State.PENDING, ref, minor=amount.minor, look_at=machine + BANK_LOOK)
        case Declined(reason, ref):
            return Row(State.FAILED, ref, reason="abandoned" if reason is Reason.CANCELLED else reason)
        case NeedsPayer(ref, link):
            return Row(State.NEEDS_PAYER, ref, link=link, look_at=machine + ABANDON_AFTER)
        case Returned(ref, reason):
            return Row(State.RETURNED, ref, reason=reason)
        case NotSent(_, retry_after):
            return Row(State.DUE, run_at=clock.now() + timedelta(seconds=retry_after or NOT_SENT_PAUSE))
        case Unknown(_) | Unsettled(_):
            return Row(State.UNKNOWN, look_at=machine + FIRST_LOOK)
        case RuledOut():
            return Row(State.DUE, attempt=1, run_at=clock.now())
