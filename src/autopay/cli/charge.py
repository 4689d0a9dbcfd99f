"""`autopay charge`: what a run would do, or one run in the foreground."""

from __future__ import annotations

import asyncio
import json
from dataclasses import asdict
from typing import TYPE_CHECKING

import typer
from rich.console import Console
from rich.table import Table

from autopay.cli.started import billers, fail, start
from autopay.conf import conf
from autopay.money import Money

if TYPE_CHECKING:
    from autopay.charging.send import Engine


def charge(
    dry_run: bool = typer.Option(
        False, "--dry-run", help="Say who would be charged how much on what, and why the others would not."
    ),
    biller: str = typer.Option(None, help="Name, short name or public id; all of them without it."),
    as_json: bool = typer.Option(False, "--json"),
) -> None:
    """Charge what is due now, then stop; a worker does the same all the time."""
    start()
    if dry_run:
        _show(biller, as_json)
    else:
        sent = asyncio.run(_send())
        typer.echo(json.dumps({"claimed": sent}) if as_json else f"{sent} due charges were sent and settled.")


def _show(named: str | None, as_json: bool) -> None:
    from autopay.charging.preview import preview
    from autopay.running import clock
    from autopay.tenancy import WebDatabase

    lines = [line for found in billers(named) for line in preview(WebDatabase(), found.id, clock().now())]
    if as_json:
        typer.echo(json.dumps([asdict(line) for line in lines], indent=1))
        return
    table = Table("Payer", "Invoice", "Amount", "Would", "Why", "Until", "On", title="Open invoices")
    for line in lines:
        amount = str(Money(line.minor, line.currency))
        table.add_row(line.payer[:8], str(line.number), amount, line.verdict, line.why, line.until, line.method)
    Console().print(table)


async def _send() -> int:
    from autopay.charging.send import send_due_charges
    from autopay.installation.watch import watch
    from autopay.processors.pace import BURST
    from autopay.running import at_work, place

    sent = 0
    async with at_work(conf().lanes) as running:
        if found := await asyncio.to_thread(watch, running.db, place(), running.clock.machine()):
            raise fail(f"Nothing is sent: {found.said}. Run: autopay restored")
        while (claimed := await send_due_charges(running, conf().lanes)) or await asyncio.to_thread(_refilling, running):
            sent += claimed
            if not claimed:
                await asyncio.sleep(BURST / 2)
    return sent


def _refilling(running: Engine) -> bool:
    """Whether due charges only wait for their account's rate; those of a paused account do not go out now."""
    from autopay.processors.pace import REFILLING

    with running.db.transaction() as tx:
        return bool(tx.value(REFILLING, now=running.clock.now(), machine=running.clock.machine()))
