"""Bank days follow the Fed's rule; `holidays` is the judge (rule K1)."""

from __future__ import annotations

from datetime import date

import holidays as judge
import pytest

from autopay.billing.bank_days import add_bank_days, holidays, is_bank_day


@pytest.mark.parametrize("year", range(2020, 2036))
def test_K1_the_days_are_the_feds(year: int) -> None:
    assert {day for day in holidays(year) if day.weekday() < 5} == {
        day for day in judge.financial_holidays("FED", years=year) if day.weekday() < 5
    }


@pytest.mark.parametrize("day", [date(2026, 7, 3), date(2027, 6, 18), date(2027, 12, 24), date(2027, 12, 31), date(2028, 11, 10)])
def test_K1_a_saturday_holiday_closes_nothing(day: date) -> None:
    assert is_bank_day(day)


@pytest.mark.parametrize("day", [date(2026, 6, 19), date(2027, 7, 5), date(2029, 11, 12)])
def test_K1_a_sunday_holiday_closes_monday(day: date) -> None:
    assert not is_bank_day(day)


def test_bank_days_are_counted_over_weekends_and_holidays() -> None:
    assert add_bank_days(date(2026, 7, 2), 1) == date(2026, 7, 3)
    assert add_bank_days(date(2026, 11, 25), 1) == date(2026, 11, 27)
    assert add_bank_days(date(2026, 11, 25), 3) == date(2026, 12, 1)
