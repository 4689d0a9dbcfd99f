"""`autopay report run DATE`: the completeness proof of a day."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import datetime
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from autopay.cli.started import billers, fail, start
from autopay.money import Money

app = typer.Typer(no_args_is_help=True, help="Read-only reports.")


@app.callback()
def report() -> None:
    """Read-only reports."""


@app.command("run")
def run(
    on: Annotated[datetime, typer.Argument(metavar="DATE", formats=["%Y-%m-%d"], help="A local date, like 2026-06-01.")],
    biller: str = typer.Option(None, help="Name, short name or public id; all of them without it."),
    as_json: bool = typer.Option(False, "--json"),
) -> None:
    """Prove that all that fell due was charged, is on its way, is held or was refused, each with its reason. Exit 1 if not."""
    start()
    from autopay.charging.completeness import prove
    from autopay.tenancy import WebDatabase

    proofs = {found.name: prove(WebDatabase(), found.id, on.date()) for found in billers(biller)}
    if as_json:
        typer.echo(json.dumps({name: asdict(p) | {"complete": p.complete} for name, p in proofs.items()}, default=str, indent=1))
    for name, proof in proofs.items() if not as_json else ():
        table = Table("What", "Why", "Invoices", "Amount", title=f"{name}, {proof.on}")
        for each in proof.sums:
            table.add_row(each.verdict, each.reason, str(each.count), str(Money(each.minor)))
        table.add_section()
        table.add_row("due", "", str(proof.due_count), str(Money(proof.due_minor)))
        Console().print(table)
    if not all(proof.complete for proof in proofs.values()):
        raise fail("It does not add up. Look at the unexplained invoices before anything else is charged.")
