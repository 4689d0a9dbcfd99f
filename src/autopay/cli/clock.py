"""`autopay clock`: in the demo, and only there, time can be moved: application and sandbox together, day by day."""

from __future__ import annotations

import json
import re
import time
from datetime import datetime, timedelta

import typer

from autopay.cli.started import fail, start
from autopay.conf import conf
from autopay.database import Database, PooledDatabase
from autopay.demo_sandbox import move_clock

app = typer.Typer(no_args_is_help=True, help="The demo's clock.")
DAY = timedelta(days=1)
PATIENCE = timedelta(seconds=60)

BUSY = """
    select (select count(*) from biller b where not exists (
                select from night n where n.biller_id = b.id and n.done_at is not null
                and n."on" = (%(now)s::timestamptz at time zone b.zone)::date))
         + (select count(*) from charge where state in ('sending', 'unknown') or (state = 'due' and run_at <= %(now)s))
"""


@app.command()
def show(as_json: bool = typer.Option(False, "--json")) -> None:
    """What the application takes for now."""
    start()
    from autopay.running import clock

    now = clock().now()
    ahead = now - clock().machine()
    typer.echo(
        json.dumps({"now": now.isoformat(), "ahead_seconds": round(ahead.total_seconds())})
        if as_json
        else f"{now:%Y-%m-%d %H:%M} UTC"
    )


@app.command()
def advance(by: str = typer.Argument(help="How far: 1d, 31d, 2w.")) -> None:
    """Walk forward day by day, each day's work done before the next begins. A running worker does the work."""
    start()
    if not conf().demo:
        raise fail("The clock moves in the demo only.")
    days = _days(by)
    with typer.progressbar(range(days), label="Days") as walk:
        for _ in walk:
            step()


def step() -> None:
    """One day: the sandbox first, so that money it moves that day is there when the application asks."""
    from autopay.running import clock, clock_file, days_ahead

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
                raise fail("A day's work was not done within a minute. Is a worker running? autopay worker")
            time.sleep(0.05)
    finally:
        db.close()


def _busy(db: Database, now: datetime) -> int:
    with db.transaction() as tx:
        return int(tx.value(BUSY, now=now))


def _days(text: str) -> int:
    found = re.fullmatch(r"(\d+)([dw])", text.strip())
    if not found or not 0 < int(found[1]) <= 3660:
        raise fail(f"{text!r} is not a time like 1d, 31d or 2w.")
    return int(found[1]) * (7 if found[2] == "w" else 1)
