"""Claim, commit, call, settle: the only caller of a processor's `charge`. Pay Now comes this way too.

The claim decides again, under lock, and commits `sending` before the network is touched. If the process dies on any line,
the row says what may have happened: before the commit nothing, after it "sending", which is looked up and never guessed.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from autopay.charging import monthly, on_invoice, pay_now
from autopay.charging.candidates import CANDIDATES, DUE, LOCK
from autopay.charging.charge import ChargeNow, Decision, Trigger
from autopay.charging.facts import gather
from autopay.charging.on_invoice import Facts
from autopay.charging.put_off import put_off
from autopay.charging.settle import Settled, settle
from autopay.clock import Clock, local_date
from autopay.database import PLANNED_ONCE, Database, Tx
from autopay.money import Money
from autopay.processors.pace import PROBE, SPEND, hear
from autopay.processors.protocol import ChargeRef, Initiator, Kind, MethodRef, NotSent, Processor, Unknown

INITIATOR = {Trigger.PAY_NOW: Initiator.PAYER, Trigger.MONTHLY: Initiator.RECURRING, Trigger.ON_INVOICE: Initiator.UNSCHEDULED}

CLAIM = """
    with claimed as (
        select * from unnest(%(ids)s::bigint[], %(minors)s::bigint[], %(methods)s::bigint[], %(versions)s::bigint[], %(keys)s::text[])
        as x (id, minor, method, version, key)), parts as (
        update charge_part p set minor = x.minor
        from unnest(%(part_charges)s::bigint[], %(part_invoices)s::bigint[], %(part_minors)s::bigint[]) as x (charge, invoice, minor)
        where p.charge_id = x.charge and p.invoice_id = x.invoice)
    update charge c set state = 'sending', minor = x.minor, method_id = x.method, agreement_version_id = x.version, key = x.key,
           lease_until = %(lease_until)s, sent_at = %(now)s, called_at = %(machine)s
    from claimed x join method m on m.id = x.method where c.id = x.id
    returning c.id, c.key, c.minor, c.currency, m.token, m.customer, m.kind, m.network_ref
