"""Two jobs at once, the one preempted by the other on each of its steps (rule B7): what was cancelled is not sent; the page tells the truth."""

from __future__ import annotations

import pytest

from autopay_proof.ground import Ground
from autopay_proof.preemption import CANCEL, OTHERS, Race, interleavings


def named(race: Race) -> str:
    return race.name


def wrong(ground: Ground, race: Race) -> list[str]:
    raced = list(interleavings(ground, race))
    assert len(raced) > 10
    return [f"preempted at step {each.at}, {each.label}: {each.wrong[0]}" for each in raced if each.wrong]


@pytest.mark.parametrize("race", CANCEL[:2], ids=named)
def test_A33_V23_I2_L3_a_cancellation_on_any_step_of_a_charge_run(ground: Ground, race: Race) -> None:
    assert wrong(ground, race) == []


@pytest.mark.prove
@pytest.mark.parametrize("race", [*CANCEL[2:], *OTHERS], ids=named)
def test_V35_I1_I9_whatever_comes_between_the_steps_of_another(ground: Ground, race: Race) -> None:
    assert wrong(ground, race) == []
