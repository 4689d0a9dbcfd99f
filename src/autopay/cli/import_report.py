"""How an import shows itself: a bar on a terminal, plain lines elsewhere; then a table, or JSON."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn
from rich.table import Table

from autopay.interop.report import TITLES, Ending, Report
from autopay.interop.take_in import Progress as Told

EVERY = 5.0
"""Seconds between plain lines."""
ENDINGS = {
    Ending.DONE: "",
    Ending.TAKEN_BACK: "Nothing was taken in: --strict takes in all or nothing, and something was refused.",
    Ending.STOPPED: "Stopped. What the table counts as new was taken in; begin the same import again for the rest.",
}


@contextmanager
def showing(quiet: bool) -> Iterator[Told]:
    """What to tell the progress to."""
    if quiet:
        yield lambda *_: None
    elif sys.stderr.isatty():
        with _bar() as bar:
            tasks: dict[str, TaskID] = {}

            def told(what: str, done: int, total: int) -> None:
                if what not in tasks:
                    tasks[what] = bar.add_task(what, total=total)
                bar.update(tasks[what], completed=done, total=total)

            yield told
    else:
        yield _Lines()


def _bar() -> Progress:
    return Progress(
        TextColumn("{task.description:>22}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=Console(stderr=True),
    )


class _Lines:
    """One now and then, and one at the end of each step."""

    def __init__(self) -> None:
        self._next = time.monotonic() + EVERY

    def __call__(self, what: str, done: int, total: int) -> None:
        if time.monotonic() >= self._next or (done == total and what != "reading"):
            self._next = time.monotonic() + EVERY
            typer.echo(f"{what}: {done} of {total}", err=True)


def print_report(report: Report, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(report.as_json(), indent=1))
        return
    console = Console(width=None if sys.stdout.isatty() else 120, highlight=False)
    console.print(_table(report))
    for sentence in (*_sentences(report), ENDINGS[report.ending]):
        if sentence:
            console.print(sentence, markup=False)
    if report.refused:
        console.print(_refused(report))


def _table(report: Report) -> Table:
    table = Table("", "Read", "New", "Unchanged", "Changed", "Refused")
    for column in table.columns[1:]:
        column.justify = "right"
    for line in report.lines:
        counts = [line.read, line.new, line.unchanged, line.changed, line.refused]
        table.add_row(TITLES[line.kind], *(f"{count:,}" for count in counts))
    return table


def _sentences(report: Report) -> Iterator[str]:
    other = report.other
    nothing = other.get("zero share", 0) + other.get("no share stated", 0)
    if nothing:
        yield f"Nothing to invoice for {nothing:,} visits: {other.get('zero share', 0):,} cost the patient nothing, " + (
            f"for {other.get('no share stated', 0):,} no share is stated."
        )
    if other.get("not completed"):
        yield f"Not completed, so not taken in: {other['not completed']:,} visits."
    if report.cards:
        yield "Test wallets: " + ", ".join(f"{count:,} {fate}" for fate, count in sorted(report.cards.items())) + "."
    if report.invoices:
        decided = ", ".join(f"{count:,} {WHY.get(why, why)}" for why, count in sorted(report.decided.items()))
        yield f"Invoices issued: {report.invoices:,} ({decided})."


WHY = {
    "charged": "are charged now",
    "company_off": "wait: auto-pay is off",
    "own_off": "wait: the patient's auto-pay is off",
    "no_default": "wait: no default card",
    "no_consent": "wait: no authorization",
    "quarantine": "wait: the books were restored or copied, see autopay doctor",
    "no_processor": "wait: no processor is connected",
    "notice_first": "are announced first",
    "being_verified": "wait until the account is verified",
}


def _refused(report: Report) -> Table:
    table = Table("Place", "What", "Why", title=f"Refused: {report.refused:,}", title_justify="left")
    for place, kind, reason in report.first:
        table.add_row(place, kind, reason)
    more = report.refused - len(report.first)
    file = f"All of them are in {report.refused_file}: mend it and import it." if report.refused_file else ""
    table.caption = f"and {more:,} more. {file}" if more > 0 else file
    return table