"""

Aside = Callable[..., Awaitable[Any]]
"""Runs blocking database work beside the event loop, as asyncio.to_thread; a simulation runs it in place."""


@dataclass(frozen=True, slots=True)
class Engine:
    """All the engine touches is handed in: database, processors by biller id, clock, the secret its keys come from."""

    db: Database
    processors: Mapping[int, Processor]
    clock: Clock
    secret: bytes
    aside: Aside = asyncio.to_thread
    lease: timedelta = timedelta(seconds=90)
    call_limit: timedelta = timedelta(seconds=30)
    return_url: str = ""  # where a bank sends a payer back who had to confirm
    troubled: set[int] = field(default_factory=set)  # billers whose account did not answer lately: what it says is heard


@dataclass(frozen=True, slots=True)
class Due:
    id: int
    uid: str
    biller: int
    biller_uid: str
    trigger: str
    debt: str
    attempt: int
    asked_minor: int | None
    chosen: int | None
    chosen_usable: bool | None
    invoices: list[int]


@dataclass(frozen=True, slots=True)
class Sending:
    """The committed promise to make one call: everything the call needs, and the moment after which it must not be made."""

    id: int
    key: str
    minor: int
    currency: str
    token: str
    customer: str
    kind: str
    network_ref: str


@dataclass(frozen=True, slots=True)
class Claimed:
    due: Due
    sending: Sending
    deadline: float


@dataclass(frozen=True, slots=True)
class Round:
    """`more`: there may be more due, beyond the limit or held by somebody else."""

    claimed: list[Claimed]
    more: bool


async def send_due_charges(engine: Engine, limit: int = 100) -> int:
    """One round: claim up to `limit`, call them all, settle what came back. Returns how many were claimed."""
    claimed = (await engine.aside(claim, engine, limit)).claimed
    outcomes = await asyncio.gather(*(call(engine, each) for each in claimed))
    if outcomes:
        await engine.aside(settle, engine.db, engine.clock, outcomes)
        await engine.aside(heed, engine, outcomes)
    return len(claimed)


def heed(engine: Engine, outcomes: Sequence[Settled]) -> None:
    """What calls say of their account (pace.py). Calls that went well, of accounts that are well, say nothing."""
    if engine.troubled or any(isinstance(each.outcome, NotSent | Unknown) for each in outcomes):
        hear(engine.db, engine.clock.machine(), [(each.biller, each.outcome) for each in outcomes], engine.troubled)


def claim(engine: Engine, limit: int, rooms: Mapping[int, int] = {}) -> Round:
    """Take due charges nobody else holds, decide each again on facts read under lock, commit `sending`. `rooms`: lanes left, by biller."""
    now, machine = engine.clock.now(), engine.clock.machine()
    deadline = engine.clock.monotonic() + (engine.lease - engine.call_limit).total_seconds()
    with engine.db.transaction() as tx:
        candidates = tx.column(CANDIDATES, now=now, machine=machine, limit=limit, billers=[*rooms], rooms=[*rooms.values()])
        if not candidates:
            return Round([], False)
        tx.run(PLANNED_ONCE)
        held = tx.record(LOCK, ids=candidates) or {}
        dues = tx.all(Due, DUE, ids=candidates, now=now, **held)
        facts = {fact.invoice: fact for fact in gather(tx, [invoice for due in dues for invoice in due.invoices])}
        decisions = [(due, group := [facts[i] for i in due.invoices], decide(due, group, now)) for due in dues]
        if others := [each for each in decisions if not isinstance(each[2], ChargeNow)]:
            put_off(tx, others, now)
        charging = [(due, group, d) for due, group, d in decisions if isinstance(d, ChargeNow) and d.method in held["methods"]]
        sendings = _commit_to(tx, engine, charging, now) if charging else []
        by_id = {due.id: due for due, _, _ in charging}
        if called := [by_id[sending.id].biller for sending in sendings]:
            engine.troubled.update(tx.column(SPEND, billers=called, machine=machine, probe=PROBE))
    more = len(candidates) == limit or len(sendings) < len(candidates)
    return Round([Claimed(by_id[sending.id], sending, deadline) for sending in sendings], more)


def decide(due: Due, group: Sequence[Facts], now: datetime) -> Decision:
    """The same pure decision that planned it, asked again: what changed since then counts."""
    today = local_date(now, group[0].zone)
    if due.trigger == Trigger.PAY_NOW:
        return pay_now.decide(group, due.asked_minor or 0, due.chosen if due.chosen_usable else None)
    return monthly.decide(group, today) if due.trigger == Trigger.MONTHLY else on_invoice.decide(group[0], today)


def _commit_to(
    tx: Tx, engine: Engine, charging: Sequence[tuple[Due, Sequence[Facts], ChargeNow]], now: datetime
) -> list[Sending]:
    shares = [(due.id, facts.invoice, share or None) for due, group, d in charging for facts, share in split(d.minor, group)]
    return tx.all(
        Sending,
        CLAIM,
        ids=[due.id for due, _, _ in charging],
        minors=[d.minor for _, _, d in charging],
        methods=[d.method for _, _, d in charging],
        versions=[group[0].version for _, group, _ in charging],
        keys=[key(engine.secret, due.biller_uid, due.debt, due.attempt) for due, _, _ in charging],
        part_charges=[share[0] for share in shares],
        part_invoices=[share[1] for share in shares],
        part_minors=[share[2] for share in shares],
        lease_until=engine.clock.machine() + engine.lease,
        machine=engine.clock.machine(),
        now=now,
    )


def split(minor: int, group: Sequence[Facts]) -> list[tuple[Facts, int]]:
    """What each invoice gets of `minor`, oldest first, until it is used up."""
    shares = []
    for facts in group:
        share = min(minor, facts.open)
        minor -= share
        shares.append((facts, share))
    return shares


def key(secret: bytes, biller: str, debt: str, attempt: int) -> str:
    """The idempotency key: the same after a crash, a restart or a restore, another one only for another attempt (design 3)."""
    return hmac.new(secret, f"{biller}|{debt}|{attempt}".encode(), hashlib.sha256).hexdigest()


async def call(engine: Engine, claimed: Claimed) -> Settled:
    """The one network call, outside any transaction. Too late to be sure of the lease, it is not made."""
    due, sending = claimed.due, claimed.sending
    method = MethodRef(sending.token, sending.customer, Kind(sending.kind), sending.network_ref)
    ref = ChargeRef(due.uid, due.biller_uid, INITIATOR[Trigger(due.trigger)], engine.return_url)
    if engine.clock.monotonic() >= claimed.deadline:
        return Settled(sending.id, sending.key, NotSent("the lease was nearly over"))
    try:
        async with asyncio.timeout(engine.call_limit.total_seconds()):
            amount = Money(sending.minor, sending.currency)
            outcome = await engine.processors[due.biller].charge(method, amount, key=sending.key, ref=ref)
    except Exception as error:  # whatever happened, money may have moved
        outcome = Unknown(type(error).__name__)
    return Settled(sending.id, sending.key, outcome, due.biller)
