"""Bank days by the Fed's rule: a Sunday holiday closes Monday, a Saturday holiday closes nothing (rule K1)."""

from __future__ import annotations

from datetime import date, timedelta
from functools import cache

DAY = timedelta(days=1)


def is_bank_day(day: date) -> bool:
    return day.weekday() < 5 and day not in holidays(day.year)


def add_bank_days(day: date, count: int) -> date:
    """The `count`-th bank day after `day`, a local date."""
    while count:
        day += DAY
        count -= is_bank_day(day)
    return day


def back_bank_days(day: date, count: int) -> date:
    """The `count`-th bank day before `day`, a local date."""
    while count:
        day -= DAY
        count -= is_bank_day(day)
    return day


@cache
def holidays(year: int) -> frozenset[date]:
    """Days on which the Federal Reserve is closed (federalreserve.gov/aboutthefed/k8.htm)."""
    juneteenth = [date(year, 6, 19)] if year >= 2021 else []
    fixed = [date(year, 1, 1), *juneteenth, date(year, 7, 4), date(year, 11, 11), date(year, 12, 25)]
    moving = [
        _nth_monday(year, 1, 3),
        _nth_monday(year, 2, 3),
        _last_monday_of_may(year),
        _nth_monday(year, 9, 1),
        _nth_monday(year, 10, 2),
    ]
    thanksgiving = _nth_monday(year, 11, 1, weekday=3) + 21 * DAY
    observed = [day + DAY if day.weekday() == 6 else day for day in fixed]
    return frozenset([*observed, *moving, thanksgiving])


def _nth_monday(year: int, month: int, nth: int, weekday: int = 0) -> date:
    first = date(year, month, 1)
    return first + DAY * ((weekday - first.weekday()) % 7 + 7 * (nth - 1))


def _last_monday_of_may(year: int) -> date:
    last = date(year, 5, 31)
    return last - DAY * last.weekday()
