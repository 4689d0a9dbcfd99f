"""Restores on the simulator's stage: whatever the backup missed, nothing is charged twice and nothing leaves before the books were compared."""

from __future__ import annotations

from collections import Counter

import pytest

from autopay_proof.ground import Ground
from autopay_proof.restore import simulate_restore
from autopay_proof.simulate import Report

SEEDS = 6
LONG = 1000


def told(reports: list[Report]) -> list[str]:
    return [f"simulate_restore(ground, {each.seed}): {each.wrong[0]}" for each in reports if each.wrong]


def test_I24_a_restored_backup_sends_nothing_until_compared_and_charges_nobody_twice(ground: Ground) -> None:
    reports = [simulate_restore(ground, seed) for seed in range(SEEDS)]
    assert told(reports) == []
    fired = sum((Counter(each.fired) for each in reports), Counter[str]())
    assert fired["found: database"] == SEEDS
    assert fired["forgotten payment done, booked"]
    assert fired["crash while comparing"]


@pytest.mark.prove
@pytest.mark.parametrize("shard", range(20))
def test_I24_a_thousand_restores(ground: Ground, shard: int) -> None:
    share = LONG // 20
    assert told([simulate_restore(ground, seed) for seed in range(shard * share, (shard + 1) * share)]) == []
