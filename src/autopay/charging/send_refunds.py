"""Refunds on their way: claim, commit, call, settle; an unknown one is asked about, its key ruled out, never guessed (V37)."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import psycopg
import structlog
from django.db import DatabaseError, OperationalError

from autopay.charging.charge import REFUND_MOVES, RefundState
from autopay.charging.look_up import SPENT_AFTER_LOOKS
from autopay.charging.send import Engine
from autopay.charging.settle import FIRST_LOOK, NOT_SENT_PAUSE, RuledOut
from autopay.money import Money
from autopay.processors.pace import ALLOWED, hear, spend
from autopay.processors.protocol import (
    Absent,
    Declined,
    Found,
    Kind,
    MethodRef,
    NotSent,
    Op,
    Outcome,
    Paid,
    Pending,
    Ruling,
    Unknown,
)

log = structlog.get_logger()
LEGAL = [f"{old}>{new}" for old, news in REFUND_MOVES.items() for new in sorted(news) if old is not RefundState.DUE]

DUE = f"""
    with ready as (
        select r.id, r.run_at from processor_account a left join processor_pace p on p.biller_id = a.biller_id cross join lateral (
            select * from (
                select id, run_at from refund where biller_id = a.biller_id and state = 'due' and run_at <= %(now)s and compared >= coalesce(
                    (select max(f.id) from forgotten_payment f where f.biller_id = a.biller_id and f.resolved_at is null), 0)
                order by run_at, id limit %(limit)s) first
            limit {ALLOWED}) r
        where a.connected and (select sending_allowed()) order by r.run_at, r.id limit %(limit)s),
    due as (select id from refund where id in (select id from ready) and state = 'due' and run_at <= %(now)s for update skip locked)
    select r.id, r.uid::text as uid, r.biller_id as biller, b.uid::text as biller_uid, r.attempt, r.minor, c.currency, c.ref as charge_ref,
           '' as key, m.token, m.customer, m.kind, r.state, r.created_at as called_at, r.looks, r.ref
    from due join refund r on r.id = due.id join charge c on c.id = r.charge_id join method m on m.id = c.method_id
    join biller b on b.id = r.biller_id order by r.id
"""
SEND = """
    update refund r set state = 'sending', key = x.key, lease_until = %(lease_until)s, sent_at = %(machine)s,
           look_at = case r.ref when '' then %(lease_until)s else %(machine)s end
    from unnest(%(ids)s::bigint[], %(keys)s::text[]) as x (id, key) where r.id = x.id
"""
OPEN = """
    with open as (
        select id from refund where state in ('sending', 'unknown') and look_at <= %(machine)s and (select sending_allowed())
          and biller_id not in (select biller_id from processor_pace where paused_until > %(machine)s)
        order by look_at limit %(limit)s
        for update skip locked)
    update refund r set state = 'unknown', looks = r.looks + 1, look_at = %(machine)s + interval '15 seconds' * least(r.looks + 1, 40)
    from open, charge c, method m, biller b
    where r.id = open.id and c.id = r.charge_id and m.id = c.method_id and b.id = r.biller_id
    returning r.id, r.uid::text as uid, r.biller_id as biller, b.uid::text as biller_uid, r.attempt, r.minor, c.currency,
              coalesce(nullif(r.ref, ''), c.ref) as charge_ref, r.key, m.token, m.customer, m.kind, r.state, r.sent_at as called_at,
              r.looks, r.ref
"""
MOVE = """
    with moved as (
        update refund r set state = %(state)s, ref = coalesce(nullif(%(ref)s, ''), r.ref), reason = %(reason)s, lease_until = null,
               look_at = %(look_at)s, run_at = coalesce(%(run_at)s, r.run_at), attempt = r.attempt + %(more)s,
               key = case when %(more)s > 0 then '' else r.key end
        from refund was
        where r.id = %(id)s and was.id = r.id and r.key = %(key)s and was.state || '>' || %(state)s = any(%(legal)s::text[])
        returning r.*),
    booked as (
        insert into ledger_transfer (biller_id, debit, credit, minor, currency, kind, source, payer_id, invoice_id, "on")
        select m.biller_id, 'refunded', 'processor', m.minor, i.currency, 'refunded', 'refund:' || m.id, i.payer_id, i.id,
               (%(now)s at time zone b.zone)::date
        from moved m join invoice i on i.id = m.invoice_id join biller b on b.id = m.biller_id where m.state = 'done'),
    billed as (
        update invoice i set refunded = i.refunded + m.minor from moved m where m.state = 'done' and i.id = m.invoice_id),
    noted as (
        insert into journal_entry (biller_id, at, actor, action, object, object_id, data)
        select biller_id, %(now)s, 'processor', 'refund ' || state, 'refund', id, jsonb_build_object('minor', minor, 'charge', charge_id)
        from moved where state in ('done', 'failed'))
    select id from moved
"""
UNMATCHED = """
    with unmatched as (
        insert into unmatched_receipt (biller_id, charge_id, ref, kind, minor)
        select biller_id, charge_id, %(ref)s, 'refund', minor from refund where id = %(id)s
        on conflict do nothing)
    update invoice i set blocked = 'the processor shows a refund that our books do not' from refund r
    where r.id = %(id)s and i.id = r.invoice_id and i.blocked = ''
