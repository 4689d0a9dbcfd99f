"""`autopay clock`: in the demo, and only there, time can be moved: application and sandbox together, day by day."""

from __future__ import annotations

import json
import re

import typer

from autopay.cli.started import fail, start
from autopay.conf import conf

app = typer.Typer(no_args_is_help=True, help="The demo's clock.")


@app.command()
def show(as_json: bool = typer.Option(False, "--json")) -> None:
    """What the application takes for now."""
    start()
    from autopay.running import clock

    now = clock().now()
    ahead = now - clock().machine()
    typer.echo(
        json.dumps({"now": now.isoformat(), "ahead_seconds": round(ahead.total_seconds())})
        if as_json
        else f"{now:%Y-%m-%d %H:%M} UTC"
    )


@app.command()
def advance(by: str = typer.Argument(help="How far: 1d, 31d, 2w.")) -> None:
    """Walk forward day by day, each day's work done before the next begins. A running worker does the work."""
    start()
    if not conf().demo:
        raise fail("The clock moves in the demo only.")
    days = _days(by)
    from autopay.demo_clock import NotDone, next_day

    with typer.progressbar(range(days), label="Days") as walk:
        for _ in walk:
            try:
                next_day()
            except NotDone as problem:
                raise fail(str(problem)) from None


def _days(text: str) -> int:
    found = re.fullmatch(r"(\d+)([dw])", text.strip())
    if not found or not 0 < int(found[1]) <= 3660:
        raise fail(f"{text!r} is not a time like 1d, 31d or 2w.")
    return int(found[1]) * (7 if found[2] == "w" else 1)
