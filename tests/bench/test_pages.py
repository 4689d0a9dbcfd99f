"""The bench's pages: each stands on the product's own page, shows what the database says, and is told if it does not."""

from __future__ import annotations

from dataclasses import replace

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from autopay.embedded_postgres import Embedded
from autopay.large_world.load import Size
from autopay.large_world.measure import Measured
from autopay_bench import five_pages
from autopay_bench.ground import Ground
from autopay_bench.pages import faults, wrong_with
from autopay_bench.practices import PAY_BILL


@pytest.fixture
def ground(postgres: Embedded, template: str) -> Ground:
    return Ground(postgres.dsn())


def test_every_page_of_the_bench_is_opened_and_shows_what_the_database_says(ground: Ground) -> None:
    size = Size(400, 4000)
    found = five_pages.five_pages(ground, 2, size, accounts=5, times=3)
    assert [each.what.split(":")[0] for each in found][:-2] == list(five_pages.NAMES)
    assert found[-2].what.startswith("Dashboard")
    assert found[-1].what == f"{PAY_BILL}: 5 practices, two years"
    assert [(each.what, each.wrong) for each in found if each.wrong] == []
    assert all(len(each.rounds) == 2 and each.facts["statements"] > 1 for each in found)
    with psycopg.connect(make_conninfo(ground.admin, dbname="pages_400_4000_5")) as server:
        paid = server.execute("select count(*) from charge where trigger = 'monthly' and state = 'paid'").fetchone()
        due = server.execute("select count(*) from charge where trigger = 'monthly' and state = 'due'").fetchone()
    assert paid == (5 * 24,)
    assert due == (5,)


def test_a_page_that_does_not_show_what_it_must_or_reads_a_whole_table_is_wrong() -> None:
    right = Measured("Billing", 12, 1, 1, 1, 1, 20, 900, [], [])
    assert wrong_with(right) == []
    assert wrong_with(replace(right, missing=["$ 5.00"])) == ["does not show '$ 5.00'"]
    assert wrong_with(replace(right, scans=["visit: select 1"]))
    assert faults(replace(right, queries=13))
    assert faults(right) == wrong_with(replace(right, queries=13)) == []
