"""The bills a price change will change, worked out by making it: both sides are the statements that bill (A61, A50)."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from autopay.billing.bill import PRICED
from autopay.billing.bill_day import ANCHOR, month_billed
from autopay.database import Tx

BILLS = f"""
    with from_day as (
        select greatest(%(since)s::date, (select max("on") + 1 from night where done_at is not null)) as day),
    accounts as (
        select p.id, p.uid, p.name, p.sort_key, next.on from payer p cross join from_day cross join lateral (
            select min(bill.on) as on from (
                select (m.month + least({ANCHOR.format(on="m.month")}, m.days) - 1)::date as on
                from (select month::date, extract(day from month + interval '1 month' - interval '1 day')::int as days
                      from generate_series(date_trunc('month', from_day.day::timestamp),
                                           date_trunc('month', from_day.day::timestamp) + interval '2 months', '1 month') month) m) bill
            where bill.on >= from_day.day and not {month_billed("bill.on")}) next
        where p.kind = 'account' and (%(payer)s::bigint is null or p.id = %(payer)s::bigint)),
    lines as ({PRICED})
    select a.id, a.uid, a.name, a.on, coalesce(sum(l.quantity * l.minor), 0)::bigint as minor,
           max(l.minor) filter (where l.product_id = %(product)s) as unit,
           coalesce(max(l.source) filter (where l.product_id = %(product)s), '') as source
    from accounts a left join lines l on l.payer = a.id
    where exists (select from selection used where used.payer_id = a.id and used.product_id = %(product)s
                  and used.since <= a.on and (used.until is null or used.until > a.on))
    group by a.id, a.uid, a.name, a.sort_key, a.on order by a.sort_key, a.id
"""
"""Every account that uses the product, with its first bill from `since` on that is still to come."""


@dataclass(frozen=True, slots=True)
class Bill:
    """An account's first bill the change can reach, in minor units. `unit` and `source`: what the product costs on it and where from."""

    id: int
    uid: UUID
    name: str
    on: date
    minor: int
    unit: int | None
    source: str


@dataclass(frozen=True, slots=True)
class Changed:
    """One bill that will be another, minor units."""

    uid: UUID
    name: str
    on: date
    before: int
    after: int
    priced_before: bool


@dataclass(frozen=True, slots=True)
class Preview:
    """`kept` counts the bills that stay as they are, by reason: sow, msa, same, later. `seen` names all of it: if it no longer
    fits, somebody else was quicker."""

    changed: tuple[Changed, ...]
    kept: dict[str, int]
    until: date | None
    """The first local date on which the new price no longer holds."""
    unpriced: int
    """Accounts that would use the product without any price: it would be missing on their bills."""

    @property
    def before(self) -> int:
        return sum(each.before for each in self.changed)

    @property
    def after(self) -> int:
        return sum(each.after for each in self.changed)

    @property
    def seen(self) -> str:
        told = [(str(each.uid), str(each.on), each.before, each.after) for each in self.changed]
        return hashlib.sha256(repr((told, sorted(self.kept.items()), str(self.until), self.unpriced)).encode()).hexdigest()[:32]


def bills(tx: Tx, product: int, payer: int | None, since: date) -> list[Bill]:
    return tx.all(Bill, BILLS, product=product, payer=payer, since=since)


def compare(before: list[Bill], after: list[Bill], source: str, until: date | None) -> Preview:
    """Both lists hold the same accounts in the same order. `source` is the one whose price changes."""
    changed: list[Changed] = []
    kept: dict[str, int] = {}
    for old, new in zip(before, after, strict=True):
        if old.unit != new.unit or old.minor != new.minor:
            changed.append(Changed(new.uid, new.name, new.on, old.minor, new.minor, old.unit is not None))
        else:
            why = new.source if new.source != source and _stands_before(new.source, source) else _same(new, source, until)
            kept[why] = kept.get(why, 0) + 1
    return Preview(tuple(changed), kept, until, sum(each.unit is None for each in after))


def _stands_before(one: str, other: str) -> bool:
    order = ("sow", "msa", "data_sheet", "")
    return order.index(one) < order.index(other)


def _same(bill: Bill, source: str, until: date | None) -> str:
    return "later" if bill.source == source and until is not None and bill.on >= until else "same"
