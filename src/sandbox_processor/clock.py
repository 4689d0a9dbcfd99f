"""The sandbox's own time: real time plus a set offset, or standing still at a set instant. Seconds since 1970, UTC."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

Source = Callable[[], float]
"""Where real time comes from; a simulation hands in its own."""

DAY = 86_400


class Clock:
    """Reads `{"offset": s}` or `{"frozen": t}`, the value of the setting `clock`."""

    def __init__(self, source: Source | None = None) -> None:
        self.source = source or time.time

    def now(self, setting: Mapping[str, Any] | None) -> int:
        if setting and setting.get("frozen") is not None:
            return int(setting["frozen"])
        return int(self.source() + (setting["offset"] if setting else 0))

    def setting_for(self, instant: int, *, frozen: bool) -> dict[str, int]:
        """The setting under which it is `instant` now."""
        return {"frozen": instant} if frozen else {"offset": instant - int(self.source())}


def day_of(instant: int) -> date:
    return datetime.fromtimestamp(instant, UTC).date()


def start_of(day: date) -> int:
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp())


def is_bank_day(day: date) -> bool:
    """A weekday the Federal Reserve is open. A holiday on Sunday closes Monday, one on Saturday closes nothing."""
    if day.weekday() >= 5:
        return False
    return not _is_holiday(day) and not (day.weekday() == 0 and _is_holiday(day - timedelta(days=1)))


def bank_days_after(day: date, count: int) -> date:
    """The count-th banking day after the day given."""
    while count > 0:
        day += timedelta(days=1)
        count -= is_bank_day(day)
    return day


def _is_holiday(day: date) -> bool:
    """A US federal holiday on its own date (federalreserve.gov, K.8)."""
    fixed = {(1, 1), (6, 19), (7, 4), (11, 11), (12, 25)}
    if (day.month, day.day) in fixed:
        return not (day.month == 6 and day.year < 2021)
    week = (day.day - 1) // 7 + 1
    if day.weekday() == 0:
        last = (day + timedelta(days=7)).month != day.month
        return (day.month, week) in {(1, 3), (2, 3), (9, 1), (10, 2)} or (day.month == 5 and last)
    return day.weekday() == 3 and (day.month, week) == (11, 4)
