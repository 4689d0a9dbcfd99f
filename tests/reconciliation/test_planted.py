"""Every difference that is planted is found by the next run, with its kind, and nothing else is."""

from __future__ import annotations

import random
from collections.abc import Sequence

import pytest

from tests.fixtures.world import World
from tests.reconciliation.days import compared, differences, pass_days, pass_hours, today, with_rates
from tests.reconciliation.plant import AT_ONCE, WITH_THE_PAYOUT, Found, Plant, Planter, plant

A_DAY = 6


@pytest.mark.parametrize("many", [36, pytest.param(500, marks=pytest.mark.prove)])
async def test_every_planted_difference_is_found_by_the_next_run_and_nothing_else(world: World, many: int) -> None:
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
    assert sum(planter.counts.values()) == many
    assert set(planter.counts) == {make.__name__ for make in kinds}


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
    payouts = await _misstate_a_payout(planter) if plan else set()
    while on < today(world):
        await compared(world, on)
        on = on.fromordinal(on.toordinal() + 1)
    found = _open(world)
    assert planter.now | payouts <= found, (planter.now | payouts) - found
    assert found <= planter.now | planter.later | payouts, found - planter.now - planter.later - payouts
    return left


async def _misstate_a_payout(planter: Planter) -> set[Found]:
    return set()


def _open(world: World) -> set[Found]:
    return {(each["kind"], each["about"], each["ref"]) for each in differences(world)}
