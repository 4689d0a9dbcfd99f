"""The monthly bills of days to come, as they would be issued: what each account uses, at the prices known for its bill day (A23, A63)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from autopay.billing.bill import PRICED
from autopay.billing.bill_day import ANCHOR, month_billed
from autopay.database import Tx

COMING = f"""
    with days as (
        select d::date as "on", extract(day from date_trunc('month', d) + interval '1 month - 1 day') as month_days
        from generate_series(%(first)s::timestamp, %(last)s::timestamp, interval '1 day') d),
    accounts as (
        select p.id, days."on"
        from days join payer p on p.biller_id = %(biller)s and p.kind = 'account' and (%(payer)s::bigint is null or p.id = %(payer)s)
         and least({ANCHOR.format(on='days."on"')}, days.month_days) = extract(day from days."on")
        where not {month_billed('days."on"')})
    select line.payer, line."on", line."on" + b.notice_days as due_on, sum(line.quantity * line.minor)::bigint as minor
    from ({PRICED}) line join biller b on b.id = %(biller)s
    group by line.payer, line."on", b.notice_days having sum(line.quantity * line.minor) > 0
    order by line.payer, line."on"
"""


@dataclass(frozen=True, slots=True)
class Coming:
    """A bill of the local date `on`, due (and charged, if the account is enrolled) on `due_on`; `minor` in the biller's currency."""

    payer: int
    on: date
    due_on: date
    minor: int


def coming_bills(tx: Tx, biller: int, first: date, last: date, payer: int | None = None) -> list[Coming]:
    """Bill days from `first` to `last` that were not billed yet; of one account where `payer` is given."""
    return tx.all(Coming, COMING, biller=biller, first=first, last=last, payer=payer)
