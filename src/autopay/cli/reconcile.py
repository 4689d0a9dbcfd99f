"""`autopay reconcile DATE`: our ledger beside the payment company's book and payouts; and answering what differs."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.table import Table
from typer.core import TyperGroup

from autopay.cli.started import billers, fail, start
from autopay.conf import conf
from autopay.money import MINOR_DIGITS, Money

if TYPE_CHECKING:
    from autopay.charging.send import Engine
    from autopay.reconciliation.catch_up import BillerZone
    from autopay.reconciliation.report import Compared, Open

DAY = "day"


class _DateFirst(TyperGroup):
    """`reconcile 2026-12-01` is `reconcile day 2026-12-01`: what is no sub-command is a date, or an option of it."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        asks = not args or args[0] in self.commands or args[0] == "--help"
        return super().parse_args(ctx, args if asks else [DAY, *args])


app = typer.Typer(
    cls=_DateFirst, no_args_is_help=True, help="Compare our ledger with the payment company's book: autopay reconcile DATE."
)


@dataclass(frozen=True)
class Told:
    name: str
    first: date
    last: date
    currency: str
    sums: Compared
    open: list[Open]


@app.command(DAY)
def day(
    on: Annotated[
        datetime | None, typer.Argument(metavar="[DATE]", formats=["%Y-%m-%d"], help="A local date, like 2026-06-01.")
    ] = None,
    first: Annotated[datetime | None, typer.Option("--from", formats=["%Y-%m-%d"], help="Every date from this one on.")] = None,
    last: Annotated[
        datetime | None, typer.Option("--to", formats=["%Y-%m-%d"], help="Up to this one; without it, up to yesterday.")
    ] = None,
    biller: str = typer.Option(None, help="Name, short name or public id; all of them without it."),
    as_json: bool = typer.Option(False, "--json"),
) -> None:
    """Compare a date, or some in a row; the word `day` may be left out. Exit status 1 while a difference is open."""
    start()
    begin, until = on or first, on or last
    if begin is None or (on and (first or last)):
        raise fail("Say which day: autopay reconcile 2026-06-01, or --from 2026-06-01 --to 2026-06-30.")
    told = asyncio.run(_compare(biller, begin.date(), until.date() if until else None))
    if as_json:
        typer.echo(json.dumps([_as_json(each) for each in told], default=str, indent=1))
    else:
        for each in told:
            _show(each)
    if any(each.open for each in told):
        raise fail("Books differ. Do what is said of each, then: autopay reconcile resolve ID --note TEXT")


@app.command("resolve")
def resolve_one(
    difference: Annotated[int, typer.Argument(metavar="ID", help="As `autopay reconcile DATE` shows it.")],
    note: str = typer.Option(..., prompt=True, help="What was done about it."),
) -> None:
    """Answer a difference. Its invoice can be paid again once nothing else is open about it. The journal keeps who, when and the note."""
    start()
    from autopay.database import PooledDatabase
    from autopay.journal.write import By
    from autopay.reconciliation.resolve import resolve
    from autopay.refusal import Refusal
    from autopay.running import clock

    db = PooledDatabase(conf().dsn("engine"), size=1)
    try:
        freed = resolve(db, difference, note, By("cli", clock().now()))
    except Refusal as refusal:
        raise fail(refusal.text) from None
    finally:
        db.close()
    typer.echo(f"Difference {difference} is resolved." + (f" {freed} invoice(s) can be paid again." if freed else ""))


async def _compare(named: str | None, first: date, last: date | None) -> list[Told]:
    """Every date of every biller whose payment company is connected; progress goes to standard error."""
    from autopay.reconciliation.catch_up import billers as connected
    from autopay.running import at_work

    names = {found.id: found.name for found in billers(named)}
    async with at_work() as running:
        those = [each for each in connected(running.db) if each.id in names]
        if not those:
            raise fail("No payment company is connected. Connect one: autopay biller connect")
        return [await _one(running, each, names[each.id], (first, last)) for each in those]


async def _one(running: Engine, biller: BillerZone, name: str, between: tuple[date, date | None]) -> Told:
    from autopay.processors.book import CannotAsk
    from autopay.reconciliation.catch_up import last_over
    from autopay.reconciliation.read import Day
    from autopay.reconciliation.reconcile import reconcile
    from autopay.reconciliation.report import compared, open_differences

    over = last_over(running.clock.now(), biller.zone)
    first, last = between[0], between[1] or over
    if last > over or first > last:
        raise fail(f"{name}: give dates in order, up to {over}: a day is compared two hours after it is over.")
    for on in _days(first, last):
        try:
            count = await reconcile(running, Day(biller.id, biller.zone, biller.currency, on))
        except CannotAsk as problem:
            raise fail(
                f"{name}, {on}: the payment company cannot be asked now ({problem}). The day counts as not compared."
            ) from None
        typer.echo(f"{name}, {on}: {count.compared} compared, {count.found} differences new, {count.closed} gone", err=True)
    with running.db.transaction() as tx:
        differences = open_differences(tx, biller.id)
    return Told(name, first, last, biller.currency, compared(running.db, biller.id, first, last), differences)


def _days(first: date, last: date) -> Iterator[date]:
    return (first + timedelta(days=number) for number in range((last - first).days + 1))


def _as_json(told: Told) -> dict[str, Any]:
    return asdict(told) | {"open": [asdict(each) | {"what_to_do": each.what_to_do} for each in told.open]}


def _show(told: Told) -> None:
    sums, console = told.sums, Console(soft_wrap=True, highlight=False)
    dates = str(told.first) if told.first == told.last else f"{told.first} to {told.last}"
    table = Table("", "ours", "theirs", title=f"{told.name}, {dates}: {sums.compared} compared")
    for word in ("captured", "refunded", "returned"):
        pair = [_amount(getattr(sums, f"{word}_{whose}"), told.currency) for whose in ("ours", "theirs")]
        table.add_row(word + (" or disputed" if word == "returned" else ""), *pair)
    table.add_row("fees", "", _amount(sums.fees, told.currency) + ("" if sums.fees_checked else " (not checked: rates not set)"))
    paid = f"{_amount(sums.paid_out, told.currency)} in {sums.payouts}"
    table.add_row("paid out", "", paid + ("" if sums.payouts_checked else " (not checked: not itemized)"))
    console.print(table)
    for each in told.open:
        invoice = f", invoice {each.invoice}" if each.invoice else ""
        ours, theirs = (_amount(minor, each.currency) for minor in (each.ours, each.theirs))
        console.print(
            f"[bold]{each.id}[/] {each.on} {each.kind} of {each.about} {each.ref}{invoice}: ours {ours}, theirs {theirs}"
        )
        console.print(f"    {each.what_to_do}")


def _amount(minor: int | None, currency: str) -> str:
    """Theirs may be a currency we do not bill in: told in its minor units."""
    if minor is None:
        return "nothing"
    return str(Money(minor, currency)) if currency in MINOR_DIGITS else f"{minor} minor units of {currency}"
