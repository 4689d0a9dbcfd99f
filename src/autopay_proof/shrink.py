"""A failing seed made small: a shorter storm, then without each thing that people did, that broke or that passed, while it still fails."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from autopay_proof.ground import Ground
from autopay_proof.simulate import Plan, Report, simulate


@dataclass(frozen=True, slots=True)
class Small:
    plan: Plan
    report: Report


def shrink(ground: Ground, seed: int, told: Callable[[str], None] = lambda _line: None) -> Small:
    """`seed` fails. Each try is a whole history; there are some hundred at most."""
    plan, report = Plan(), simulate(ground, seed, Plan(keep=True))
    for steps in range(20, plan.steps, 20):
        shorter = Plan(steps=steps, keep=True)
        if (tried := simulate(ground, seed, shorter)).wrong:
            plan, report = shorter, tried
            break
    for number in range(report.events):
        smaller = Plan(steps=plan.steps, dropped=plan.dropped | {number}, keep=True)
        if (tried := simulate(ground, seed, smaller)).wrong:
            plan, report = smaller, tried
        told(f"{number + 1} of {report.events}, {len(plan.dropped)} can go")
    return Small(plan, report)
