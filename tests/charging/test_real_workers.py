"""Real worker processes, killed and frozen at random, while money moves; the sandbox's book decides (rules F1, F16, B4, B6)."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from autopay.charging.pay_now import Wish, pay_now
from autopay.refusal import Refusal
from tests.fixtures.world import World

LEASE = 6
PATIENCE = 90.0


class Workers:
    """`autopay worker` processes on the world's database, with a short lease."""

    def __init__(self, home: Path) -> None:
        self.running: list[subprocess.Popen[bytes]] = []
        self.log = (home / "workers.log").open("wb")

    def start(self) -> subprocess.Popen[bytes]:
        env = {**os.environ, "AUTOPAY_LEASE_SECONDS": str(LEASE), "AUTOPAY_LANES": "8"}
        code = "from autopay.cli.worker import worker; worker(0)"
        process = subprocess.Popen([sys.executable, "-c", code], env=env, stdout=self.log, stderr=self.log)
        self.running.append(process)
        return process

    def kill(self, process: subprocess.Popen[bytes]) -> None:
        process.kill()
        process.wait()
        self.running.remove(process)

    def close(self) -> None:
        for process in list(self.running):
            self.kill(process)
        self.log.close()


@contextmanager
def workers(home: Path) -> Iterator[Workers]:
    crew = Workers(home)
    try:
        yield crew
    finally:
        crew.close()


def busy(world: World) -> int:
    return int(world.value("select count(*) from charge where state in ('due', 'sending', 'unknown')"))


async def check(world: World, invoices: list[int]) -> None:
    book = await asyncio.to_thread(world.book)
    per_charge = [payment["metadata"]["charge"] for payment in book["payments"] if payment["captures"]]
    assert len(per_charge) == len(set(per_charge))
    assert await world.kept() == world.value("select sum(captured) from invoice") == sum(100 + n for n in range(len(invoices)))
    assert world.value("select count(*) from ledger_transfer where kind = 'captured'") == len(invoices)
    assert world.rows("select id from unmatched_receipt") == []


async def test_V35_SIGKILL_of_workers_in_the_middle_of_a_run_captures_every_invoice_exactly_once(
    world: World, tmp_path: Path
) -> None:
    dice = random.Random(7)
    payers = [await world.patient(f"P{n}") for n in range(4)]
    await world.fault(action="slow", ms=150, operation="payment_intents.create", times=None)
    invoices = [world.visit(payers[n % 4], 100 + n) for n in range(48)]
    with workers(tmp_path) as crew:
        crew.start(), crew.start()
        for _ in range(5):
            await asyncio.sleep(dice.uniform(0.8, 1.6))
            crew.kill(dice.choice(crew.running))
            crew.start()
        deadline = time.monotonic() + PATIENCE
        while busy(world) and time.monotonic() < deadline:
            await asyncio.sleep(0.2)
    assert busy(world) == 0
    await check(world, invoices)


async def test_V35_SIGSTOP_past_the_lease_and_SIGCONT_while_the_invoice_is_paid_by_hand_captures_it_once(
    world: World, tmp_path: Path
) -> None:
    payers = [await world.patient(f"P{n}") for n in range(2)]
    methods = {row["payer_id"]: row["id"] for row in world.rows("select payer_id, id from method")}
    await world.fault(action="slow", ms=400, operation="payment_intents.create", times=None)
    invoices = [world.visit(payers[n % 2], 100 + n) for n in range(12)]
    with workers(tmp_path) as crew:
        sleeper = crew.start()
        while world.value("select count(*) from charge where state = 'sending'") == 0:
            await asyncio.sleep(0.02)
        sleeper.send_signal(signal.SIGSTOP)
        awake = crew.start()
        deadline = time.monotonic() + LEASE * 2
        while time.monotonic() < deadline:
            for n, invoice in enumerate(invoices):
                await _pay_by_hand(world, payers[n % 2], methods[payers[n % 2]], invoice)
            await asyncio.sleep(0.5)
        sleeper.send_signal(signal.SIGCONT)
        deadline = time.monotonic() + PATIENCE
        while busy(world) and time.monotonic() < deadline:
            await asyncio.sleep(0.2)
        await asyncio.sleep(1)
        assert awake.poll() is None
        assert sleeper.poll() is None
    assert busy(world) == 0
    await check(world, invoices)


async def _pay_by_hand(world: World, payer: int, method: int, invoice: int) -> None:
    """As a person would who does not believe the screen; a refusal is the right answer while anything is in flight."""
    total = world.value("select total from invoice where id = %(i)s", i=invoice)
    try:
        await asyncio.to_thread(pay_now, world.app, world.biller, Wish(payer, (invoice,), total, method), world.by())
    except Refusal as refusal:
        if refusal.code not in ("in_flight", "changed"):
            raise


@pytest.mark.parametrize("rounds", [25])
async def test_A33_a_run_raced_by_a_cancellation_never_sends_after_it_and_the_words_match_the_book(
    world: World, tmp_path: Path, rounds: int
) -> None:
    from autopay.agreements.models import Switch
    from autopay.charging.switch import set_switch

    dice = random.Random(11)
    payer = await world.patient("Maria")
    with workers(tmp_path) as crew:
        crew.start(), crew.start()
        await asyncio.sleep(1.5)
        for n in range(rounds):
            set_switch(world.app, world.biller, payer, Switch.ON, world.by())
            invoice = await asyncio.to_thread(world.visit, payer, 100 + n)
            await asyncio.sleep(dice.uniform(0, 0.03))
            changed = await asyncio.to_thread(set_switch, world.app, world.biller, payer, Switch.OFF, world.by())
            told = {way.minor for way in changed.on_its_way}
            settled = world.value("select count(*) from charge where state = 'paid' and minor = %(m)s", m=100 + n)
            while busy(world):
                await asyncio.sleep(0.01)
            paid = world.state(invoice) == "paid"
            assert paid == (100 + n in told or bool(settled)), f"round {n}: told {told}, withdrawn {changed.withdrawn}"
    assert await world.kept() == world.value("select coalesce(sum(captured), 0)::bigint from invoice")
