"""The clock on the demo's landing page: a day or a month at a press, and only in the demo."""

from __future__ import annotations

import re

import pytest
from django.test import Client, override_settings

from autopay.demo_clock import NotDone
from autopay.surfaces.demo import clock

CLOCK = "/demo/clock"


@pytest.fixture
def walked(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Counts the days instead of moving a real clock, which `autopay clock advance` is tested with."""
    days: list[int] = []
    monkeypatch.setattr(clock, "next_day", lambda: days.append(1))
    return days


def test_a_month_is_walked_day_by_day_by_the_page_itself(client: Client, walked: list[int]) -> None:
    with override_settings(DEMO=True):
        sent = {"days": "31"}
        while sent:
            page = client.post(CLOCK, sent, headers={"HX-Request": "true"}).content.decode()
            found = re.search(r'name="days" value="(\d+)"><input type="hidden" name="of" value="(\d+)"', page)
            sent = {"days": found[1], "of": found[2]} if found else {}
            assert not found or f"{found[1]} of 31 days to go" in page
    assert len(walked) == 31


def test_without_javascript_one_day_is_walked(client: Client, walked: list[int]) -> None:
    with override_settings(DEMO=True):
        answer = client.post(CLOCK, {"days": "31"})
    assert answer["Location"] == "/demo/"
    assert len(walked) == 1


@pytest.mark.parametrize("days", ["", "0", "-5", "many", "²"])
def test_what_is_no_number_of_days_moves_nothing(client: Client, walked: list[int], days: str) -> None:
    with override_settings(DEMO=True):
        client.post(CLOCK, {"days": days})
    assert walked == []


def test_a_day_nobody_works_stops_the_walk_and_says_so(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def stuck() -> None:
        raise NotDone("Is a worker running?")

    monkeypatch.setattr(clock, "next_day", stuck)
    with override_settings(DEMO=True):
        page = client.post(CLOCK, {"days": "31"}, headers={"HX-Request": "true"}).content.decode()
        assert "days to go" not in page
        assert "Is a worker running?" in client.get("/demo/").content.decode()


def test_outside_the_demo_there_is_no_clock(client: Client, walked: list[int]) -> None:
    assert client.post(CLOCK, {"days": "1"}).status_code == 404
    assert walked == []
