"""A payment recorded for one bill of a due monthly charge: the rest is charged at once, nothing twice, whoever races it (A62)."""

from __future__ import annotations

import asyncio
import random
import threading
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest

from autopay.charging.night import work_nights
from autopay.charging.pay_now import Wish, pay_now
from autopay.charging.record_payment import Payment, record_payment
from autopay.charging.send import send_due_charges
from autopay.charging.void import void
from autopay.refusal import Refusal
from tests.charging.test_months import _start_nights, at, enrolled, practice, walk
from tests.fixtures.world import Crash, Crasher, World

MONTH = 25685
FEBRUARY = date(2027, 2, 1)


async def two_bills_due(world: World) -> list[int]:
    """January's bill was taken along on enrolling; on February 1 one charge over both is due and not sent. Their ids."""
    first = date(2026, 12, 30)
    at(world, first)
    _start_nights(world, first)
    payer = await practice(world, 1)
    await walk(world, first, date(2027, 1, 5))
    await enrolled(world, payer, take_open=True)
    await walk(world, date(2027, 1, 6), date(2027, 1, 31))
    at(world, FEBRUARY)
    work_nights(world.engine)
    assert world.rows("select state, period from charge") == [{"state": "due", "period": FEBRUARY}]
    return [row["id"] for row in world.rows("select id from invoice order by id")]


def pay(world: World, invoice: int, minor: int, name: str = "check 1007") -> None:
    record_payment(world.app, world.biller, invoice, Payment(minor, "check", world.clock.today("UTC"), name), world.by())


async def settled(world: World) -> None:
    """Every bill is paid, exactly: what the processor keeps and what came elsewhere add up to what was billed."""
    assert world.rows("select id from invoice where total <> captured - returned + elsewhere") == []
    assert await world.kept() == world.value("select sum(captured)::bigint from invoice")
    captured = world.value("select coalesce(sum(minor), 0)::bigint from ledger_transfer where kind = 'captured'")
    assert captured == await world.kept()
    book = await asyncio.to_thread(world.book)
    assert all(payment["captures"] <= 1 for payment in book["payments"])
    assert world.rows("select id from unmatched_receipt") == []


@pytest.mark.parametrize("paid", [0, 1])
async def test_A62_one_bill_of_the_month_is_paid_elsewhere_and_the_other_is_charged_at_once(world: World, paid: int) -> None:
    bills = await two_bills_due(world)
    pay(world, bills[paid], MONTH)
    assert world.rows("select state, period from charge order by id") == [
        {"state": "withdrawn", "period": FEBRUARY},
        {"state": "due", "period": FEBRUARY},
    ]
    await world.work(2)
    assert await world.kept() == MONTH
    await settled(world)


async def test_A53_one_bill_of_the_month_is_paid_now_and_the_other_is_charged_by_autopay(world: World) -> None:
    bills = await two_bills_due(world)
    wish = Wish(world.value("select payer_id from invoice"), (bills[0],), MONTH, world.value("select id from method"))
    pay_now(world.app, world.biller, wish, world.by())
    assert world.rows("select trigger, state, period from charge order by id") == [
        {"trigger": "monthly", "state": "withdrawn", "period": FEBRUARY},
        {"trigger": "pay_now", "state": "due", "period": None},
        {"trigger": "monthly", "state": "due", "period": FEBRUARY},
    ]
    await world.work(2)
    assert await world.kept() == 2 * MONTH
    await settled(world)


async def test_A62_what_a_payment_elsewhere_leaves_open_of_a_bill_is_charged_at_once(world: World) -> None:
    bills = await two_bills_due(world)
    pay(world, bills[1], 5685)
    await world.work(2)
    assert await world.kept() == 2 * MONTH - 5685
    assert world.rows("select distinct why from invoice") == [{"why": "charged"}]
    await settled(world)


async def test_A62_nothing_is_planned_where_no_charge_was_due_or_nothing_is_open(world: World) -> None:
    bills = await two_bills_due(world)
    pay(world, bills[0], MONTH, "one")
    pay(world, bills[1], MONTH, "two")
    await world.work(2)
    assert world.rows("select distinct state from charge") == [{"state": "withdrawn"}]
    assert await world.kept() == 0
    await walk(world, date(2027, 2, 2), date(2027, 3, 1))
    assert await world.kept() == MONTH


async def test_A62_a_payment_told_twice_withdraws_and_plans_nothing_the_second_time(world: World) -> None:
    bills = await two_bills_due(world)
    pay(world, bills[0], 1000)
    before = world.rows("select id, state from charge order by id")
    pay(world, bills[0], 1000)
    assert world.rows("select id, state from charge order by id") == before
    await world.work(2)
    assert await world.kept() == 2 * MONTH - 1000


