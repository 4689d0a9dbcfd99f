"""What a 429 asks for is what the account gets: header, SDK, adapter, settling and pace, over real HTTP."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

import pytest

from autopay.charging.send import send_due_charges
from autopay.processors.pace import FIRST_PAUSE
from autopay.processors.stripe.failure import LONGEST_WAIT
from tests.fixtures.world import World


async def refused_once(world: World, **asked: object) -> tuple[int, float, float]:
    """One charge that meets a 429. Returns its invoice, and the pause of the account and of the charge in seconds, from just before."""
    invoice = world.visit(await world.patient("Maria"), 8500)
    await world.fault(action="rate_limited", operation="payment_intents.create", times=1, **asked)
    before = world.clock.machine()
    assert await send_due_charges(world.engine) == 1
    row = world.rows("select p.paused_until, c.run_at, c.state from processor_pace p join charge c on c.biller_id = p.biller_id")[
        0
    ]
    assert row["state"] == "due"
    assert isinstance(row["paused_until"], datetime)
    return invoice, (row["paused_until"] - before).total_seconds(), (row["run_at"] - before).total_seconds()


async def paid_once(world: World, invoice: int) -> None:
    book = await asyncio.to_thread(world.book)
    assert [payment["kept"] for payment in book["payments"]] == [8500]
    assert world.state(invoice) == "paid"
    taken = (
        "select i.captured, (select sum(p.minor) from charge_part p where p.invoice_id = i.id) from invoice i where i.id = %(i)s"
    )
    assert list(world.rows(taken, i=invoice)[0].values()) == [8500, 8500]


async def test_a_429_that_asks_for_40_seconds_gets_them_and_the_charge_is_paid_once_after(world: World) -> None:
    invoice, account, charge = await refused_once(world, retry_after=40)
    assert 40 <= account < 45
    assert 40 <= charge < 45
    other = world.visit(await world.patient("Omar"), 700)
    world.moved += timedelta(seconds=39)
    assert await send_due_charges(world.restart()) == 0, "not of this account, whichever worker"
    assert world.state(other) == "due"
    with world.owner.transaction() as tx:
        tx.run(
            "update charge set state = 'withdrawn' where id = (select charge_id from charge_part where invoice_id = %(i)s)",
            i=other,
        )
    world.moved += timedelta(seconds=6)
    assert await send_due_charges(world.engine) == 1
    await world.until_quiet()
    await paid_once(world, invoice)
    assert world.value("select failures from processor_pace") == 0


@pytest.mark.parametrize("asked", ["Thu, 26 Nov 2026 12:00:40 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "soon", "-5", "0"])
async def test_what_is_no_number_of_seconds_is_left_aside_and_the_pause_is_the_growing_one(world: World, asked: str) -> None:
    invoice, account, charge = await refused_once(world, retry_after=asked)
    assert FIRST_PAUSE <= account < FIRST_PAUSE + 4
    assert charge < 20
    world.moved += timedelta(seconds=20)
    assert await send_due_charges(world.engine) == 1
    await world.until_quiet()
    await paid_once(world, invoice)


async def test_an_hour_is_the_longest_that_is_believed_of_account_and_charge(world: World) -> None:
    invoice, account, charge = await refused_once(world, retry_after=400_000_000)
    assert LONGEST_WAIT <= account < LONGEST_WAIT + 5
    assert LONGEST_WAIT <= charge < LONGEST_WAIT + 5
    world.moved += timedelta(seconds=LONGEST_WAIT + 5)
    assert await send_due_charges(world.engine) == 1
    await paid_once(world, invoice)
