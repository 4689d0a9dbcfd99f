"""What the nights to come will charge, whom, and whom not and why (A63): the engine's own facts and decisions, asked ahead of time.

The bills are those that stand open and those that will be issued; nothing is written. A forecast is only as good as what is known now:
who enrolls, pays or changes a price meanwhile changes it, and the claim decides again.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from itertools import groupby

from autopay.billing.coming import Coming, coming_bills
from autopay.charging import monthly
from autopay.charging.charge import ChargeNow, Decision, Hold, Why
from autopay.charging.facts import FACTS, gather
from autopay.charging.on_invoice import Facts
from autopay.charging.plan import why
from autopay.database import Tx

NEXT_NIGHT = """
    select coalesce(min("on") filter (where done_at is null), max("on") + 1) from night where biller_id = %(biller)s
"""
STANDING_OPEN = """
    select i.id, i.payer_id as payer, i.due_on, c.id as charge, (greatest(c.run_at, %(now)s) at time zone b.zone)::date as run_on,
           exists (select from charge m where m.payer_id = i.payer_id and m.period = i.due_on and m.trigger = 'monthly'
                   and m.state <> 'withdrawn') as planned
    from invoice i
    join biller b on b.id = i.biller_id
    left join charge_part part on part.invoice_id = i.id and part.live
    left join charge c on c.id = part.charge_id
    where i.biller_id = %(biller)s and i.kind = 'monthly' and i.due_on <= %(last)s and i.voided_at is null
      and i.total > i.captured - i.returned + i.elsewhere and (%(payer)s::bigint is null or i.payer_id = %(payer)s)
      and (c.id is null or (c.state = 'due' and c.trigger = 'monthly'))
"""

# The same statement that reads the facts of bills, over bills that are not issued yet: they stand in under the table's name.
FACTS_TO_COME = f"""
    with invoice as (
        select bill.id, p.biller_id, p.id as payer_id, 'month:' || p.uid || ':' || bill."on" as debt, b.currency, bill.minor as total,
               0 as captured, 0 as returned, 0 as elsewhere, null::timestamptz as voided_at, '' as blocked,
               greatest(%(now)s, bill."on"::timestamp at time zone b.zone) as issued_at,
               null::bigint as approved_minor, null::date as noticed_on
        from unnest(%(invoices)s::bigint[], %(payers)s::bigint[], %(ons)s::date[], %(minors)s::bigint[]) as bill (id, payer, "on", minor)
        join payer p on p.id = bill.payer join biller b on b.id = p.biller_id)
    {FACTS}
"""


@dataclass(frozen=True, slots=True)
class Span:
    """Local dates, both included; of one account where `payer` is given."""

    first: date
    last: date
    payer: int | None = None


@dataclass(frozen=True, slots=True)
class Expected:
    """One account on one local date. `minor`: what is charged, or what stays open. `bills` are ids, below zero those not issued yet."""

    payer: int
    on: date
    minor: int
    currency: str
    decision: Decision
    cap_minor: int | None
    bills: tuple[int, ...]

    @property
    def charged(self) -> bool:
        return isinstance(self.decision, ChargeNow)

    @property
    def why(self) -> Why:
        return why(self.decision)

    @property
    def until(self) -> date | None:
        return self.decision.until if isinstance(self.decision, Hold) else None


@dataclass(frozen=True, slots=True)
class _Open:
    id: int
    payer: int
    due_on: date
    charge: int | None
    run_on: date | None
    planned: bool


@dataclass(frozen=True, slots=True)
class _Bill:
    """An open or coming bill. A due charge that holds it is sent on `run_on`; else its day is `due_on`, which `starts` a charge if to come."""

    facts: Facts
    due_on: date
    charge: int | None
    run_on: date | None
    starts: bool


def next_night(tx: Tx, biller: int) -> date:
    """The local date whose night is done next."""
    found: date = tx.value(NEXT_NIGHT, biller=biller)
    return found


def forecast(tx: Tx, biller: int, span: Span, now: datetime) -> list[Expected]:
    """By day and account. `span` begins with the next night; charges that are due already are sent on its first day or before."""
    standing = tx.all(_Open, STANDING_OPEN, biller=biller, last=span.last, payer=span.payer, now=now)
    to_come = [each for each in coming_bills(tx, biller, span.first, span.last, span.payer) if each.due_on <= span.last]
    bills = [*_open(tx, standing, span.first), *_to_come(tx, to_come, now)]
    accounts = groupby(sorted(bills, key=lambda bill: bill.facts.payer), key=lambda bill: bill.facts.payer)
    return sorted(
        (each for _, mine in accounts for each in _of_account(list(mine), span)), key=lambda each: (each.on, each.payer)
    )


def _open(tx: Tx, standing: Sequence[_Open], first: date) -> list[_Bill]:
    facts = {each.invoice: each for each in gather(tx, [each.id for each in standing])}
    return [
        _Bill(facts[each.id], each.due_on, each.charge, each.run_on, starts=each.due_on >= first and not each.planned)
        for each in sorted(standing, key=lambda each: each.id)
    ]


def _to_come(tx: Tx, coming: Sequence[Coming], now: datetime) -> list[_Bill]:
    """Their facts as if they were issued on their day; ids below zero, the oldest of an account first."""
    ids = [-number for number in range(1, len(coming) + 1)]
    columns = {"payers": [c.payer for c in coming], "ons": [c.on for c in coming], "minors": [c.minor for c in coming]}
    facts = {each.invoice: each for each in tx.all(Facts, FACTS_TO_COME, invoices=ids, now=now, **columns)}
    return [_Bill(facts[bill], c.due_on, None, None, starts=True) for bill, c in zip(ids, coming, strict=True)]


def _of_account(bills: list[_Bill], span: Span) -> Iterator[Expected]:
    """The due charges of one account, then each of its charge days: what a day takes is gone on the next."""
    due = [bill for bill in bills if bill.charge is not None and bill.run_on is not None and bill.run_on <= span.last]
    for _, rows in groupby(sorted(due, key=lambda bill: bill.charge or 0), key=lambda bill: bill.charge):
        held = list(rows)
        on = held[0].run_on or span.first
        yield _decided([bill.facts for bill in held], monthly.decide([bill.facts for bill in held], on), on, span)
    free = [bill for bill in bills if bill.charge is None]
    for day in sorted({bill.due_on for bill in free if bill.starts}):
        today = [bill.facts for bill in free if bill.due_on <= day]
        for group, decision in monthly.on_charge_day(today, day):
            expected = _decided(group, decision, day, span)
            yield expected
            if expected.charged or expected.until:
                free = [bill for bill in free if bill.facts.invoice not in expected.bills]


def _decided(group: list[Facts], decision: Decision, on: date, span: Span) -> Expected:
    """What must be announced first is announced that day and charged when the notice is over, if that falls into the span."""
    if isinstance(decision, Hold) and decision.why is Why.NOTICE_FIRST and decision.until and decision.until <= span.last:
        told = [replace(facts, noticed_on=facts.noticed_on or on) for facts in group]
        on = decision.until
        decision = monthly.decide(told, on)
    minor = decision.minor if isinstance(decision, ChargeNow) else sum(facts.open for facts in group)
    first = group[0]
    return Expected(first.payer, on, minor, first.currency, decision, first.cap_minor, tuple(facts.invoice for facts in group))
