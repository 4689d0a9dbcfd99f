"""The demo's clock: application and sandbox go on together, a day at a time, each day's work done before the next begins."""

from __future__ import annotations

import time
from datetime import datetime, timedelta

from autopay.conf import conf
from autopay.database import Database, PooledDatabase
from autopay.demo_sandbox import move_clock
from autopay.running import clock, clock_file, days_ahead

DAY = timedelta(days=1)
PATIENCE = timedelta(seconds=60)

BUSY = """
    select (select count(*) from biller b where not exists (
                select from night n where n.biller_id = b.id and n.done_at is not null
                and n."on" >= (%(now)s::timestamptz at time zone b.zone)::date))
         + (select count(*) from charge where (state = 'sending' and lease_until < '2900-01-01')
                or (state = 'unknown' and look_at is not null) or (state = 'due' and run_at <= %(now)s))
"""
"""Nights not done yet and charges somebody will still answer for; the catalogue's frozen ones wait for nobody."""


class NotDone(Exception):
    """Nobody did the day's work within a minute."""


def next_day() -> None:
    """The sandbox first, so that money it moves that day is there when the application asks. A running worker does the work."""
    move_clock(conf().sandbox_url, DAY)
    ahead = days_ahead(clock_file()) + DAY
    fresh = clock_file().with_suffix(".new")
    fresh.write_text(str(ahead.total_seconds()))
    fresh.replace(clock_file())
    db = PooledDatabase(conf().dsn("engine"), size=1)
    try:
        until = time.monotonic() + PATIENCE.total_seconds()
        while _busy(db, clock().now()):
            if time.monotonic() > until:
                raise NotDone("A day's work was not done within a minute. Is a worker running? autopay worker")
            time.sleep(0.05)
    finally:
        db.close()


def _busy(db: Database, now: datetime) -> int:
    with db.transaction() as tx:
        return int(tx.value(BUSY, now=now))
