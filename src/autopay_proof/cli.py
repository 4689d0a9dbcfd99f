"""`autopay simulate`: seeded histories of the real engine, each judged by an auditor that shares none of its code. Exit status 1 if one
fails.
"""

from __future__ import annotations

import json
import os
import shutil
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
    from autopay_proof.simulate import Report

SHOWN = 5
"""Of the failing seeds, so many with their reasons."""
MEMORY, ROOM = Path("/dev/shm"), 6 * 2**30
CORES = os.cpu_count() or 1


def simulate(
    seeds: int = typer.Option(200, min=1, help="How many histories, from --first on."),
    first: int = typer.Option(0, help="The first seed."),
    seed: int = typer.Option(None, help="Only this one; a failing one is made small."),
    trace: bool = typer.Option(False, help="With --seed: print every step."),
    processes: int = typer.Option(CORES, min=1),
    as_json: bool = typer.Option(False, "--json"),
) -> None:
    """Run seeded histories: crashes, lost answers, people in between, every step in an order the seed chooses; then the auditor."""
    from autopay_proof.server import server

    with server(home()) as postgres:
        admin = postgres.dsn()
        if seed is not None:
            raise typer.Exit(_one(admin, seed, trace))
        began = monotonic()
        reports = _all(admin, range(first, first + seeds), processes)
        took = monotonic() - began
    bad = [each for each in reports if each.wrong]
    fired = sum((Counter(each.fired) for each in reports), Counter[str]())
    edges = sum((Counter(each.edges) for each in reports), Counter[str]())
    steps = sum(each.steps for each in reports)
    found = {
        "seeds": len(reports),
        "failed": [each.seed for each in bad],
        "steps": steps,
        "faults": dict(fired),
        "edges": dict(edges),
        "seconds": round(took, 1),
    }
    if as_json:
        typer.echo(json.dumps(found | {"wrong": {each.seed: each.wrong for each in bad[:SHOWN]}}, indent=1))
    else:
        rate = len(reports) / took
        typer.echo(f"{len(reports)} seeds, {steps:,} steps, {rate:.1f} seeds a second. Failed: {len(bad)}.")
        typer.echo(f"Fired: {counted(fired)}.\nMoves seen: {counted(edges)}.")
    if bad:
        lines = [f"autopay simulate --seed {each.seed}    # {each.wrong[0]}" for each in bad[:SHOWN]]
        raise fail("\n".join(lines))


def _one(admin: str, seed: int, trace: bool) -> int:
    """Exit status. A failing seed is shrunk, and what is left of it is told step by step."""
    from autopay_proof.pool import ground as prepared
    from autopay_proof.shrink import shrink
    from autopay_proof.simulate import Plan
    from autopay_proof.simulate import simulate as run

    ground = prepared(admin)
    report = run(ground, seed, Plan(keep=trace))
    for line in report.lines:
        typer.echo(line)
    typer.echo(f"seed {seed}: {report.steps} steps, trace {report.trace}, {counted(report.fired) or 'no fault'}")
    if not report.wrong:
        typer.echo("Nothing is wrong.")
        return 0
    with Console(stderr=True).status("Making it small") as status:
        small = shrink(ground, seed, status.update)
    typer.echo("\n".join(["", *small.report.lines, "", *small.report.wrong]))
    typer.echo(json.dumps(asdict(small.plan) | {"dropped": sorted(small.plan.dropped)}))
    return 1


def _all(admin: str, seeds: range, processes: int) -> list[Report]:
    from autopay_proof.pool import all_of
    from autopay_proof.simulate import simulate as run

    reports = []
    with progress() as bar:
        task = bar.add_task("histories", total=len(seeds))
        for report in all_of(admin, processes, run, seeds):
            reports.append(report)
            bar.update(task, advance=1, description=f"histories, {sum(bool(each.wrong) for each in reports)} failed")
    return sorted(reports, key=lambda each: each.seed)


def progress() -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    return Progress(*columns, console=Console(stderr=True))


def counted(fired: Counter[str] | dict[str, int]) -> str:
    return ", ".join(f"{number:,} {what}" for what, number in sorted(fired.items()))


def home() -> Path:
    """Of a PostgreSQL that is wiped in the end; another for each process, so that several may run. In memory where there is room."""
    roomy = os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free > ROOM
    return (MEMORY if roomy else default_home()) / f"autopay-proof-{os.getpid()}"
