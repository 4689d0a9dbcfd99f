"""The simulator on the product as it is: nothing is wrong, the same seed is the same history, and every fault really happens."""

from __future__ import annotations

from collections import Counter
from itertools import count

import pytest

from autopay.conf import conf
from autopay.embedded_postgres import Embedded
from autopay_proof.server import dsns
from autopay_proof.simulate import Ground, Plan, Report, prepare, simulate

SHARDS, SEEDS = 4, 12
_numbers = count(1)


@pytest.fixture
def ground(postgres: Embedded, template: str) -> Ground:
    assert conf().database_name
    return prepare(postgres.dsn(), template, dsns(), f"proof_ground_{next(_numbers)}")


def told(reports: list[Report]) -> list[str]:
    return [f"autopay simulate --seed {each.seed}: {each.wrong[0]}" for each in reports if each.wrong]


@pytest.mark.parametrize("shard", range(SHARDS))
def test_V35_I1_to_I5_I7_I15_I21_no_history_of_any_seed_is_wrong(ground: Ground, shard: int) -> None:
    reports = [simulate(ground, seed) for seed in range(shard * SEEDS, (shard + 1) * SEEDS)]
    assert told(reports) == []
    fired = sum((Counter(each.fired) for each in reports), Counter[str]())
    assert fired["crash"] > SEEDS
    assert fired["lost after"]
    assert fired["crash of everybody"]


def test_I20_the_same_seed_is_the_same_history_step_by_step(ground: Ground) -> None:
    first, again = (simulate(ground, 7, Plan(keep=True)) for _ in range(2))
    assert first.lines == again.lines
    assert first.trace == again.trace
    assert simulate(ground, 8).trace != first.trace


def test_what_is_dropped_does_not_happen(ground: Ground) -> None:
    whole = simulate(ground, 3)
    calm = simulate(ground, 3, Plan(dropped=frozenset(range(whole.events + 500))))
    assert whole.fired
    assert calm.fired == {}
    assert calm.wrong == []
