"""`autopay reconcile`, `autopay biller rates`, and what `autopay doctor` says of books."""

from __future__ import annotations

import asyncio
import json
import random
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import connections
from typer.testing import CliRunner, Result

from autopay.cli.doctor import Finding, findings
from autopay.cli.main import app
from autopay.running import clock
from tests.fixtures.world import ZONE, World
from tests.reconciliation.days import today
from tests.reconciliation.plant import Planter, not_there, other_fee, taken_there

RATES = ("--since", "2020-01-01", "--card-points", "290", "--card-fixed", "30", "--bank-points", "80", "--dispute-fixed", "1500")


async def autopay(*words: str) -> Result:
    """As typed in a shell; the world's own loop goes on meanwhile."""
    return await asyncio.to_thread(_invoke, words)


def _invoke(words: tuple[str, ...]) -> Result:
    try:
        return CliRunner().invoke(app, list(words))
    finally:
        connections.close_all()  # this thread's


async def finding(check: str) -> Finding:
    return next(each for each in await asyncio.to_thread(findings) if each.check == check)


async def some_days_ago(world: World, days: int) -> tuple[Planter, date]:
    """Both clocks stand there before anything happens."""
    world.moved = -timedelta(days=days)
    await asyncio.to_thread(world._post, "/_sandbox/clock", {"to": (datetime.now(UTC) - timedelta(days=days)).isoformat()})
    made = Planter(world, random.Random(1))
    await made.furnish()
    return made, today(world)


async def back_to_the_present(world: World) -> None:
    world.moved = timedelta()
    await asyncio.to_thread(world._post, "/_sandbox/clock", {"to": datetime.now(UTC).isoformat()})


async def test_a_day_is_printed_with_its_sums_and_what_to_do_and_the_exit_status_tells(world: World) -> None:
    made, on = await some_days_ago(world, 3)
    assert (await autopay("biller", "rates", *RATES)).exit_code == 0
    await made.refunded()
    await back_to_the_present(world)
    clean = await autopay("reconcile", str(on))
    assert clean.exit_code == 0, clean.output
    assert "85.00 USD" in clean.output
    assert "2.77 USD" in clean.output
    assert "not checked" not in clean.output
    assert f"{on}: 1 compared, 0 differences new, 0 gone" in clean.stderr


async def test_differences_are_listed_and_resolved_by_their_number(world: World) -> None:
    made, on = await some_days_ago(world, 3)
    _, _, ref = await not_there(made)
    await taken_there(made)
    await back_to_the_present(world)
    told = await autopay("reconcile", str(on), "--json")
    assert told.exit_code == 1
    (report,) = json.loads(told.stdout)
    assert [(each["kind"], each["ours"], each["theirs"]) for each in report["open"]] == [
        ("missing_with_them", 8500, None),
        ("missing_with_us", None, 8500),
    ]
    assert all(each["what_to_do"].endswith(".") for each in report["open"])
    assert not report["sums"]["fees_checked"]
    shown = await autopay("reconcile", str(on))
    assert shown.exit_code == 1
    assert "not checked: rates not set" in shown.output
    assert f"missing_with_them of payment {ref}, invoice 1001: ours 85.00 USD, theirs nothing" in shown.output
    assert "Ask the payment company for this payment by its reference." in shown.output
    assert "autopay reconcile resolve ID" in shown.stderr
    assert (await finding("books")).says.startswith("2 differences to the payment company's book are open, the oldest since ")
    for each in report["open"]:
        assert (await autopay("reconcile", "resolve", str(each["id"]), "--note", "done")).exit_code == 0
    again = await autopay("reconcile", "resolve", str(report["open"][0]["id"]), "--note", "done")
    assert (again.exit_code, again.stderr) == (1, f"Difference {report['open'][0]['id']} is resolved already, by cli.\n")
    assert (await autopay("reconcile", str(on))).exit_code == 0
    assert (await finding("books")).ok


async def test_a_range_of_dates_is_done_in_order_with_progress(world: World) -> None:
    made, on = await some_days_ago(world, 5)
    await made.paid()
    await back_to_the_present(world)
    told = await autopay("reconcile", "--from", str(on), "--to", str(on + timedelta(2)))
    assert told.exit_code == 0
    progress = [line for line in told.stderr.splitlines() if "compared" in line]
    assert [str(on + timedelta(n)) in line for n, line in enumerate(progress)] == [True] * 3
    rows = world.rows('select "on" from reconciliation where done_at is not null order by "on"')
    assert [row["on"] for row in rows] == [on, on + timedelta(1), on + timedelta(2)]
    assert (await autopay("reconcile", "--from", str(on))).exit_code == 0
    assert world.value("select count(*) from reconciliation") >= 4


async def test_a_day_that_is_not_over_or_not_said_is_refused_with_what_to_do(world: World) -> None:
    now: Any = clock().today(ZONE)
    for words in (
        [str(now)],
        ["--from", str(now - timedelta(2)), "--to", str(now - timedelta(3))],
        [str(now), "--from", str(now)],
        ["--json"],
    ):
        told = await autopay("reconcile", *words)
        assert told.exit_code == 1
        assert "reconcile 2026-06-01" in told.stderr or "a day is compared two hours after it is over" in told.stderr
    with world.owner.transaction() as tx:
        tx.run("update processor_account set connected = false")
    assert "autopay biller connect" in (await autopay("reconcile", "2026-01-05")).stderr
    assert (await autopay("reconcile", "resolve", "77", "--note", "x")).stderr == "There is no difference 77.\n"


async def test_a_processor_that_cannot_be_asked_ends_in_one_line(world: World) -> None:
    _, on = await some_days_ago(world, 3)
    await back_to_the_present(world)
    await world.fault(action="unavailable", operation=["balance_transactions.list"])
    told = await autopay("reconcile", str(on))
    assert told.exit_code == 1
    assert "The day counts as not compared." in told.stderr
    assert len(told.stderr.splitlines()) == 1


async def test_days_that_wait_are_told_by_the_doctor(world: World) -> None:
    assert (await finding("days compared")).ok
    with world.owner.transaction() as tx:
        tx.run(
            """insert into reconciliation (biller_id, "on", why) values (%(b)s, '2026-01-05', 'It could not be asked.')""",
            b=world.biller,
        )
    found = await finding("days compared")
    assert found.says == "1 days wait, the first is 2026-01-05"
    assert found.do.endswith("It could not be asked.")


@pytest.mark.parametrize("words", [("--since", "2020-01-01"), ("--card-points", "10001")])
async def test_rates_that_cannot_be_are_refused(world: World, words: tuple[str, str]) -> None:
    assert (await autopay("biller", "rates", *RATES)).exit_code == 0
    told = await autopay("biller", "rates", *RATES, *words)
    assert told.exit_code == 1
    assert told.stderr.startswith(("There are rates from", "Rates are 0 to 10000"))


async def test_a_fee_that_differs_is_found_once_rates_are_typed_in(world: World) -> None:
    made, on = await some_days_ago(world, 3)
    await autopay("biller", "rates", *RATES)
    await other_fee(made)
    await back_to_the_present(world)
    told = await autopay("reconcile", str(on))
    assert "wrong_fee of payment" in told.output
