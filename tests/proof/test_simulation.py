"""The simulator on the product as it is: nothing is wrong, the same seed is the same history, and every fault really happens."""

from __future__ import annotations

from collections import Counter
from time import monotonic

import pytest

from autopay_proof.ground import Ground
from autopay_proof.network import FATES
from autopay_proof.simulate import Plan, Report, simulate

SHARDS, SEEDS = 12, 40
LEAST, SECONDS = 10, 35.0
"""Of each shard in every run; on a slow machine fewer than SEEDS, so that the whole suite stays within its time."""


def told(reports: list[Report]) -> list[str]:
    return [f"autopay simulate --seed {each.seed}: {each.wrong[0]}" for each in reports if each.wrong]


@pytest.mark.parametrize("shard", range(SHARDS))
def test_V35_I1_to_I5_I7_I10_I11_I14_I15_I21_no_history_of_any_seed_is_wrong(ground: Ground, shard: int) -> None:
    reports, began = list[Report](), monotonic()
    for seed in range(shard * SEEDS, (shard + 1) * SEEDS):
        if len(reports) < LEAST or monotonic() - began < SECONDS:
            reports.append(simulate(ground, seed))
    assert told(reports) == []
    fired = sum((Counter(each.fired) for each in reports), Counter[str]())
    moved = sum((Counter(each.edges) for each in reports), Counter[str]())
    assert fired["crash"] > len(reports) / 3
    assert sum(fired[fate] for fate in FATES) > len(reports) / 6
    assert moved["charge sending>paid"]
    for edge in ("sending>unknown", "unknown>paid", "pending>paid", "pending>returned", "due>withdrawn"):
        assert moved[f"charge {edge}"] or len(reports) < SEEDS, f"no charge went {edge} in {SEEDS} histories"


def test_I20_the_same_seed_is_the_same_history_step_by_step(ground: Ground) -> None:
    for seed in (7, 26):
        first, again = (simulate(ground, seed, Plan(keep=True)) for _ in range(2))
        assert first.lines == again.lines
        assert first.trace == again.trace
    assert simulate(ground, 8).trace != first.trace


def test_what_is_dropped_does_not_happen(ground: Ground) -> None:
    whole = simulate(ground, 5)
    calm = simulate(ground, 5, Plan(dropped=frozenset(range(whole.events + 500))))
    assert whole.fired
    assert calm.fired == {}
    assert calm.wrong == []
