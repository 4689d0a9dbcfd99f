"""`autopay restored`: what to do with books that come from a backup, or from another host, before they send again."""

from __future__ import annotations

import asyncio
import json
import sys
from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import typer

from autopay.cli.started import fail, start
from autopay.conf import conf

if TYPE_CHECKING:
    from autopay.charging.after_restore import Compared
    from autopay.charging.send import Engine

ONLY_ONE = "--this-is-the-only-one"
AGAIN = f"Still in quarantine. Stop every other copy of these books for good, then run: autopay restored {ONLY_ONE}"


def restored(
    only_one: bool = typer.Option(
        False, ONLY_ONE, help="No other copy of these books is at work. After the comparison they send again."
    ),
    as_a_copy: bool = typer.Option(
        False, "--as-a-copy", help="For a test: forget every payment company's keys; it never mails anybody."
    ),
    since: str = typer.Option(
        "", help="The moment of the backup, as 2026-11-20T18:00Z, if the restore was not noticed by itself."
    ),
    as_json: bool = typer.Option(False, "--json"),
) -> None:
    """Compare restored books with the payment companies', so that nothing is charged twice; then let them send again. Repeat at will."""
    start()
    from autopay.installation.watch import begin, lift, look, watch
    from autopay.running import engine, place

    if only_one and as_a_copy:
        raise fail(f"{ONLY_ONE} or --as-a-copy, not both.")
    running, here, at = engine(), place(), _instant(since)
    machine = running.clock.machine()
    if at:
        begin(running.db, machine)
    if look(running.db, here, machine) is None:
        typer.echo("These books are where they were and not older: nothing to do. Were they restored all the same? Say --since.")
        return
    found = watch(running.db, here, machine)
    if found is None:
        return
    typer.echo(f"In quarantine: {found.said}.", err=True)
    if as_a_copy:
        typer.echo(f"{_forget_keys()} payment companies' keys are forgotten.", err=True)
        lift(running.db, here, running.clock.machine(), copy=True)
        typer.echo("This is a copy now: it charges nobody and mails nobody. Test keys may be connected.")
        return
    until = min(filter(None, (at, found.known_until)), default=None)
    if until is None:
        raise fail("These books do not know when they were last at work. Say the moment of the backup: --since 2026-11-20T18:00Z")
    told = asyncio.run(_compare(running, until))
    _tell(told, as_json)
    if not (only_one or _confirmed()):
        raise fail(AGAIN)
    lift(running.db, here, running.clock.machine())
    typer.echo(
        "The quarantine is over. Start the workers: what was made already is looked up and booked within minutes.", err=as_json
    )


def _instant(text: str) -> datetime | None:
    if not text:
        return None
    try:
        at = datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError:
        raise fail(f"--since {text}: write it as 2026-11-20T18:00Z") from None
    return at if at.tzinfo else at.replace(tzinfo=UTC)


async def _compare(running: Engine, since: datetime) -> list[Compared]:
    from autopay.charging.after_restore import compare
    from autopay.processors.book import CannotAsk

    typer.echo(f"Reading what the payment companies did since {since:%Y-%m-%d %H:%M} UTC, and a day before.", err=True)
    try:
        return await compare(running, since, lambda line: typer.echo(line, err=True))
    except CannotAsk as problem:
        raise fail(f"A payment company cannot be asked now ({problem}). Still in quarantine; run it again.") from None
    finally:
        await running.processors.close()  # type: ignore[attr-defined]


def _tell(told: list[Compared], as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps([asdict(each) for each in told], indent=1))
        return
    for each in told:
        typer.echo(
            f"{each.biller}: {each.read} read, {each.ours} of them ours. Not in our books: {each.charges + each.refunds} that are due here "
            f"({each.charges} charges, {each.refunds} refunds; they are looked up, not sent), {each.failed} that moved nothing, "
            f"{len(each.unmatched)} that nothing here explains."
        )
        for line in each.unmatched:
            typer.echo(f"  {line}")
    if any(each.unmatched for each in told):
        typer.echo(
            "What nothing explains is in unmatched_receipt. Before an invoice is written again by hand, look whether it is among them."
        )


def _confirmed() -> bool:
    return sys.stdin.isatty() and typer.confirm(
        "Is every other copy of these books stopped for good, so that this is the only one?"
    )


def _forget_keys() -> int:
    from autopay.database import PooledDatabase
    from autopay.journal.write import By
    from autopay.processors.connection import forget_accounts
    from autopay.running import clock

    db = PooledDatabase(conf().dsn("owner"), size=1)
    try:
        with db.transaction() as tx:
            return forget_accounts(tx, By("cli", clock().now()))
    finally:
        db.close()
