from __future__ import annotations

from tests.fixtures.world import World
from tests.reconciliation.days import differences, tomorrow, with_rates


async def test_a_day_of_payments_that_agree_raises_nothing_and_is_done(world: World) -> None:
    with_rates(world)
    payer = await world.patient("Maria")
    for _ in range(3):
        world.visit(payer)
    await world.work()
    count = await tomorrow(world)
    assert differences(world) == []
    assert (count.compared, count.found) == (3, 0)
    for _ in range(7):
        await tomorrow(world)
    assert differences(world) == []
    assert world.value("select count(*) from booking where payout <> ''") == 3
