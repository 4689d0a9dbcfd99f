"""Who would be charged how much on what, and why the others would not: the claim's own decision, asked without claiming."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from autopay.charging import monthly, on_invoice, plan
from autopay.charging.charge import ChargeNow, Decision, Hold, Why
from autopay.charging.facts import gather
from autopay.charging.on_invoice import Facts
from autopay.clock import local_date
from autopay.database import Database, Tx

OPEN = """
    select i.id from invoice i where i.biller_id = %(biller)s and i.voided_at is null
      and i.total > i.captured - i.returned + i.elsewhere and i.id > %(after)s order by i.payer_id, i.id
"""
ABOUT = """
    select i.id, i.number, i.kind, p.uid::text as payer, c.state, m.brand, m.last4,
           (select coalesce(nullif(last.reason, ''), last.state) from charge_part tried join charge last on last.id = tried.charge_id
            where tried.invoice_id = i.id and not tried.live order by last.id desc limit 1) as tried
    from invoice i join payer p on p.id = i.payer_id
    left join charge_part part on part.invoice_id = i.id and part.live left join charge c on c.id = part.charge_id
    left join method m on m.payer_id = i.payer_id and m.is_default
    where i.id = any(%(invoices)s::bigint[])
"""


@dataclass(frozen=True, slots=True)
class About:
    id: int
    number: int
    kind: str
    payer: str
    state: str | None
    brand: str | None
    last4: str | None
    tried: str | None
    """How the last charge of it ended, if there was one."""


@dataclass(frozen=True, slots=True)
class Line:
    """One open invoice: `verdict` is charge, hold or skip; `minor` is open, in minor units; `queued` that a due charge stands for it."""

    payer: str
    number: int
    minor: int
    currency: str
    verdict: str
    why: str
    until: str
    method: str
    queued: bool


def preview(db: Database, biller: int, now: datetime) -> list[Line]:
    """Every open invoice of a biller, as a run at `now` would decide it."""
    with db.transaction(biller) as tx:
        invoices = tx.column(OPEN, biller=biller, after=0)
        about = {row.id: row for row in tx.all(About, ABOUT, invoices=invoices)}
        decided = decide_all(tx, invoices, {row.id for row in about.values() if row.kind == "monthly"}, now)
    return [_line(about[facts.invoice], facts, decision) for facts, decision in decided]


def decide_all(tx: Tx, invoices: Sequence[int], monthlies: set[int], now: datetime) -> list[tuple[Facts, Decision]]:
    decided: list[tuple[Facts, Decision]] = []
    for _, rows in groupby(gather(tx, invoices), key=lambda facts: facts.payer):
        group = list(rows)
        today = local_date(now, group[0].zone)
        months = [facts for facts in group if facts.invoice in monthlies]
        if months:
            together = monthly.decide(months, today)
            decided += [(facts, together) for facts in months]
        decided += [(facts, on_invoice.decide(facts, today)) for facts in group if facts.invoice not in monthlies]
    return decided


def _line(about: About, facts: Facts, decision: Decision) -> Line:
    verdict, why = _verdict(about, decision)
    until = str(decision.until or "") if isinstance(decision, Hold) else ""
    method = f"{about.brand} {about.last4}" if about.last4 else ""
    return Line(about.payer, about.number, facts.open, facts.currency, verdict, why, until, method, about.state == "due")


def _verdict(about: About, decision: Decision) -> tuple[str, str]:
    if about.state not in (None, "due"):
        return "in flight", str(about.state)
    if isinstance(decision, ChargeNow):
        # A visit without a due charge was tried, or issued while auto-pay could not run: it waits for a person (V32).
        waits = about.kind == "visit" and about.state is None
        return ("skip", about.tried or Why.NOT_BY_AUTOPAY.value) if waits else ("charge", Why.CHARGED.value)
    return "hold" if isinstance(decision, Hold) else "skip", plan.why(decision).value
