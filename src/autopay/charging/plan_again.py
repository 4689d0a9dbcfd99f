"""A due monthly charge gave way because one of its bills was paid another way or taken back: what is still open is planned again at once.

Without it the account's other bills would wait for the next month. Same transaction, under the invoices' locks: either both happen or
neither, and no claim sees the account without its charge.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from autopay.charging.plan import plan_months
from autopay.clock import local_date
from autopay.database import Tx

DUE_MONTH = """
    select c.period, b.zone, (select array_agg(p.invoice_id) from charge_part p where p.charge_id = c.id) as invoices
    from charge_part mine join charge c on c.id = mine.charge_id join biller b on b.id = c.biller_id
    where mine.invoice_id = any(%(invoices)s::bigint[]) and mine.live and c.state = 'due' and c.trigger = 'monthly'
"""
STILL_OPEN = """
    select i.id from invoice i
    where i.id = any(%(invoices)s::bigint[]) and i.kind = 'monthly' and i.due_on <= %(today)s
      and i.voided_at is null and i.total > i.captured - i.returned + i.elsewhere
      and not exists (select from charge_part p where p.invoice_id = i.id and p.live)
    order by i.id
"""


@dataclass(frozen=True, slots=True)
class DueMonth:
    """A due monthly charge before it is withdrawn: its charge day, and the bills it would have taken."""

    period: date
    zone: str
    invoices: list[int]


def due_month(tx: Tx, invoices: Sequence[int]) -> DueMonth | None:
    """The one that holds any of these invoices of one payer. They are locked (withdraw.lock) before this is asked."""
    return tx.one(DueMonth, DUE_MONTH, invoices=list(invoices))


def plan_again(tx: Tx, month: DueMonth | None, now: datetime) -> None:
    """After the withdrawal. The new charge keeps the charge day of the old one, so that the month after is not taken for done."""
    if month is None:
        return
    bills = tx.column(STILL_OPEN, invoices=month.invoices, today=local_date(now, month.zone))
    if bills:
        plan_months(tx, bills, now, month.period)
