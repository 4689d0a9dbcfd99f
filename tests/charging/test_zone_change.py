"""A changed time zone repeats no night and leaves none out: nights are rows per local date (A64, I19, design 4.13)."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from random import Random

import pytest

from autopay.charging.night import work_nights
from autopay.parties import house
from tests.charging.test_months import _start_nights, enrolled, practice
from tests.fixtures.world import World

ZONES = (
    "America/Los_Angeles",
    "America/New_York",
    "Pacific/Auckland",
    "Pacific/Honolulu",
    "Pacific/Kiritimati",
    "Pacific/Pago_Pago",
    "UTC",
)


def move(world: World, zone: str) -> None:
    with world.app.transaction(world.biller) as tx:
        seen = house.zone(tx)
    house.keep(world.app, world.biller, house.Zone(zone), seen, world.by())


@pytest.mark.parametrize("seed", range(3))
async def test_A64_I19_whatever_zones_are_chosen_when_every_date_is_done_once_and_every_month_billed_and_charged_once(
    world: World, seed: int
) -> None:
    """Three months, the clock looked at every few hours, a zone anywhere on earth some twenty times."""
    random, first = Random(seed), datetime(2027, 1, 20, 8, tzinfo=UTC)
    world.moved = first - datetime.now(UTC)
    _start_nights(world, date(2027, 1, 20))
    payer = await practice(world, 31)
    await enrolled(world, payer)
    at = first
    while at < datetime(2027, 4, 20, tzinfo=UTC):
        world.moved = at - datetime.now(UTC)
        if random.random() < 0.08:
            move(world, random.choice(ZONES))
        work_nights(world.engine)
        await world.work()
        at += timedelta(hours=random.choice([3, 7, 11]))
    nights = [row["on"] for row in world.rows('select "on" from night order by "on"')]
    assert nights == [nights[0] + timedelta(days=n) for n in range(len(nights))]
    assert world.value("select count(*) from night where done_at is null") == 0
    periods = [date(2027, 1, 31), date(2027, 2, 28), date(2027, 3, 31)]
    assert [row["period"] for row in world.rows("select period from invoice order by period")] == periods
    assert world.value("select count(distinct data) from journal_entry where action = 'time zone changed'") > 3
    assert world.rows("select state, count(*) as n from charge group by 1") == [{"state": "paid", "n": 3}]
    assert await world.kept() == 3 * 25685


async def test_A64_west_over_midnight_does_no_day_again_and_east_over_midnight_skips_none(world: World) -> None:
    def when(at: datetime) -> None:
        world.moved = at - datetime.now(UTC)

    when(datetime(2027, 3, 10, 12, tzinfo=UTC))
    _start_nights(world, date(2027, 3, 10))
    work_nights(world.engine)
    move(world, "Pacific/Auckland")  # there it is the 11th
    assert work_nights(world.engine) == 1
    move(world, "Pacific/Honolulu")  # back to the 10th
    assert work_nights(world.engine) == 0
    when(datetime(2027, 3, 12, 12, tzinfo=UTC))  # the 12th in Honolulu
    assert work_nights(world.engine) == 1
    done = [row["on"] for row in world.rows('select "on" from night where done_at is not null order by "on"')]
    assert done[-3:] == [date(2027, 3, 10), date(2027, 3, 11), date(2027, 3, 12)]
