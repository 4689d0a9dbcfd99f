"""All there is to prove, cut into tasks of seconds, each of which can be done by any process and is the same whoever does it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import islice

from autopay_proof.crashes import crash_points, double_crash_points
from autopay_proof.ground import Ground
from autopay_proof.orders import STORIES, sequences, state_after, told
from autopay_proof.preemption import CANCEL, OTHERS, interleavings
from autopay_proof.restore import simulate_restore
from autopay_proof.results import Result, Task
from autopay_proof.simulate import simulate
from autopay_proof.workflows import WORKFLOWS

SEEDS_AT_A_TIME = 20
ORDERS_AT_A_TIME = 250
RESTORES = 1000
SHARES = 8
"""Of the double crashes of a workflow."""
RACES = (*CANCEL, *OTHERS)


def tasks(part: str, seeds: range) -> Iterator[Task]:
    if part == "seeds":
        yield from (Task(part, first) for first in range(seeds.start, seeds.stop, SEEDS_AT_A_TIME))
    elif part == "restores":
        yield from (Task(part, first) for first in range(0, RESTORES, SEEDS_AT_A_TIME))
    elif part == "crashes":
        yield from (Task(part, each) for each in range(len(WORKFLOWS)))
    elif part == "double crashes":
        yield from (Task(part, each, at) for at in range(SHARES) for each, workflow in enumerate(WORKFLOWS) if workflow.twice)
    elif part == "races":
        yield from (Task(part, each) for each in range(len(RACES)))
    elif part == "messages":
        for each, story in enumerate(STORIES):
            number = sum(1 for _ in sequences(story.kinds))
            yield from (Task(part, each, at) for at in range(0, number, ORDERS_AT_A_TIME))


def do(ground: Ground, task: Task) -> Result:
    return DOING[task.part](ground, task)


def _seeds(ground: Ground, task: Task) -> Result:
    counts, fired, edges, wrong = Counter[str](), Counter[str](), Counter[str](), []
    for seed in range(task.of, task.of + SEEDS_AT_A_TIME):
        report = simulate(ground, seed)
        counts.update(histories=1, steps=report.steps)
        fired.update(report.fired)
        edges.update(report.edges)
        wrong += [f"autopay simulate --seed {seed}    # {each}" for each in report.wrong[:1]]
    return Result(task.part, task.of, 0, "", dict(counts), dict(fired), dict(edges), wrong)


def _restores(ground: Ground, task: Task) -> Result:
    fired, wrong = Counter[str](), []
    for seed in range(task.of, task.of + SEEDS_AT_A_TIME):
        report = simulate_restore(ground, seed)
        fired.update({what: number for what, number in report.fired.items() if "forgotten" in what or "comparing" in what})
        wrong += [f"a restore, seed {seed}: {each}" for each in report.wrong[:1]]
    return Result(task.part, task.of, 0, "", {"restores": SEEDS_AT_A_TIME}, dict(fired), wrong=wrong)


def _crashes(ground: Ground, task: Task) -> Result:
    workflow = WORKFLOWS[task.of]
    played = list(crash_points(ground, workflow))
    wrong = [
        f"{workflow.name}, dead before step {at} ({each.label}): {each.wrong[0]}" for at, each in enumerate(played) if each.wrong
    ]
    counts = {"points": len(played), "most rounds": max(each.rounds for each in played)}
    return Result(task.part, task.of, 0, workflow.name, counts, wrong=wrong)


def _double_crashes(ground: Ground, task: Task) -> Result:
    workflow = WORKFLOWS[task.of]
    points, wrong = 0, []
    for points, each in enumerate(double_crash_points(ground, workflow, task.at, SHARES), 1):
        wrong += [f"{workflow.name}, pair {points} ({each.label}): {each.wrong[0]}"] if each.wrong else []
    return Result(task.part, task.of, task.at, workflow.name, {"pairs of points": points}, wrong=wrong)


def _races(ground: Ground, task: Task) -> Result:
    race = RACES[task.of]
    raced = list(interleavings(ground, race))
    wrong = [f"{race.name}, preempted at step {each.at} ({each.label}): {each.wrong[0]}" for each in raced if each.wrong]
    return Result(task.part, task.of, 0, race.name, {"interleavings": len(raced)}, wrong=wrong)


def _messages(ground: Ground, task: Task) -> Result:
    story, number, wrong = STORIES[task.of], 0, []
    with told(ground, story) as (stage, messages):
        perfect = state_after(stage, messages)
        for order in islice(sequences(len(messages)), task.at, task.at + ORDERS_AT_A_TIME):
            number += 1
            if state_after(stage, [messages[each] for each in order]) != perfect:
                wrong.append(f"{story.name}, delivered as {order}: another end")
    return Result(task.part, task.of, task.at, story.name, {"deliveries": number}, wrong=wrong)


DOING = {
    "seeds": _seeds,
    "restores": _restores,
    "crashes": _crashes,
    "double crashes": _double_crashes,
    "races": _races,
    "messages": _messages,
}
