"""`autopay bench`: measures, prints one table, writes JSON beside the installation. Exit status 1 if a figure misses what it must reach."""

from __future__ import annotations

import json
import os
import platform
import signal
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

import typer
from rich.console import Console
from rich.table import Table

from autopay.cli.started import fail
from autopay.conf import default_home
from autopay_bench import pages

if TYPE_CHECKING:
    from autopay_bench.figure import Figure
    from autopay_bench.ground import Ground

NAMES = ("engine", "http", "workers", "latency", "monthly", "growth", "fairness", "memory", "import", "pages")
app = typer.Typer(help="Measure: everything, or what you name.", invoke_without_command=True)
app.command("pages")(pages.pages)
Bench = Callable[["Ground", int], "list[Figure]"]


@app.callback()
def everything(asked: typer.Context) -> None:
    """Measure: everything, or what you name."""
    if asked.invoked_subcommand is None:
        run(list(NAMES), 3, None)


@app.command("run")
def run(
    names: list[str] = typer.Argument(None, help=f"Of {', '.join(NAMES)}; all if none is named."),
    rounds: int = typer.Option(3, min=1, help="Interleaved rounds; the median counts."),
    to: Path | None = typer.Option(None, help="Write the figures here as JSON."),
) -> None:
    """Measure the engine on a database of its own, each figure beside what that database can do at all."""
    chosen = names or list(NAMES)
    if unknown := [each for each in chosen if each not in NAMES]:
        raise fail(f"There is no bench {unknown[0]!r}. There are: {', '.join(NAMES)}")
    found = measured(chosen, rounds)
    written = to or default_home() / "bench" / f"{datetime.now(UTC):%Y-%m-%dT%H%M%S}.json"
    written.parent.mkdir(parents=True, exist_ok=True)
    written.write_text(json.dumps(machine() | {"figures": [each.as_json() for each in found]}, indent=1) + "\n")
    tell(found)
    typer.echo(f"Written to {written}.")
    if missed := [each for each in found if each.verdict in ("wrong", "under")]:
        raise fail("\n".join(f"{each.bench}: {each.verdict}. {'; '.join(each.wrong)}" for each in missed))


def measured(names: list[str], rounds: int) -> list[Figure]:
    from autopay_bench.ground import ground

    console = Console(stderr=True)
    found: list[Figure] = []
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # as by Ctrl-C: no worker goes on, and nothing is left on the disk
    with ground() as place, console.status("") as status:
        for name in names:
            status.update(f"{name}, {rounds} rounds")
            found += _benches()[name](place, rounds)
    return found


def _benches() -> dict[str, Bench]:
    """They read the product's tables, which want its apps loaded: the ground has done that."""
    from autopay_bench import charges
    from autopay_bench.fairness import fairness
    from autopay_bench.five_pages import five_pages
    from autopay_bench.growth import growth
    from autopay_bench.imports import imports
    from autopay_bench.latency import latency
    from autopay_bench.memory import memory
    from autopay_bench.monthly import monthly

    return {
        "engine": charges.engine,
        "http": charges.http,
        "workers": charges.several,
        "latency": latency,
        "monthly": monthly,
        "growth": growth,
        "fairness": fairness,
        "memory": memory,
        "import": imports,
        "pages": five_pages,
    }


def machine() -> dict[str, object]:
    """What the figures depend on."""
    from autopay.embedded_postgres import SETTINGS
    from autopay_bench.ground import SETTINGS as MORE

    commit = subprocess.run(
        ["git", "rev-parse", "--short=12", "HEAD"], capture_output=True, text=True, check=False
    ).stdout.strip()
    return {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "commit": commit,
        "python": platform.python_version(),
        "system": platform.platform(),
        "cores": os.cpu_count(),
        "postgres": SETTINGS | MORE | {"fsync": "on", "synchronous_commit": "on"},
    }


def tell(found: list[Figure]) -> None:
    table = Table("Bench", "What", "Median", "Min", "Max", "Judged", "Must", "Aim", "Verdict")
    for each in found:
        of, sign = (f" {each.bar.of}" if each.bar.of else ""), ("at most " if each.bar.less else "")
        numbers = (
            f"{number:,.4g}" if number < 1000 else f"{number:,.0f}"
            for number in (each.median, min(each.rounds), max(each.rounds))
        )
        bars = (f"{each.judged:.3g}{of}", f"{sign}{each.bar.must:.3g}{of}", f"{each.bar.aim:.3g}{of}")
        table.add_row(each.bench, f"{each.what} ({each.unit})", *numbers, *bars, each.verdict)
    Console(width=150).print(table)
    if references := [value for each in found for value in each.references]:
        typer.echo(f"L: {median(references):,.0f} a second, {min(references):,.0f} to {max(references):,.0f}.")
