"""What happened in a month, in sums and in rows, from the same sources: the ledger, the charges, the open invoices.

A month is one of the biller's local dates. Everything is read by an index over the month, never over the whole history.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.core.cache import caches
from django.db import connection

from autopay.clock import local_date, start_of
from autopay.database import Tx
from autopay.surfaces.shared.invoices import OPEN
from autopay.surfaces.shared.payers import HELD

DAYS_AHEAD = 14
# One row per day and kind: what came in (captured, recorded elsewhere) and what went back.
MONEY = """
    select t."on", t.kind, count(*) as number, sum(t.minor)::bigint as minor from ledger_transfer t
    where t.kind in ('captured', 'elsewhere', 'returned', 'refunded') and t."on" >= %(before)s and t."on" < %(end)s group by 1, 2
"""
# Of the bills issued in a month, what is open now, and what of that is held; then the charges that ended in it.
ENDS = f"""
    select 'left' as what, i.issued_on >= %(first)s as chosen, count(*) as number,
           coalesce(sum(i.total - i.captured + i.returned - i.elsewhere), 0)::bigint as minor,
           count(*) filter (where {HELD}) as other,
           coalesce(sum(i.total - i.captured + i.returned - i.elsewhere) filter (where {HELD}), 0)::bigint as other_minor
    from invoice i where {OPEN} and i.issued_on >= %(before)s and i.issued_on < %(end)s group by 2
    union all
    select 'ended', c.settled_at >= %(from)s, count(*) filter (where c.state = 'failed'),
           coalesce(sum(c.minor) filter (where c.state = 'failed'), 0)::bigint,
           count(*) filter (where c.state <> 'failed' and c.trigger <> 'pay_now'), 0
    from charge c where c.settled_at >= %(from_before)s and c.settled_at < %(to)s group by 2
"""
COMING = """
    select (greatest(c.run_at, %(now)s) at time zone b.zone)::date as "on", count(distinct c.id) as number,
           coalesce(sum(i.total - i.captured + i.returned - i.elsewhere), 0)::bigint as minor
    from charge c join biller b on b.id = c.biller_id join charge_part q on q.charge_id = c.id join invoice i on i.id = q.invoice_id
    where c.state = 'due' and c.run_at < %(until)s group by 1 order by 1
"""
MEDIAN = """
    select t."on" >= %(first)s as chosen, percentile_disc(0.5) within group (order by t."on" - i.issued_on) as days
    from ledger_transfer t cross join lateral (select issued_on from invoice where id = t.invoice_id offset 0) i
    where t.kind = 'captured' and t."on" >= %(before)s and t."on" < %(end)s group by 1
"""


@dataclass(frozen=True, slots=True)
class Month:
    """The chosen month of the biller's: local dates `first` to the day before `end`; `before` is the first of the month before it."""

    biller: int
    first: date
    zone: str

    @property
    def end(self) -> date:
        return (self.first + timedelta(days=32)).replace(day=1)

    @property
    def before(self) -> date:
        return (self.first - timedelta(days=1)).replace(day=1)

    @property
    def bounds(self) -> dict[str, object]:
        return {
            "first": self.first,
            "end": self.end,
            "before": self.before,
            "from": start_of(self.first, self.zone),
            "to": start_of(self.end, self.zone),
            "from_before": start_of(self.before, self.zone),
        }


@dataclass(frozen=True, slots=True)
class Sum:
    """So many, together `minor` units."""

    number: int = 0
    minor: int = 0

    def __add__(self, other: Sum) -> Sum:
        return Sum(self.number + other.number, self.minor + other.minor)


@dataclass(frozen=True, slots=True)
class Figures:
    """Of one month. `median`: days from invoice to capture, None without any; `automatic`: payments that auto-pay made."""

    captured: Sum
    elsewhere: Sum
    returned: Sum
    refunded: Sum
    left: Sum
    held: Sum
    failed: Sum
    automatic: int
    median: int | None

    @property
    def came_in(self) -> Sum:
        return self.captured + self.elsewhere

    @property
    def sent_back(self) -> Sum:
        return self.returned + self.refunded

    @property
    def share(self) -> int | None:
        """Per cent of the payments that came in, by auto-pay."""
        return round(100 * self.automatic / self.came_in.number) if self.came_in.number else None


@dataclass(frozen=True, slots=True)
class Day:
    on: date
    number: int
    minor: int


@dataclass(frozen=True, slots=True)
class _Money:
    on: date
    kind: str
    number: int
    minor: int


@dataclass(frozen=True, slots=True)
class _Ends:
    """`what` left: open bills, `other` of them held. `what` ended: charges that failed, `other`: paid by auto-pay."""

    what: str
    chosen: bool
    number: int
    minor: int
    other: int
    other_minor: int


NOTHING = _Ends("", False, 0, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class Looked:
    """The chosen month, the one before it, what came in on each day of both, and the charges of the days to come."""

    chosen: Figures
    before: Figures
    days: dict[date, Sum]
    coming: list[Day]


def ahead(now: datetime, zone: str) -> datetime:
    """The end of the last local day whose charges are foretold."""
    return start_of(local_date(now, zone) + timedelta(days=DAYS_AHEAD + 1), zone)


def look(tx: Tx, month: Month, now: datetime) -> Looked:
    """Three statements, and one more while the medians are not known yet."""
    money = tx.all(_Money, MONEY, **month.bounds)
    ends = {(each.what, each.chosen): each for each in tx.all(_Ends, ENDS, **month.bounds)}
    coming = tx.all(Day, COMING, now=now, until=ahead(now, month.zone))
    days: dict[date, Sum] = {}
    for each in money:
        if each.kind in ("captured", "elsewhere"):
            days[each.on] = days.get(each.on, Sum()) + Sum(each.number, each.minor)
    medians = _medians(tx, month, money)
    chosen, before = (
        _figures(
            [each for each in money if (each.on >= month.first) is which],
            ends.get(("left", which), NOTHING),
            ends.get(("ended", which), NOTHING),
            medians.get(which),
        )
        for which in (True, False)
    )
    return Looked(chosen, before, days, coming)


def _figures(money: list[_Money], left: _Ends, ended: _Ends, median: int | None) -> Figures:
    of = {kind: Sum() for kind in ("captured", "elsewhere", "returned", "refunded")}
    for each in money:
        of[each.kind] += Sum(each.number, each.minor)
    return Figures(
        **of,
        left=Sum(left.number, left.minor),
        held=Sum(left.other, left.other_minor),
        failed=Sum(ended.number, ended.minor),
        automatic=ended.other,
        median=median,
    )


def _medians(tx: Tx, month: Month, money: list[_Money]) -> dict[bool, int]:
    """By whether it is the chosen month. Read once: captures are only ever added and an invoice keeps its date, so the same captures have
    the same medians."""
    captured = sum((Sum(each.number, each.minor) for each in money if each.kind == "captured"), Sum())
    if not captured.number:
        return {}
    key = f"medians:{connection.settings_dict['NAME']}:{month.biller}:{month.first}:{captured.number}:{captured.minor}"
    known: dict[bool, int] | None = caches["memory"].get(key)
    if known is None:
        known = {row["chosen"]: int(row["days"]) for row in tx.all(dict[str, Any], MEDIAN, **month.bounds)}
        caches["memory"].set(key, known, timeout=86_400)
    return known
