"""The calendar's property: in twenty years, whatever the zone and the hour, each month has one slot and each date is worked once (I19)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from random import Random

import pytest
from babel.core import get_global

from autopay.billing.bill import bill_accounts, next_bill_day
from autopay.billing.bill_day import days_in_month
from autopay.charging.night import work_nights
from autopay.charging.send import Engine
from autopay.clock import Clock, local_date, start_of
from autopay.database import PooledDatabase
from tests.billing.test_bill_day import DAY, accounts, begin, billed, by
from tests.surfaces.house import House

AMERICAN = {"US", "PR", "GU", "VI", "AS", "MP"}
"""Territories of the United States whose banks move dollars."""
ZONES = sorted(zone for zone, territory in get_global("zone_territories").items() if territory in AMERICAN)
FIRST, LAST = date(2024, 1, 1), date(2043, 12, 31)
MONTHS = [(year, month) for year in range(2024, 2044) for month in range(1, 13)]
HOUR = timedelta(hours=1)


def dates(first: date = FIRST, last: date = LAST) -> Iterator[date]:
    return (first + n * DAY for n in range((last - first).days + 1))


def test_every_american_zone_is_there() -> None:
    assert {"America/Phoenix", "America/Indiana/Knox", "America/Adak", "Pacific/Honolulu", "America/Puerto_Rico"} <= set(ZONES)
    assert "Pacific/Guam" in ZONES
    assert len(ZONES) > 30


@pytest.mark.parametrize("zone", ZONES)
def test_I19_dates_cover_the_time_of_a_zone_without_gap_or_overlap(zone: str) -> None:
    """A date begins where the one before it ends: so a tick at any hour finds exactly one date, and never an earlier one than before."""
    starts = {day: start_of(day, zone) for day in dates()}
    wrong = [
        day
        for day, at in starts.items()
        if local_date(at, zone) != day or local_date(at - timedelta(seconds=1), zone) != day - DAY
    ]
    assert wrong == []
    lengths = Counter(starts[day + DAY] - starts[day] for day in dates(last=LAST - DAY))
    assert set(lengths) <= {23 * HOUR, 24 * HOUR, 25 * HOUR}
    assert lengths[23 * HOUR] == lengths[25 * HOUR]


@pytest.mark.parametrize("anchor", range(1, 32))
def test_A51_I19_an_anchor_day_has_one_slot_in_every_month_in_every_zone(anchor: int) -> None:
    slots, day = [], FIRST - DAY
    while (day := next_bill_day(anchor, day)) <= LAST:
        slots.append(day)
    assert [(slot.year, slot.month) for slot in slots] == MONTHS
    assert [slot.day for slot in slots] == [min(anchor, days_in_month(slot)) for slot in slots]
    for zone in ZONES:
        instants = [start_of(slot, zone) for slot in slots]
        assert all(before < after for before, after in pairwise(instants))
        assert [local_date(at, zone) for at in instants] == slots


@pytest.mark.parametrize("anchor", range(1, 32))
def test_I19_the_next_slot_is_the_same_on_whatever_day_one_asks(anchor: int) -> None:
    slots = {date(y, m, min(anchor, days_in_month(date(y, m, 1)))) for y, m in [*MONTHS, (2044, 1)]}
    assert {next_bill_day(anchor, day) for day in dates()} == slots - {FIRST}  # the day itself is not after it
    assert all(next_bill_day(anchor, slot - DAY) == slot for slot in slots)


def test_A51_I19_the_bill_itself_falls_on_the_slots_of_twenty_years(vendor: House) -> None:
    """31 accounts, each with another anchor day, and the statement that bills them asked on every date: its hour does not matter to it."""
    begin(vendor, FIRST)
    payers = accounts(vendor, [*range(1, 32)], FIRST)
    for on in dates():
        with vendor.owner.transaction() as tx:
            bill_accounts(tx, vendor.id, on, by(on).at)
    firsts = [date(year, month, 1) for year, month in MONTHS]
    found = billed(vendor)
    for anchor, payer in enumerate(payers, 1):
        assert found[payer] == [each.replace(day=min(anchor, days_in_month(each))) for each in firsts]


def ticks(random: Random, first: datetime, last: datetime) -> Iterator[datetime]:
    """At whatever hour, mostly several a day, now and then none for some days."""
    at = first
    while at < last:
        yield at
        at += random.choice([HOUR / 4, HOUR, 5 * HOUR, 9 * HOUR, 26 * HOUR, timedelta(days=random.randint(2, 9))])
    yield last


def live(vendor: House, engine_db: PooledDatabase, zone: str, when: list[datetime]) -> None:
    """The real night job, ticked at these instants in this zone; then: each date once, on the first tick of its own or a later date."""
    first, last = (local_date(at, zone) for at in (when[0], when[-1]))
    vendor.run("update biller set zone = %(zone)s", zone=zone)
    begin(vendor, first)
    payers = accounts(vendor, [*range(1, 32)], first)
    for at in when:
        for _ in range(2):  # twice is once
            work_nights(Engine(engine_db, {}, Clock(machine=lambda at=at: at), b"secret"))  # type: ignore[misc]
    nights = vendor.rows('select "on", done_at from night where "on" >= %(first)s order by "on"', first=first)
    assert [night["on"] for night in nights] == [*dates(first, last)]
    assert [night["done_at"] for night in nights] == [
        next(at for at in when if local_date(at, zone) >= on) for on in dates(first, last)
    ]
    slots = {anchor: [on for on in dates(first, last) if on.day == min(anchor, days_in_month(on))] for anchor in range(1, 32)}
    found = billed(vendor)
    assert [found[payer] for payer in payers] == [slots[anchor] for anchor in range(1, 32)]
    issued = vendor.rows("select period, issued_at from invoice")
    assert all(local_date(row["issued_at"], zone) == row["period"] for row in issued)


@pytest.mark.parametrize(
    ("zone", "first", "days"),
    [
        ("America/Los_Angeles", datetime(2027, 10, 28, 3, tzinfo=UTC), 20),
        ("America/New_York", datetime(2028, 2, 25, 4, tzinfo=UTC), 20),
        ("America/Adak", datetime(2027, 10, 30, 9, tzinfo=UTC), 12),
        ("America/Phoenix", datetime(2028, 2, 26, 6, tzinfo=UTC), 12),
        ("Pacific/Guam", datetime(2028, 12, 28, 13, tzinfo=UTC), 8),
    ],
)
def test_I19_the_night_job_does_every_date_once_whatever_hour_it_ticks(
    vendor: House, engine_db: PooledDatabase, zone: str, first: datetime, days: int
) -> None:
    live(vendor, engine_db, zone, [*ticks(Random(zone), first, first + timedelta(days=days))])


@pytest.mark.prove
@pytest.mark.parametrize("zone", ["America/Los_Angeles", "America/Indiana/Knox", "Pacific/Honolulu", "Pacific/Guam"])
def test_I19_the_night_job_does_every_date_of_twenty_years_once(vendor: House, engine_db: PooledDatabase, zone: str) -> None:
    first = start_of(FIRST, zone)
    live(vendor, engine_db, zone, [*ticks(Random(zone), first, start_of(LAST, zone) + 20 * HOUR)])
