"""Every biller's yesterday, once per local date, in order, whatever the hour. A processor that cannot be asked is asked again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

import structlog

from autopay.charging.send import Engine
from autopay.clock import local_date
from autopay.database import Database
from autopay.processors.book import CannotAsk
from autopay.reconciliation.read import AFTER, Day
from autopay.reconciliation.reconcile import LEASE, reconcile

log = structlog.get_logger()

# Not those whose days are closed for good: the demo's catalogue shows payments no payment company knows.
BILLERS = """
    select b.id, b.zone, b.currency from biller b join processor_account a on a.biller_id = b.id and a.connected
    where not exists (select from reconciliation r where r.biller_id = b.id and r."on" >= '2900-01-01') order by b.id
"""
MISSING = """
    insert into reconciliation (biller_id, "on")
    select %(biller)s, day::date from generate_series(
        coalesce((select max("on") from reconciliation where biller_id = %(biller)s) + 1, %(last)s::date), %(last)s::date, interval '1 day') day
    on conflict do nothing
"""
# The oldest that is open, and only that: days are done in order. Nobody else begins it while the lease runs.
TAKE = """
    with oldest as (
        select id, lease_until from reconciliation where biller_id = %(biller)s and done_at is null order by "on" limit 1)
    update reconciliation r set lease_until = %(lease)s from oldest
    where r.id = oldest.id and r.done_at is null and (r.lease_until is null or r.lease_until < %(machine)s) returning r."on"
"""


@dataclass(frozen=True, slots=True)
class BillerZone:
    id: int
    zone: str
    currency: str


def billers(db: Database) -> list[BillerZone]:
    """Those whose processor account is connected."""
    with db.transaction() as tx:
        return tx.all(BillerZone, BILLERS)


async def reconcile_yesterdays(engine: Engine) -> int:
    """One open date of every biller; returns how many were done, so that the worker comes again while there are more."""
    done = 0
    for biller in await engine.aside(billers, engine.db):
        on = await engine.aside(_take, engine, biller)
        if on is None:
            continue
        try:
            await reconcile(engine, Day(biller.id, biller.zone, biller.currency, on))
        except CannotAsk as problem:
            log.warning("reconciliation_waits", biller=biller.id, on=str(on), why=str(problem))
        else:
            done += 1
    return done


def last_over(now: datetime, zone: str) -> date:
    """The last local date of which everything is booked by now."""
    return local_date(now - AFTER, zone) - timedelta(days=1)


def _take(engine: Engine, biller: BillerZone) -> date | None:
    machine = engine.clock.machine()
    with engine.db.transaction() as tx:
        tx.run(MISSING, biller=biller.id, last=last_over(engine.clock.now(), biller.zone))
        taken: date | None = tx.value(TAKE, biller=biller.id, machine=machine, lease=machine + LEASE)
    return taken
