"""From facts to a due charge, or to the stored reason why there is none. Set-wise: facts by the thousand, one decision each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby

from autopay.charging import monthly, on_invoice
from autopay.charging.charge import ChargeNow, Decision, Hold, Trigger, Why
from autopay.charging.facts import gather
from autopay.charging.on_invoice import Facts
from autopay.clock import local_date, start_of
from autopay.database import Tx

PLAN = """
    with planned as (
        insert into charge (biller_id, payer_id, trigger, debt, period, priority, run_at, currency, attempt)
        select biller, payer, %(trigger)s, debt, period, %(priority)s, run_at, currency,
               1 + coalesce((select max(used.attempt - (used.key = '')::int) from charge used
                             where used.biller_id = biller and used.debt = due.debt), 0)
        from unnest(%(billers)s::bigint[], %(payers)s::bigint[], %(debts)s::text[], %(periods)s::date[],
                    %(run_ats)s::timestamptz[], %(currencies)s::text[]) as due (biller, payer, debt, period, run_at, currency)
        returning id, biller_id, debt)
    insert into charge_part (biller_id, charge_id, invoice_id)
    select planned.biller_id, planned.id, part.invoice
    from planned
    join unnest(%(part_billers)s::bigint[], %(part_debts)s::text[], %(part_invoices)s::bigint[]) as part (biller, debt, invoice)
      on part.biller = planned.biller_id and part.debt = planned.debt
"""

# What the payer must be told first is written down for the mail that tells them: a bill above the limit, once, to be agreed to (A55); a
# consumer's debit, once for each amount, with its day (E6). Only the mail that was sent sets `noticed_on` (notices/deliver.py).
EXPLAIN = """
    with told as (
        select x.*, i.biller_id, i.why as said, i.noticed_on, i.total - i.captured + i.returned - i.elsewhere as minor
        from unnest(%(invoices)s::bigint[], %(whys)s::text[], %(untils)s::date[]) as x (invoice, why, until)
        join invoice i on i.id = x.invoice),
    held as (
        insert into journal_entry (biller_id, at, actor, action, object, object_id, data)
        select t.biller_id, %(now)s, 'autopay', 'bill held', 'invoice', t.invoice,
               jsonb_build_object('why', t.why, 'minor', t.minor, 'until', t.until)
        from told t
        where (t.why = 'over_cap' and t.said <> t.why)
           or (t.why = 'notice_first' and t.noticed_on is null and not exists (
                   select from journal_entry e where e.biller_id = t.biller_id and e.object = 'invoice' and e.object_id = t.invoice
                     and e.action = 'bill held' and e.at > %(now)s - interval '3 days' and (e.data ->> 'minor')::bigint = t.minor)))
    update invoice i set why = t.why, why_until = t.until from told t where i.id = t.invoice
"""


Plan = tuple[str, list[Facts], Decision]


@dataclass(frozen=True, slots=True)
class How:
    """What all due charges of one plan have in common. `period`: the charge day of a monthly one, if it is not today."""

    trigger: Trigger
    now: datetime
    priority: int = 5
    period: date | None = None


def plan_visits(tx: Tx, invoices: Sequence[int], now: datetime, priority: int = 5) -> Counter[Why]:
    """For newly issued visit invoices: a due charge each, or the reason for none. Returns how many of which."""
    groups = [[facts] for facts in gather(tx, invoices)]
    plans = [(g[0].debt, g, on_invoice.decide(g[0], _today(g, now))) for g in groups]
    return _write(tx, How(Trigger.ON_INVOICE, now, priority), plans)


def plan_months(tx: Tx, invoices: Sequence[int], now: datetime, period: date | None = None) -> Counter[Why]:
    """For accounts on their charge day: one due charge over an account's open invoices, or the reason for none."""
    accounts = [list(rows) for _, rows in groupby(gather(tx, invoices), key=lambda each: each.payer)]
    plans = [(g[-1].debt, g, d) for mine in accounts for g, d in monthly.on_charge_day(mine, _today(mine, now))]
    return _write(tx, How(Trigger.MONTHLY, now, period=period), plans)


def _write(tx: Tx, how: How, plans: Iterable[Plan]) -> Counter[Why]:
    plans = list(plans)
    due = [plan for plan in plans if isinstance(plan[2], ChargeNow) or (isinstance(plan[2], Hold) and plan[2].until)]
    if due:
        _insert_due(tx, how, due)
        tx.run("select pg_notify('charge_due', '')")
    explain(tx, [(facts, decision) for _, group, decision in plans for facts in group], how.now)
    return Counter(why(decision) for _, _, decision in plans)


def _insert_due(tx: Tx, how: How, due: Sequence[Plan]) -> None:
    parts = [(g[0].biller, debt, facts.invoice) for debt, g, _ in due for facts in g]
    tx.run(
        PLAN,
        trigger=how.trigger,
        priority=how.priority,
        billers=[g[0].biller for _, g, _ in due],
        payers=[g[0].payer for _, g, _ in due],
        debts=[debt for debt, _, _ in due],
        periods=[how.period or _today(g, how.now) if how.trigger is Trigger.MONTHLY else None for _, g, _ in due],
        run_ats=[run_at(decision, g[0].zone, how.now) for _, g, decision in due],
        currencies=[g[0].currency for _, g, _ in due],
        part_billers=[part[0] for part in parts],
        part_debts=[part[1] for part in parts],
        part_invoices=[part[2] for part in parts],
    )


def explain(tx: Tx, decisions: Sequence[tuple[Facts, Decision]], now: datetime) -> None:
    """Store on each invoice what auto-pay decided, the sentence every screen shows."""
    if decisions:
        tx.run(
            EXPLAIN,
            invoices=[facts.invoice for facts, _ in decisions],
            whys=[why(decision) for _, decision in decisions],
            untils=[decision.until if isinstance(decision, Hold) else None for _, decision in decisions],
            now=now,
        )


def why(decision: Decision) -> Why:
    return Why.CHARGED if isinstance(decision, ChargeNow) else decision.why


def run_at(decision: Decision, zone: str, now: datetime) -> datetime:
    """The business instant from which the charge may be claimed: now, or the start of the day a hold ends."""
    return start_of(decision.until, zone) if isinstance(decision, Hold) and decision.until else now


def _today(group: Sequence[Facts], now: datetime) -> date:
    return local_date(now, group[0].zone)
