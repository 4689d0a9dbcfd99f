"""`autopay simulate`: seeded histories of the real engine, each judged by an auditor that shares none of its code. Exit status 1 if one
fails.
"""

from __future__ import annotations

import json
import multiprocessing
import os
from collections import Counter
from dataclasses import asdict
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from autopay.cli.started import fail
from autopay.conf import default_home

if TYPE_CHECKING:
    from autopay_proof.simulate import Ground, Report

SHOWN = 5
"""Of the failing seeds, so many with their reasons."""
_grounds: list[Ground] = []
"""The one of this process, once it is prepared."""


def simulate(
    seeds: int = typer.Option(200, min=1, help="How many histories, from --first on."),
    first: int = typer.Option(0, help="The first seed."),
    seed: int = typer.Option(None, help="Only this one; a failing one is made small."),
    trace: bool = typer.Option(False, help="With --seed: print every step."),
    processes: int = typer.Option(os.cpu_count() or 1, min=1),
    as_json: bool = typer.Option(False, "--json"),
) -> None:
    """Run seeded histories: crashes, lost answers, people in between, every step in an order the seed chooses; then the auditor."""
    from autopay_proof.server import server

    with server(_home()) as postgres:
        admin = postgres.dsn()
        if seed is not None:
            raise typer.Exit(_one(admin, seed, trace))
        began = monotonic()
        reports = _all(admin, range(first, first + seeds), processes)
        took = monotonic() - began
    bad = [each for each in reports if each.wrong]
    fired = sum((Counter(each.fired) for each in reports), Counter[str]())
    steps = sum(each.steps for each in reports)
    found = {
        "seeds": len(reports),
        "failed": [each.seed for each in bad],
        "steps": steps,
        "faults": dict(fired),
        "seconds": round(took, 1),
    }
    if as_json:
        typer.echo(json.dumps(found | {"wrong": {each.seed: each.wrong for each in bad[:SHOWN]}}, indent=1))
    else:
        rate = len(reports) / took
        typer.echo(
            f"{len(reports)} seeds, {steps:,} steps, {rate:.1f} seeds a second. Fired: {_counted(fired)}. Failed: {len(bad)}."
        )
    if bad:
        lines = [f"autopay simulate --seed {each.seed}    # {each.wrong[0]}" for each in bad[:SHOWN]]
        raise fail("\n".join(lines))


def _one(admin: str, seed: int, trace: bool) -> int:
    """Exit status. A failing seed is shrunk, and what is left of it is told step by step."""
    from autopay_proof.shrink import shrink
    from autopay_proof.simulate import Plan
    from autopay_proof.simulate import simulate as run

    _prepare(admin, 0)
    (ground,) = _grounds
    report = run(ground, seed, Plan(keep=trace))
    for line in report.lines:
        typer.echo(line)
    typer.echo(f"seed {seed}: {report.steps} steps, trace {report.trace}, {_counted(report.fired) or 'no fault'}")
    if not report.wrong:
        typer.echo("Nothing is wrong.")
        return 0
    with Console(stderr=True).status("Making it small") as status:
        small = shrink(ground, seed, status.update)
    typer.echo("\n".join(["", *small.report.lines, "", *small.report.wrong]))
    typer.echo(json.dumps(asdict(small.plan) | {"dropped": sorted(small.plan.dropped)}))
    return 1


def _all(admin: str, seeds: range, processes: int) -> list[Report]:
    """Each process has a template of its own; the histories share the server."""
    spawn = multiprocessing.get_context("spawn")
    numbers = spawn.Queue()
    for number in range(processes):
        numbers.put(number)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    reports = []
    with spawn.Pool(processes, _begin, (admin, numbers)) as pool, Progress(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task("histories", total=len(seeds))
        for report in pool.imap_unordered(_run, seeds, chunksize=4):
            reports.append(report)
            bar.update(task, advance=1, description=f"histories, {sum(bool(each.wrong) for each in reports)} failed")
    return sorted(reports, key=lambda each: each.seed)


def _begin(admin: str, numbers: multiprocessing.Queue[int]) -> None:
    from autopay.cli.started import start

    start()
    _prepare(admin, numbers.get())


def _prepare(admin: str, number: int) -> None:
    from autopay_proof.server import MIGRATED, dsns
    from autopay_proof.simulate import prepare

    _grounds.append(prepare(admin, MIGRATED, dsns(), f"proof_template_{number}"))


def _run(seed: int) -> Report:
    from autopay_proof.simulate import simulate as run

    return run(_grounds[0], seed)


def _counted(fired: Counter[str] | dict[str, int]) -> str:
    return ", ".join(f"{number} {what}" for what, number in sorted(fired.items()))


def _home() -> Path:
    return default_home() / f"proof-{os.getpid()}"