async def test_A62_the_charge_planned_again_keeps_its_month_so_that_the_next_one_is_not_left_out(world: World) -> None:
    """Nobody sent February's charge; part of it is recorded on March 1, before the night bills March."""
    bills = await two_bills_due(world)
    at(world, date(2027, 3, 1))
    pay(world, bills[0], 1000)
    work_nights(world.engine)
    await world.work(2)
    charged = world.rows("select period, minor from charge where state = 'paid' order by period")
    assert charged == [{"period": FEBRUARY, "minor": 2 * MONTH - 1000}, {"period": date(2027, 3, 1), "minor": MONTH}]
    await settled(world)


async def test_A62_a_bill_taken_back_leaves_the_months_other_bills_to_be_charged(world: World) -> None:
    bills = await two_bills_due(world)
    void(world.app, world.biller, bills[0], world.by())
    await world.work(2)
    assert world.rows("select id from invoice where captured = total") == [{"id": bills[1]}]
    assert await world.kept() == MONTH


async def test_A62_while_a_payment_is_being_recorded_nobody_claims_and_then_only_the_rest_is_charged(world: World) -> None:
    bills = await two_bills_due(world)
    inside, go_on = threading.Event(), threading.Event()
    world.step = _pausing("commit", inside, go_on)
    recording = asyncio.create_task(asyncio.to_thread(pay, world, bills[0], 5685))
    assert await asyncio.to_thread(inside.wait, 10)
    assert await send_due_charges(world.engine) == 0
    go_on.set()
    await recording
    assert await send_due_charges(world.engine) == 1
    assert await world.kept() == 2 * MONTH - 5685
    await settled(world)


async def test_A62_a_charge_claimed_first_refuses_the_payment_with_the_reason(world: World) -> None:
    bills = await two_bills_due(world)
    inside, go_on = threading.Event(), threading.Event()
    engine = world.restart(_pausing("commit", inside, go_on))
    claiming = asyncio.create_task(asyncio.to_thread(lambda: asyncio.run(_send_alone(engine))))
    assert await asyncio.to_thread(inside.wait, 10)
    recording = asyncio.create_task(asyncio.to_thread(pay, world, bills[0], 5685))
    await asyncio.sleep(0.2)
    assert not recording.done()
    go_on.set()
    with pytest.raises(Refusal, match="is on its way"):
        await recording
    await claiming
    world.restart(lambda _what: None)
    world.moved += timedelta(minutes=5)
    await world.until_quiet()
    assert await world.kept() == 2 * MONTH
    await settled(world)


async def test_A62_recording_raced_by_the_worker_charges_and_records_no_cent_twice(world: World) -> None:
    dice = random.Random(5)
    await two_bills_due(world)
    month, taken, refused = FEBRUARY, 0, 0
    for n in range(12):
        bill = world.value("select max(id) from invoice")
        started = asyncio.create_task(asyncio.to_thread(pay, world, bill, 1000 + n, f"check {n}"))
        await asyncio.sleep(dice.uniform(0, 0.02))
        await send_due_charges(world.engine)
        try:
            await started
            taken += 1
        except Refusal as refusal:
            if refusal.code not in ("in_flight", "too_much"):
                raise
            refused += 1
        await world.until_quiet()
        await settled(world)
        month = date(month.year + month.month // 12, month.month % 12 + 1, 1)
        at(world, month)
        work_nights(world.engine)
    assert taken
    assert taken + refused == 12


async def test_A62_a_crash_at_any_step_of_recording_records_the_payment_once_and_charges_the_rest_once(world: World) -> None:
    bills = await two_bills_due(world)
    number, total = 1, 100
    while number <= total:
        crasher = Crasher(at=number)
        world.step = crasher
        try:
            pay(world, bills[0], 100, f"check {number}")
            total = len(crasher.steps)
        except Crash:
            pass
        world.step = lambda _what: None
        pay(world, bills[0], 100, f"check {number}")
        assert world.value("select count(*) from charge where state = 'due'") == 1
        number += 1
    assert total > 10
    recorded = 100 * (number - 1)
    assert world.value("select elsewhere from invoice order by id limit 1") == recorded
    await world.work(2)
    assert await world.kept() == 2 * MONTH - recorded
    await settled(world)


def _pausing(at_step: str, inside: threading.Event, go_on: threading.Event) -> Callable[[str], None]:
    def step(what: str) -> None:
        if what == at_step and not go_on.is_set():
            inside.set()
            go_on.wait(10)

    return step


async def _send_alone(engine: Any) -> None:
    """A claim whose process dies right after its commit: nothing is called."""
    from autopay.charging.send import claim

    claim(engine, 10)
