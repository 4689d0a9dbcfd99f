"""`autopay load-world`: an agency of any size, to see how pages and nights hold up. Never beside live keys."""

from __future__ import annotations

import json
from dataclasses import asdict
from time import monotonic

import psycopg
import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from autopay.cli.started import fail, start
from autopay.conf import conf
from autopay.refusal import Refusal


def load_world(
    patients: int = typer.Option(100_000, min=40, help="Patients of the agency Large Home Care."),
    visits: int = typer.Option(1_000_000, min=100, help="Completed and invoiced visits over two years."),
    seed: int = typer.Option(1, help="The same seed draws the same world."),
    as_json: bool = typer.Option(False, "--json"),
) -> None:
    """Load an agency with two years of visits, invoices and charges in every state. Stopped, it goes on where it was; for tests only."""
    start()
    from autopay.database import PooledDatabase
    from autopay.large_world.load import Size, load
    from autopay.large_world.logins import make_logins
    from autopay.large_world.sums import contradictions
    from autopay.running import clock

    began = monotonic()
    db = PooledDatabase(conf().dsn("owner"), size=1)
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    try:
        with Progress(*columns, console=console) as bar:
            tasks = {what: bar.add_task(what, total=n) for what, n in (("patients", patients), ("visits", visits))}
            loaded = load(
                db,
                conf(),
                Size(patients, visits, seed),
                clock().now(),
                lambda what, n, total: bar.update(tasks[what], completed=n, total=total),
            )
        _vacuum()
        wrong = contradictions(db, loaded.biller)
    except Refusal as refusal:
        raise fail(refusal.text) from None
    finally:
        db.close()
    logins = make_logins(loaded.biller)
    took = monotonic() - began
    found = asdict(loaded) | {"seconds": round(took, 1), "rows_per_second": round(loaded.written / took), "contradictions": wrong}
    if as_json:
        typer.echo(json.dumps(found | {"logins": logins}, indent=1))
    else:
        typer.echo(
            f"{loaded.written:,} rows in {took:.0f} s, {found['rows_per_second']:,} a second. Log in as {', '.join(logins)}"
        )
    if wrong:
        raise fail("It does not add up: " + "; ".join(f"{says} ({count})" for says, count in wrong.items()))


def _vacuum() -> None:
    """Statistics for the planner, and pages marked as visible to all: what autovacuum would do within the hour."""
    from autopay.large_world.load import TABLES

    with psycopg.connect(conf().dsn("owner"), autocommit=True) as owner:
        for table in TABLES:
            owner.execute(f"vacuum (analyze) {table}".encode())
