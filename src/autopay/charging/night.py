"""The nightly work of every biller: bill, plan the charges of the day, refresh balances. A row per biller and local date, in order.

The scheduler only ticks: whatever the hour, restart or clock change, each date is done once and none is left out (design 4.13).
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from autopay.billing.bill import bill_accounts, refresh_balances
from autopay.charging.plan import plan_months
from autopay.charging.send import Engine
from autopay.clock import start_of
from autopay.database import Database
from autopay.wallet.expiry import note_expiring

PLAN_BATCH = 1000

MISSING = """
    insert into night (biller_id, "on", counts)
    select %(biller)s, day::date, '{}' from generate_series(
        (select max("on") from night where biller_id = %(biller)s) + 1, %(today)s::date, interval '1 day') day
    on conflict do nothing
"""

# A batch must cost the same as the first one, whatever the statistics say of bills written a minute ago. So the next accounts come in order
# out of the index invoice_open_monthly, and their bills by account, then by id.
DUE_TODAY = """
    select payer_id from invoice
    where biller_id = %(biller)s and kind = 'monthly' and due_on = %(on)s and payer_id > %(after)s
      and voided_at is null and total > captured - returned + elsewhere
      and not exists (select from charge c where c.payer_id = invoice.payer_id and c.payer_id > %(after)s and c.period = %(on)s
                      and c.trigger = 'monthly' and c.state <> 'withdrawn')
    order by payer_id limit %(limit)s
"""

THEIR_BILLS = """
    select i.id from invoice i
    where i.id = any(array(
        select theirs.id from unnest(%(payers)s::bigint[]) as x (payer) cross join lateral (
            select id from invoice
            where payer_id = x.payer and kind = 'monthly' and due_on <= %(on)s
              and voided_at is null and total > captured - returned + elsewhere offset 0) theirs))
      and i.voided_at is null and i.total > i.captured - i.returned + i.elsewhere
      and not exists (select from charge_part p where p.invoice_id = i.id and p.live)
    order by i.id for update of i
"""


@dataclass(frozen=True, slots=True)
class BillerZone:
    id: int
    zone: str


def work_nights(engine: Engine) -> int:
    """Do every biller's nights up to its today; returns how many were done. A killed one is taken up again by whoever ticks next."""
    with engine.db.transaction() as tx:
        billers = tx.all(BillerZone, "select id, zone from biller order by id")
    return sum(_catch_up(engine, biller) for biller in billers)


def _catch_up(engine: Engine, biller: BillerZone) -> int:
    today = engine.clock.today(biller.zone)
    with engine.db.transaction() as tx:
        tx.run(MISSING, biller=biller.id, today=today)
        open_nights = tx.column(
            """select "on" from night where biller_id = %(biller)s and done_at is null order by "on" """, biller=biller.id
        )
    done = 0
    for on in open_nights:
        if not _night(engine, biller, on):
            break  # another worker is at it, and nights are done in order
        done += 1
    return done


def _night(engine: Engine, biller: BillerZone, on: date) -> bool:
    """Each step commits for itself and may be repeated; the night is marked done after the last. One worker at a time."""
    now = max(
        start_of(on, biller.zone), min(engine.clock.now(), start_of(on + timedelta(days=1), biller.zone) - timedelta(seconds=1))
    )
    with engine.db.transaction() as lock:
        if not lock.value(
            """select id from night where biller_id = %(biller)s and "on" = %(on)s and done_at is null
               and not exists (select from night e where e.biller_id = %(biller)s and e."on" < %(on)s and e.done_at is null)
               for update skip locked""",
            biller=biller.id,
            on=on,
        ):
            return False
        counts: Counter[str] = Counter(billed=_bill(engine.db, biller.id, on, now))
        counts.update(_plan(engine.db, biller.id, on, now))
        with engine.db.transaction() as tx:
            counts["expiring"] = note_expiring(tx, biller.id, on, now)
        _refresh(engine.db, biller, on, now)
        lock.run(
            """update night set done_at = %(now)s, counts = %(counts)s::jsonb where biller_id = %(biller)s and "on" = %(on)s""",
            now=engine.clock.now(),
            counts=json.dumps(counts),
            biller=biller.id,
            on=on,
        )
    return True


def _bill(db: Database, biller: int, on: date, now: datetime) -> int:
    billed, after = 0, 0
    while True:
        with db.transaction() as tx:
            batch = bill_accounts(tx, biller, on, now, after)
        billed += batch.billed
        if batch.last is None:
            return billed
        after = batch.last


def _plan(db: Database, biller: int, on: date, now: datetime) -> Counter[str]:
    counts: Counter[str] = Counter()
    after = 0
    while True:
        with db.transaction() as tx:
            payers = tx.column(DUE_TODAY, biller=biller, on=on, after=after, limit=PLAN_BATCH)
            if not payers:
                return counts
            bills = tx.column(THEIR_BILLS, payers=payers, on=on)
            counts.update({str(why): count for why, count in plan_months(tx, bills, now).items()})
            after = payers[-1]


def _refresh(db: Database, biller: BillerZone, on: date, now: datetime) -> None:
    with db.transaction() as tx:
        refresh_balances(tx, biller.id, on, biller.zone, now)
