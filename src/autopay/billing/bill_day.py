"""On which day of the month an account is billed, and how that is changed: one bill in every calendar month, whatever is changed (A64, I19).

A changed day holds from the first of the following month on: the month that has begun keeps the day it began with. So no month is
billed twice and none is left out. The database holds both: a month that has begun takes no new day, and no month a second bill.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from autopay.clock import local_date
from autopay.database import Database, Tx
from autopay.journal.write import By, note
from autopay.refusal import Refusal

ANCHOR = """coalesce((select d.day from anchor_day d where d.payer_id = p.id and d.since <= {on} order by d.since desc limit 1), p.bill_day)"""
"""The anchor day of an account `p` that holds on a local date."""


def month_billed(on: str) -> str:
    """SQL: whether account `p` has its bill for the calendar month of the date `on`; a bill taken back counts."""
    return f"""exists (select from invoice i where i.payer_id = p.id and i.kind = 'monthly'
            and extract(year from i.period) = extract(year from {on}) and extract(month from i.period) = extract(month from {on}))"""


@dataclass(frozen=True, slots=True)
class BillDay:
    """`now` is this month's anchor day, `then` the one from next month on; 1 to 31, on the last day of shorter months."""

    now: int
    then: int

    def after(self, today: date) -> date:
        """The first bill day after today, a local date (design 4.13)."""
        this = today.replace(day=min(self.now, days_in_month(today)))
        if this > today:
            return this
        following = first_of_next_month(today)
        return following.replace(day=min(self.then, days_in_month(following)))


def bill_day(tx: Tx, payer: int, today: date) -> BillDay | None:
    """None for somebody who is not an account."""
    return tx.one(
        BillDay,
        f"""select {ANCHOR.format(on="%(today)s")} as now, {ANCHOR.format(on="%(next)s")} as then
            from payer p where p.id = %(payer)s and p.kind = 'account'""",
        payer=payer,
        today=today,
        next=first_of_next_month(today),
    )


def change_bill_day(db: Database, biller: int, payer: int, day: int, seen: BillDay, by: By) -> date:
    """The account's own bill day, 1 to 31. Returns the first local date it holds from. Raises Refusal if the page was stale."""
    if not 1 <= day <= 31:
        raise Refusal("day", "A bill day is a number from 1 to 31.")
    with db.transaction(biller) as tx:
        zone = tx.value("select zone from biller where id = %(biller)s", biller=biller)
        tx.run("select id from payer where id = %(payer)s for no key update", payer=payer)
        today = local_date(by.at, zone)
        since = first_of_next_month(max(today, tx.value('select max("on") from night') or today))
        before = bill_day(tx, payer, today)
        if before is None or before != seen:
            raise Refusal("changed", "Things changed since you opened this page. Nothing was saved. Please look again.")
        tx.run(
            """insert into anchor_day (biller_id, payer_id, day, since) values (%(biller)s, %(payer)s, %(day)s, %(since)s)
               on conflict (payer_id, since) do update set day = excluded.day""",
            biller=biller,
            payer=payer,
            day=day,
            since=since,
        )
        note(tx, biller, by, "bill day changed", ("payer", payer), was=before.then, now=day, since=since)
    return since


def first_of_next_month(day: date) -> date:
    return date(day.year + day.month // 12, day.month % 12 + 1, 1)


def days_in_month(day: date) -> int:
    return (first_of_next_month(day) - day.replace(day=1)).days
