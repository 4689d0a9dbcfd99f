"""`autopay restored`, and what the other commands say until it was run."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

import autopay.worker
from autopay.cli.doctor import findings
from autopay.installation.watch import begin, is_copy, lift, watch
from autopay.running import place
from autopay.wallet.save import Wallets
from autopay.worker import Worker
from tests.fixtures.world import SECRET, World


@dataclass(frozen=True)
class Result:
    exit_code: int
    output: str


async def run(*words: str) -> Result:
    """The command as it is typed, in a process of its own."""
    command = [sys.executable, "-c", "from autopay.cli.main import main; main()", *words]
    done = await asyncio.to_thread(subprocess.run, command, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
    return Result(done.returncode, done.stdout + done.stderr)


def at_work(world: World) -> None:
    assert watch(world.engine.db, place(), datetime.now(UTC)) is None


async def doctor() -> str:
    """What it says to do about the quarantine; empty if all is well."""
    return next(each.do for each in await asyncio.to_thread(findings) if each.check == "quarantine")


async def test_I24_books_that_are_well_need_no_command(world: World) -> None:
    at_work(world)
    told = await run("restored", "--this-is-the-only-one")
    assert (told.exit_code, "nothing to do" in told.output) == (0, True)
    assert await doctor() == ""


async def test_I24_until_it_is_confirmed_nothing_is_sent_and_doctor_says_what_to_do(world: World) -> None:
    world.visit(await world.patient("Maria"))
    await world.work()
    late = world.visit(await world.patient("Ruth"))
    at_work(world)
    told = await run("restored", "--since", "2026-11-20T18:00Z")
    assert told.exit_code == 1
    assert "Still in quarantine" in told.output
    assert "1 read, 1 of them ours" in told.output
    assert "autopay restored" in await doctor()
    assert "Nothing is sent: somebody said that these books were restored" in (await run("charge")).output
    assert world.state(late) == "due"
    told = await run("restored", "--this-is-the-only-one", "--json")
    assert told.exit_code == 0
    assert '"ours": 1' in told.output
    assert await doctor() == ""
    assert "1 due charges were sent" in (await run("charge")).output
    assert await world.kept() == 17000


async def test_I24_a_copy_forgets_the_keys_and_mails_nobody(world: World) -> None:
    late = world.visit(await world.patient("Maria"))
    at_work(world)
    begin(world.engine.db, datetime.now(UTC))
    told = await run("restored", "--as-a-copy")
    assert (told.exit_code, "charges nobody and mails nobody" in told.output) == (0, True)
    assert world.rows("select biller_id from processor_account") == []
    assert is_copy(world.engine.db)
    world.restart()
    await world.work(3)
    assert world.state(late) == "due"
    assert await world.kept() == 0
    actions = world.rows("select action from journal_entry where action = 'processor keys forgotten'")
    assert len(actions) == 1


async def test_books_that_were_never_at_work_want_to_be_told_since_when(world: World) -> None:
    begin(world.engine.db, datetime.now(UTC))
    told = await run("restored", "--this-is-the-only-one")
    assert told.exit_code == 1
    assert "--since" in told.output
    assert (await run("restored", "--since", "2026-11-20T18:00Z", "--this-is-the-only-one")).exit_code == 0


@pytest.mark.parametrize("words", [["--since", "yesterday"], ["--as-a-copy", "--this-is-the-only-one"]])
async def test_what_makes_no_sense_is_refused(world: World, words: list[str]) -> None:
    at_work(world)
    assert (await run("restored", *words)).exit_code == 1
    assert await doctor() == ""


async def test_a_processor_that_does_not_answer_leaves_the_quarantine_as_it_is(world: World) -> None:
    at_work(world)
    with world.owner.transaction() as tx:
        tx.run("update processor_account set api_base = 'http://127.0.0.1:9'")
    told = await run("restored", "--since", "2026-11-20T18:00Z", "--this-is-the-only-one")
    assert told.exit_code == 1
    assert "cannot be asked now" in told.output
    assert "autopay restored" in await doctor()


async def test_I24_a_worker_rests_in_quarantine_and_goes_on_by_itself_after_it(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(autopay.worker, "LOOK", 0.1)
    at_work(world)
    begin(world.engine.db, datetime.now(UTC))
    charge = world.visit(await world.patient("Maria"))
    nights = world.value("select count(*) from night")
    engine = world.restart()
    wallets = Wallets(engine.db, engine.processors, engine.clock, SECRET)
    worker = Worker(engine, wallets, world.dsns["engine"], watch=lambda: watch(engine.db, place(), datetime.now(UTC)))
    world.moved += timedelta(days=1)
    running = asyncio.create_task(worker.run())
    await asyncio.sleep(2)
    assert world.state(charge) == "due"
    assert world.value("select count(*) from night") == nights
    lift(world.owner, place(), datetime.now(UTC))
    for _ in range(100):
        await asyncio.sleep(0.1)
        if world.state(charge) == "paid":
            break
    worker.stopping.set()
    await running
    assert world.state(charge) == "paid"
    assert world.value("select count(*) from night") > nights
