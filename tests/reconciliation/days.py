"""Days that pass for both sides of the wire, and the run of one."""

from __future__ import annotations

import asyncio
from datetime import UTC, date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from autopay.reconciliation.fees import Rates
from autopay.reconciliation.rates import set_rates
from autopay.reconciliation.read import Day
from autopay.reconciliation.reconcile import Count, reconcile
from tests.fixtures.world import ZONE, World

SANDBOX = Rates(date(2020, 1, 1), "USD", 290, 30, 80, 0, 500, 1500)
"""What the sandbox takes (sandbox_processor/operations/ledger.py)."""


def with_rates(world: World) -> None:
    with world.app.transaction(world.biller) as tx:
        set_rates(tx, world.biller, SANDBOX, world.by())


async def to_noon(world: World) -> None:
    """Both clocks go on to the next local noon: no test depends on the time of day it is run at."""
    now = world.clock.now().astimezone(ZoneInfo(ZONE)).replace(tzinfo=None)
    noon = now.replace(hour=12, minute=0, second=0) + timedelta(days=now.hour >= 12)
    step = noon.replace(tzinfo=ZoneInfo(ZONE)).astimezone(UTC) - world.clock.now()
    world.moved += step
    await asyncio.to_thread(world._post, "/_sandbox/clock/advance", {"seconds": int(step.total_seconds())})


async def pass_hours(world: World, hours: int) -> None:
    world.moved += timedelta(hours=hours)
    await asyncio.to_thread(world._post, "/_sandbox/clock/advance", {"hours": hours})


async def pass_days(world: World, days: int) -> None:
    await pass_hours(world, 24 * days)


def today(world: World) -> date:
    return world.clock.today(ZONE)


async def compared(world: World, on: date) -> Count:
    return await reconcile(world.engine, Day(world.biller, ZONE, "USD", on))


async def tomorrow(world: World) -> Count:
    """A day passes, a worker works, and the day is compared."""
    on = today(world)
    await pass_days(world, 1)
    await world.work(2)
    return await compared(world, on)


def differences(world: World) -> list[dict[str, Any]]:
    return world.rows(
        """select id, kind, about, ref, ours, theirs, next_step from difference where resolved_at is null order by id"""
    )


def told(world: World) -> set[tuple[str, str]]:
    return {(each["kind"], each["about"]) for each in differences(world)}
