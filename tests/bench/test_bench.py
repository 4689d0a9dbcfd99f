"""The bench measures the product itself, and a figure whose money is wrong does not count."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from urllib.request import Request, urlopen

import psycopg
import pytest

from autopay.embedded_postgres import Embedded
from autopay_bench import charges, growth
from autopay_bench.fairness import fairness
from autopay_bench.figure import Bar, Figure
from autopay_bench.ground import Ground
from autopay_bench.imports import Files, an_import, csv_files, fhir_files
from autopay_bench.imports import fill as fill_patients
from autopay_bench.memory import memory
from autopay_bench.money import books, wrong_money
from autopay_bench.monthly import a_night
from autopay_bench.monthly import fill as fill_accounts
from autopay_bench.reference import reference
from autopay_bench.running import gateway, told_by

RIGHT = {"payments": 0, "minor": 0, "charged_twice": 0, "repeated": 0}


@pytest.fixture
def ground(postgres: Embedded, template: str, monkeypatch: pytest.MonkeyPatch) -> Ground:
    monkeypatch.setattr(charges, "PEOPLE", 60)
    return Ground(postgres.dsn())


def test_a_bench_pays_what_is_due_and_proves_its_money(ground: Ground) -> None:
    ground.stock("bench_small", partial(charges.fill, charges=120))
    rate, wrong = charges.in_process(ground, "bench_small", 120)
    assert rate > 1
    assert wrong == []
    for number in (2, 1):  # the second round's books are no older state of the first's
        rate, wrong = charges.over_http(ground, "bench_small", 120, number, 20)
        assert rate > 1
        assert wrong == []


def test_a_night_bills_every_account_once_for_three_products(ground: Ground) -> None:
    ground.stock("bench_night", partial(fill_accounts, accounts=300))
    seconds, wrong = a_night(ground, "bench_night", 300)
    assert wrong == []
    assert seconds > 0
    assert a_night(ground, "bench_night", 299)[1], "one too many is told"


@pytest.mark.parametrize("written", [csv_files, fhir_files])
def test_an_import_invoices_every_visit_of_its_file_once(ground: Ground, tmp_path: Path, written: Callable[..., Files]) -> None:
    files = written(tmp_path, 150)
    ground.stock(f"bench_{files.kind}", partial(fill_patients, patients=int(files.patients * 0.8)))
    rate, wrong = an_import(ground, f"bench_{files.kind}", files)
    assert wrong == []
    assert rate > 1
    rate, wrong = an_import(ground, f"bench_{files.kind}", replace(files, visits=files.visits[1:]))
    assert "sum of the invoices" in str(wrong), "one too many is told"


def test_a_past_changes_nothing_of_what_is_charged(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(growth, "PATIENTS", 200)
    (figure,) = growth.growth(ground, 2, charges=40, pasts=[600])
    assert figure.wrong == []
    assert min(figure.rounds) > 0
    with ground.lent("past_600"), psycopg.connect(ground.rows) as server:
        found = server.execute("select count(*) from visit where source = 'bench'").fetchone()
    assert found == (80,), "what is lent keeps what is done to it"


def test_a_worker_s_memory_is_watched_until_all_is_paid_and_another_tenant_goes_first(ground: Ground) -> None:
    (figure,) = fairness(ground, 1, charges=1500, visits=10)
    assert figure.wrong == []
    assert 0 < figure.median < 10_000
    (figure,) = memory(ground, 3, charges=1500)
    assert figure.wrong == []
    assert 20 < figure.median < 2000


def test_money_that_does_not_agree_is_told(ground: Ground) -> None:
    ground.stock("bench_small_too", partial(charges.fill, charges=60))
    with ground.copy("bench_small_too"):
        assert wrong_money(ground.rows, RIGHT, 0) == ["60 charges are still open"]
        with psycopg.connect(ground.rows, autocommit=True) as server:
            server.execute("update charge set state = 'withdrawn' where state = 'due'")
        assert wrong_money(ground.rows, RIGHT, 0) == []
        assert wrong_money(ground.rows, RIGHT | {"minor": 1}, 0)
        assert wrong_money(ground.rows, RIGHT | {"charged_twice": 1}, 0)
        assert wrong_money(ground.rows, RIGHT, 60)
        assert wrong_money(ground.rows, RIGHT, 0, books(ground.rows)) == []


def test_L_is_measured_by_pgbench_and_leaves_nothing(ground: Ground, postgres: Embedded) -> None:
    assert reference(postgres.dsn(), seconds=1) > 10
    with psycopg.connect(postgres.dsn()) as server:
        assert server.execute("select to_regclass('reference')").fetchone() == (None,)


def test_the_gateway_answers_a_key_once(ground: Ground) -> None:
    with gateway(0.0) as base:
        body = b"amount=900&currency=usd&metadata[charge]=uid-7&confirm=true"
        asked = Request(f"{base}/v1/payment_intents", body, {"Idempotency-Key": "k"})
        first, again = (_answer(asked) for _ in range(2))
        assert first == again
        assert told_by(base) == {"payments": 1, "minor": 900, "charged_twice": 0, "repeated": 1}


def _answer(asked: Request) -> object:
    with urlopen(asked, timeout=10) as answer:
        return json.load(answer)


@pytest.mark.parametrize(
    ("rounds", "wrong", "verdict"),
    [([90, 100, 80], [], "aimed"), ([20, 40, 30], [], "reached"), ([1, 2, 3], [], "under"), ([99, 99, 99], ["a cent"], "wrong")],
)
def test_a_figure_is_judged_by_the_median_of_its_ratios(rounds: list[float], wrong: list[str], verdict: str) -> None:
    figure = Figure("engine", "", "charges/s", rounds, Bar(0.25, 0.5, "L"), [100, 100, 100], wrong)
    assert figure.verdict == verdict
    assert figure.as_json()["verdict"] == verdict


def test_where_less_is_better_more_is_under() -> None:
    assert Figure("latency", "", "ms", [60], Bar(50, 10, less=True)).verdict == "under"
    assert Figure("latency", "", "ms", [9], Bar(50, 10, less=True)).verdict == "aimed"
