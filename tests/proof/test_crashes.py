"""Whoever dies on any statement, commit, send or receive of a workflow leaves enough for the next to end it right (rules B1, B2, F1, F2)."""

from __future__ import annotations

import pytest

from autopay_proof.crashes import MOST_ROUNDS, Played, crash_points, double_crash_points, play
from autopay_proof.ground import Ground
from autopay_proof.workflows import WORKFLOWS, Workflow

DAILY = ("charge run", "charge run, answers lost", "cancel", "cancel while the answer is lost")


def named(workflow: Workflow) -> str:
    return workflow.name


def wrong(played: list[Played]) -> list[str]:
    return [f"dead before step {at}, {each.label}: {each.wrong[0]}" for at, each in enumerate(played) if each.wrong]


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=named)
def test_V35_every_workflow_ends_right_when_nobody_dies(ground: Ground, workflow: Workflow) -> None:
    assert play(ground, workflow).wrong == []


@pytest.mark.parametrize("workflow", [each for each in WORKFLOWS if each.name in DAILY], ids=named)
def test_V35_B1_a_charge_run_and_a_cancel_survive_a_death_on_each_step(ground: Ground, workflow: Workflow) -> None:
    played = list(crash_points(ground, workflow))
    assert len(played) > 15
    assert all(each.label for each in played), "somebody did not die"
    assert wrong(played) == []
    assert max(each.rounds for each in played) <= MOST_ROUNDS


@pytest.mark.prove
@pytest.mark.parametrize("workflow", WORKFLOWS, ids=named)
def test_V35_B1_every_workflow_survives_a_death_on_each_step(ground: Ground, workflow: Workflow) -> None:
    assert wrong(list(crash_points(ground, workflow))) == []


@pytest.mark.prove
@pytest.mark.parametrize("workflow", [each for each in WORKFLOWS if each.twice], ids=named)
def test_V35_B2_some_survive_a_second_death_on_each_step_of_the_recovery(ground: Ground, workflow: Workflow) -> None:
    assert wrong(list(double_crash_points(ground, workflow))) == []
