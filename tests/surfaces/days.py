"""The day on which a test of the screens takes place, and the nightly work up to it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from autopay.charging.night import work_nights
from autopay.charging.send import Engine
from autopay.conf import Settings
from autopay.database import PooledDatabase
from autopay.running import clock
from tests.surfaces.house import SECRET, ZONE, House


def at(monkeypatch: pytest.MonkeyPatch, house: House, local: str) -> None:
    """Both the screens and the house stand at this local time of the biller's, such as `2026-05-21 09:04`."""
    house.now = datetime.fromisoformat(local).replace(tzinfo=ZoneInfo(ZONE)).astimezone(UTC)
    ahead = house.now - datetime.now(UTC)
    monkeypatch.setattr(clock(), "ahead", lambda: ahead)


def yesterday_was_the_last_night(house: House) -> None:
    house.run("""update night set "on" = %(on)s where biller_id = %(b)s""", on=house.today - timedelta(days=1), b=house.id)


def work_every_night(database: Settings) -> None:
    """Bill, plan and refresh, as the worker does, up to the day that `at` has set."""
    db = PooledDatabase(database.dsn("engine"), size=2)
    try:
        work_nights(Engine(db, {}, clock(), SECRET))
    finally:
        db.close()
