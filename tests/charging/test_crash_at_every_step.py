"""One seeded history, run once for every step it has, with the process dying on that step (rules B1, F1).

The history: visits are invoiced, one answer is lost, a card declines, a refund is asked, a patient is switched off. Whatever the
step, what is left in the database is enough for the next worker to end it right, with the sandbox's own book as the judge.
"""

from __future__ import annotations

import asyncio
import random
from datetime import timedelta

import pytest

from autopay.agreements.models import Switch
from autopay.charging.look_up import look_up_open_charges
from autopay.charging.refund import RefundWish, refund
from autopay.charging.send import send_due_charges
from autopay.charging.send_refunds import send_due_refunds
from autopay.charging.switch import set_switch
from autopay.database import Step
from tests.fixtures.world import SAVES_THEN_DECLINES, Crash, Crasher, World

SEED = 20260521
SHARDS = 8
"""Every eighth step in every run, all of them under `make prove`."""


async def history(world: World, step: Step) -> None:
    """Deterministic in SEED; once everybody is there, raises Crash wherever `step` says so."""
    dice = random.Random(SEED)
    maria, omar, ruth = (
        await world.patient("Maria"),
        await world.patient("Omar", SAVES_THEN_DECLINES),
        await world.patient("Ruth"),
    )
    world.step = step
    for payer in (maria, omar, ruth, maria):
        world.visit(payer, dice.randrange(1000, 9000))
    world.restart()
    await world.fault(action=dice.choice(["lost_after", "error_after"]), operation="payment_intents.create", skip=1)
    await send_due_charges(world.engine)
    world.moved += timedelta(seconds=10)
    await look_up_open_charges(world.engine)
    for row in world.rows("select id from invoice where captured > 0 order by id limit 1"):
        refund(world.app, world.biller, RefundWish(row["id"], 300), world.by())
    await send_due_refunds(world.engine)
    world.visit(ruth, 4000)
    set_switch(world.app, world.biller, ruth, Switch.OFF, world.by())
    await send_due_charges(world.engine)


async def check(world: World) -> None:
    """Our books, the ledger and the sandbox's book say the same, and no invoice was captured twice (I1, I4, I7, I15)."""
    assert world.rows("select id, state from charge where state in ('due', 'sending', 'unknown')") == []
    book = await asyncio.to_thread(world.book)
    assert all(payment["captures"] <= 1 for payment in book["payments"])
    ours = world.value("select coalesce(sum(captured - returned - refunded), 0)::bigint from invoice")
    assert ours == sum(payment["kept"] for payment in book["payments"])
    ledger = world.value(
        """select coalesce(sum(case when debit = 'processor' then minor when credit = 'processor' then -minor else 0 end), 0)::bigint
           from ledger_transfer"""
    )
    assert ledger == ours
    assert (
        world.value("select count(*) from charge c join payer p on p.id = c.payer_id where p.name = 'Omar' and c.state = 'paid'")
        == 0
    )
    assert world.value("select count(*) from charge_part where live") == 0
    after_off = """select c.id from charge c join agreement a on a.payer_id = c.payer_id
        where a.switch = 'off' and c.minor = 4000 and c.state = 'paid'"""
    assert world.rows(after_off) == []
    twice = "select invoice_id from charge_part p join charge c on c.id = p.charge_id where c.state = 'paid' group by 1 having count(*) > 1"
    assert world.rows(twice) == []
    assert world.rows("select id from unmatched_receipt") == []


@pytest.mark.parametrize("shard", [0, *(pytest.param(each, marks=pytest.mark.prove) for each in range(1, SHARDS))])
async def test_V35_I1_a_crash_at_any_step_of_the_history_ends_with_every_invoice_captured_at_most_once(
    worlds: object, shard: int
) -> None:
    number, total = shard + 1, 10**6
    while number <= total:
        with worlds() as world:  # type: ignore[operator]
            crasher = Crasher(at=number)
            try:
                await history(world, crasher)
                total = len(crasher.steps)
            except Crash:
                pass
            world.step = lambda _what: None
            try:
                world.restart()
                world.moved += timedelta(minutes=5)
                await world.until_quiet()
                await check(world)
            finally:
                await world.close()
        number += SHARDS
    assert total > 80, "the history has become too small to prove anything"
