"""The only place that reads the time. Two clocks: business (billing, windows, notices) and machine (leases, time-outs).

A demo or a test moves the business clock; leases must not expire because somebody looked a month ahead.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo


def _utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(slots=True)
class Clock:
    """`machine` gives the real instant (UTC), `monotonic` seconds that never go back, `ahead` what the business clock adds."""

    machine: Callable[[], datetime] = field(default=_utc_now)
    monotonic: Callable[[], float] = field(default=time.monotonic)
    ahead: Callable[[], timedelta] = field(default=timedelta)

    def now(self) -> datetime:
        """The business instant, UTC."""
        return self.machine() + self.ahead()

    def today(self, zone: str) -> date:
        """The biller's local calendar date."""
        return local_date(self.now(), zone)


def local_date(at: datetime, zone: str) -> date:
    """The calendar date of an instant in an IANA zone."""
    return at.astimezone(ZoneInfo(zone)).date()


def start_of(day: date, zone: str) -> datetime:
    """The first instant (UTC) of a local date: midnight, or where a clock change skips it, the first moment after."""
    midnight = datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(zone))
    return midnight.astimezone(UTC)
