"""Every place to die: a workflow is run once for each of its statements, commits, sends and receives, and its process dies there; then work
goes on as it would. Those that are short enough die a second time, on every step of the recovery.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import psycopg

from autopay_proof.ground import Ground, copy_of
from autopay_proof.judge import judge
from autopay_proof.scheduler import Scheduler
from autopay_proof.simulate import Plan, Run
from autopay_proof.workflows import Workflow

MOST_ROUNDS = 4
"""Rounds of work until a card's charge has ended after a crash: one finds nothing, the lease runs out, one asks, one writes (B1)."""


@dataclass(frozen=True, slots=True)
class Played:
    """`steps` of the workflow, `after` of what came until it was quiet, in `rounds`; `label`: before which step it died."""

    steps: int
    after: int
    rounds: int
    wrong: list[str]
    label: str = ""


def play(ground: Ground, workflow: Workflow, first: int | None = None, second: int | None = None) -> Played:
    """Dies before the step `first`, counted from 0, and again before the `second` of what follows. None: it lives."""
    with copy_of(ground, 0) as stage, psycopg.connect(ground.admin, autocommit=True) as monitor:
        run = Run(stage, 0, Scheduler(monitor), Plan())
        for step in workflow.before:
            if job := step(run):
                run.do(job)
        stage.weather.loses(workflow.lost, workflow.how)
        run.doom, began = first, run.scheduler.number
        for step in workflow.jobs:
            if job := step(run):
                run.do(job)
        steps, label = run.scheduler.number - began, run.died_before
        stage.weather.loses(0)
        run.doom, began = second, run.scheduler.number
        run.calm()
        return Played(steps, run.scheduler.number - began, run.rounds, [*run.wrong, *judge(stage)], label)


def crash_points(ground: Ground, workflow: Workflow) -> Iterator[Played]:
    """Each of them, once."""
    for first in range(play(ground, workflow).steps):
        yield play(ground, workflow, first)


def double_crash_points(ground: Ground, workflow: Workflow, share: int = 0, of: int = 1) -> Iterator[Played]:
    """Every first place, or every `of`-th from `share` on, with every second one."""
    for first in range(share, play(ground, workflow).steps, of):
        for second in range(play(ground, workflow, first).after):
            yield play(ground, workflow, first, second)
