"""Every difference that is planted is found by the next run, with its kind, and nothing else is."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

import pytest

from autopay.reconciliation.difference import Kind
from tests.fixtures.world import World
from tests.reconciliation.days import compared, differences, pass_days, pass_hours, to_noon, today, with_rates
from tests.reconciliation.plant import AT_ONCE, WITH_THE_PAYOUT, Found, Plant, Planter, plant

A_DAY = 6


@pytest.mark.parametrize("many", [36, pytest.param(500, marks=pytest.mark.prove)])
async def test_every_planted_difference_is_found_by_the_next_run_and_nothing_else(world: World, many: int) -> None:
    await to_noon(world)
    with_rates(world)
    planter = Planter(world, random.Random(20260309))
    await planter.furnish()
    for _ in range(7):  # debits need days to arrive
        for _ in range(max(1, many // 70)):
            await planter.debit()
        await _day(planter, [])
    kinds = AT_ONCE + WITH_THE_PAYOUT
    plan = [kinds[number % len(kinds)] for number in range(many)]
    planter.chance.shuffle(plan)
    while plan:
        todays, plan = plan[:A_DAY], plan[A_DAY:]
        left = await _day(planter, todays)
        plan += left
    for _ in range(9):
        await _day(planter, [])
    open_now = _open(world)
    assert open_now == planter.now | planter.later
    assert sum(planter.counts.values()) >= many
    assert set(planter.counts) == {make.__name__ for make in kinds} | {"payout_sum"}
    assert {kind for kind, *_ in open_now} == {kind.value for kind in Kind}


async def _day(planter: Planter, plan: Sequence[Plant]) -> list[Plant]:
    """A day of ordinary payments with these differences among them, at different hours; then its run. Returns what could not be planted."""
    world, on = planter.world, today(planter.world)
    left = [make for make in plan[: len(plan) // 2] if not await plant(planter, make)]
    await planter.paid()
    await pass_hours(world, planter.chance.choice([0, 1]))
    left += [make for make in plan[len(plan) // 2 :] if not await plant(planter, make)]
    await planter.refunded()
    await planter.debit() if left else None
    await pass_days(world, 1)
    await world.work(2)
    if plan:
        await _misstate_a_payout(planter, on)
    while on < today(world):
        await compared(world, on)
        on += timedelta(days=1)
    found = _open(world)
    assert planter.now - found == set()
    assert found - planter.now - planter.later == set()
    return left


async def _misstate_a_payout(planter: Planter, on: date) -> None:
    """One of the days that are compared next, if money arrives on it."""
    for payout in (await planter.look("payouts?limit=3"))["data"]:
        arrives = datetime.fromtimestamp(payout["arrival_date"], UTC).date()
        if on <= arrives < today(planter.world):
            await planter.misbook(payout["id"], amount=payout["amount"] + 100)
            planter.count("payout_sum", ("payout_sum", "payout", payout["id"]))
            return


def _open(world: World) -> set[Found]:
    return {(each["kind"], each["about"], each["ref"]) for each in differences(world)}