"""


@dataclass(frozen=True, slots=True)
class Sending:
    """A refund to be sent or asked about. `called_at` is machine time."""

    id: int
    uid: str
    biller: int
    biller_uid: str
    attempt: int
    minor: int
    currency: str
    charge_ref: str
    key: str
    token: str
    customer: str
    kind: str
    state: str
    called_at: datetime
    looks: int
    ref: str
    """The refund itself, where it is known before we asked for it: then we only look it up (recognize.py)."""


async def send_due_refunds(engine: Engine, limit: int = 20) -> int:
    """One round: claim, commit, call, settle."""
    claimed, deadline = await engine.aside(_claim, engine, limit)
    outcomes = await asyncio.gather(*(_call(engine, c, deadline) for c in claimed))
    for each, outcome in zip(claimed, outcomes, strict=True):
        await engine.aside(_settle, engine, each, outcome)
    heard = [(each.biller, outcome) for each, outcome in zip(claimed, outcomes, strict=True)]
    await engine.aside(hear, engine.db, engine.clock.machine(), heard, engine.troubled)
    return len(claimed)


async def look_up_open_refunds(engine: Engine, limit: int = 20) -> int:
    """Refunds whose lease ran out or whose answer was lost: ask, rule out, never guess."""
    opened = await engine.aside(_take, engine, limit)
    for each in opened:
        told = await _ask(engine, each)
        if told is not None:
            await engine.aside(_settle, engine, each, told)
    return len(opened)


def _claim(engine: Engine, limit: int) -> tuple[list[Sending], float]:
    deadline = engine.clock.monotonic() + (engine.lease - engine.call_limit).total_seconds()
    with engine.db.transaction() as tx:
        machine = engine.clock.machine()
        due = tx.all(Sending, DUE, now=engine.clock.now(), machine=machine, limit=limit)
        sendings = [_keyed(engine.secret, each) for each in due]
        if sendings:
            tx.run(
                SEND,
                ids=[s.id for s in sendings],
                keys=[s.key for s in sendings],
                lease_until=machine + engine.lease,
                machine=machine,
            )
            spend(tx, [s.biller for s in sendings if not s.ref], machine, engine.troubled)
    return [sending for sending in sendings if not sending.ref], deadline


def _keyed(secret: bytes, due: Sending) -> Sending:
    return replace(due, key=refund_key(secret, due.biller_uid, due.uid, due.attempt))


def refund_key(secret: bytes, biller: str, refund: str, attempt: int) -> str:
    """As a charge's: the same after a crash, a restart or a restore."""
    return hmac.new(secret, f"{biller}|refund:{refund}|{attempt}".encode(), hashlib.sha256).hexdigest()


async def _call(engine: Engine, sending: Sending, deadline: float) -> Outcome:
    if engine.clock.monotonic() >= deadline:
        return NotSent("the lease was nearly over")
    try:
        async with asyncio.timeout(engine.call_limit.total_seconds()):
            amount = Money(sending.minor, sending.currency)
            return await engine.processors[sending.biller].refund(sending.charge_ref, amount, key=sending.key)
    except Exception as error:  # whatever happened, money may have moved
        return Unknown(type(error).__name__)


def _take(engine: Engine, limit: int) -> list[Sending]:
    with engine.db.transaction() as tx:
        return tx.all(Sending, OPEN, machine=engine.clock.machine(), limit=limit)


async def _ask(engine: Engine, opened: Sending) -> Found | RuledOut | None:
    try:
        processor = engine.processors[opened.biller]
        found = await processor.look_up(
            Op.REFUND, key=opened.key, since=opened.called_at, customer=opened.customer, ref=opened.charge_ref
        )
        if not isinstance(found, Absent):
            return None if isinstance(found, Unknown) else found
        method = MethodRef(opened.token, opened.customer, Kind(opened.kind))
        ruling = await processor.rule_out(Op.REFUND, key=opened.key, method=method)
    except Exception as error:  # the next look is set already
        log.warning("look_up_failed", refund=opened.id, error=type(error).__name__)
        return None
    absent_long = engine.clock.machine() - opened.called_at >= timedelta(seconds=processor.caps.absence_seconds)
    spent = ruling is Ruling.USED and absent_long and opened.looks >= SPENT_AFTER_LOOKS
    return RuledOut() if ruling is Ruling.RULED_OUT or spent else None


def _settle(engine: Engine, sending: Sending, outcome: Found | Outcome | RuledOut) -> None:
    state, ref, reason, run_at, more = RefundState.UNKNOWN, "", "", None, int(isinstance(outcome, RuledOut))
    look_at: datetime | None = engine.clock.machine() + FIRST_LOOK
    match outcome:
        case Paid(ref, _, _) | Pending(ref, _):
            state, look_at = RefundState.DONE, None
        case Declined(reason, ref):
            state, look_at = RefundState.FAILED, None
        case NotSent(_, pause):
            state, look_at, run_at = RefundState.DUE, None, engine.clock.now() + timedelta(seconds=pause or NOT_SENT_PAUSE)
        case RuledOut():
            state, look_at, run_at = RefundState.DUE, None, engine.clock.now()
    try:
        _move(engine, sending, state=state.value, ref=ref, reason=str(reason), look_at=look_at, run_at=run_at, more=more)
    except (
        DatabaseError,
        psycopg.DatabaseError,
    ) as error:  # the debit came back meanwhile: a person must look, nobody else waits
        log.error("refund_not_settled", refund=sending.id, error=type(error).__name__)
        if ref and not isinstance(error, OperationalError | psycopg.OperationalError):
            with engine.db.transaction() as tx:
                tx.run(UNMATCHED, id=sending.id, ref=ref)


def _move(engine: Engine, sending: Sending, **row: object) -> None:
    with engine.db.transaction() as tx:
        tx.run(
            "select i.id from invoice i join refund r on r.invoice_id = i.id where r.id = %(id)s for update of i", id=sending.id
        )
        tx.run(
            MOVE,
            id=sending.id,
            key=sending.key,
            now=engine.clock.now(),
            legal=LEGAL,
            **row,
        )
