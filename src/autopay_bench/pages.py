"""`autopay bench pages`: how many statements each page takes in a large world, and how long. Exit status 1 if one is over the limits."""

from __future__ import annotations

import json
import os
from dataclasses import asdict
from typing import TYPE_CHECKING

import typer
from rich.console import Console
from rich.progress import track
from rich.table import Table

from autopay.cli.started import fail, start
from autopay.conf import conf

if TYPE_CHECKING:
    from autopay.large_world.measure import Measured

LIMIT = 100
"""Milliseconds 19 of 20 openings of a page may take."""


def pages(
    patients: int = typer.Option(None, help="Refuse unless the world has so many."),
    times: int = typer.Option(20, min=2, help="How often each page is opened."),
    only: str = typer.Option("", help="Pages with this in their name."),
    as_json: bool = typer.Option(False, "--json"),
) -> None:
    """Open every page that grows with the data, count its statements, look at their plans, and say how long it took."""
    start()
    from autopay.large_world.measure import measure
    from autopay.large_world.pages import all_pages

    biller = _world(patients)
    wanted = [page for page in all_pages(biller) if only.lower() in page.name.lower()]
    console = Console(stderr=True)
    found = [measure(page, times, biller) for page in track(wanted, "Opening pages", console=console, transient=True)]
    wrong = [f"{each.page}: {what}" for each in found for what in faults(each)]
    if as_json:
        typer.echo(json.dumps({"pages": [asdict(each) for each in found], "limit": LIMIT, "wrong": wrong}, indent=1))
    else:
        _tell(found)
    if wrong:
        raise fail("\n".join(wrong))


def faults(each: Measured) -> list[str]:
    """What is over a limit, or not what the database says."""
    from autopay.large_world.measure import MOST_STATEMENTS

    found = wrong_with(each)
    if each.queries > MOST_STATEMENTS:
        found.append(f"{each.queries} statements, {MOST_STATEMENTS} are the most")
    took, what = (each.p95, "p95") if calm() else (each.cpu, "CPU")
    if took > LIMIT:
        found.append(f"{what} {took:.0f} ms, {LIMIT} are the most")
    return found


def wrong_with(each: Measured) -> list[str]:
    """However fast it is, and with however few statements."""
    return [f"reads a large table from end to end: {scan}" for scan in each.scans] + [
        f"does not show {text!r}" for text in each.missing
    ]


def calm() -> bool:
    """Whether this machine has cores to spare; if not, the clock on the wall measures its other work, and CPU time is looked at."""
    return os.getloadavg()[0] < (os.cpu_count() or 1)


def _tell(found: list[Measured]) -> None:
    table = Table("Page", "Queries", "p50 ms", "p95 ms", "max ms", "CPU ms", "n", title="Pages")
    for each in found:
        row = (f"{number:.0f}" for number in (each.p50, each.p95, each.max, each.cpu))
        table.add_row(each.page, str(each.queries), *row, str(each.n))
    Console(width=110).print(table)


def _world(patients: int | None) -> int:
    """The biller of the large world. Exits with a clear line if there is none, or one of another size."""
    from autopay.database import PooledDatabase
    from autopay.large_world.load import there

    db = PooledDatabase(conf().dsn("owner"), size=1)
    try:
        found = there(db)
    finally:
        db.close()
    if found is None:
        raise fail("This database holds no large world. Load one: autopay load-world")
    biller, size = found
    if patients not in (None, size.patients):
        raise fail(f"The world in this database has {size.patients} patients.")
    return biller
