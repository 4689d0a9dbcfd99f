"""Every single preemption of one job by another: the first takes so many steps, the second comes and goes, the first goes on; for every number
of steps, and the other way round. Where the second waits for a lock, the first goes on until it is let in.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import psycopg

from autopay.agreements.models import Switch
from autopay_proof.ground import Ground, copy_of
from autopay_proof.judge import judge
from autopay_proof.people import Asked, company, default, elsewhere, enrolls, pays_now, refunds, removes, switch, visit, voids
from autopay_proof.scheduler import Actor, Scheduler
from autopay_proof.simulate import Plan, Run
from autopay_proof.stage import Saved
from autopay_proof.work import Job, work
from autopay_proof.workflows import DAY, LOOK_UP, NIGHT, REFUNDS, SEND, Step, bill, off, pass_time, visits, works


@dataclass(frozen=True, slots=True)
class Race:
    """`lost`: the requests of `before` that got lost, on their way there. `holds`: the other stops once more, with its request in hand, until
    the first has ended."""

    name: str
    one: Step
    other: Step
    before: Sequence[Step]
    lost: int = 0
    holds: bool = False


def _follow(run: Run) -> None:
    run.do(switch(run.stage, "Ada", Switch.FOLLOW))
    run.do(company(run.stage, on=True))


def _visit_and_send(run: Run) -> Job:
    visited, sent = visit(run.stage, "Ada", run.chance), work(run.stage, "send")

    def both(actor: Actor) -> None:
        visited.run(actor)
        sent.run(actor)

    return Job("visit and send", both)


def _lower_limit(run: Run) -> Job:
    """Below the bill that is due."""
    return enrolls(run.stage, "Ivy Clinic", Asked(run.stage.cast.methods["Ivy Clinic"][0], 3_000))


_ADA, _ADAS = visits("Ada"), (visits("Ada"), visits("Ada"))
CANCEL = (
    Race("cancel and a charge run", SEND, off("Ada"), _ADAS),
    Race("cancel while a visit is invoiced and charged", off("Ada"), _visit_and_send, (), holds=True),
    Race("a lower limit during a monthly run", SEND, _lower_limit, (pass_time(2 * DAY), NIGHT)),
    Race("cancel and a look-up that finds nothing", LOOK_UP, off("Ada"), (_ADA, SEND, pass_time(100)), lost=1),
    Race("cancel and another sender", off("Ada"), SEND, (_ADA, visits("Ben"))),
    Race("the company's off and a charge run", SEND, lambda run: company(run.stage, on=False), (_follow, _ADA)),
    Race(
        "the method is removed during a charge run", SEND, lambda run: removes(run.stage, "Ada", _first(run), told=False), (_ADA,)
    ),
)
"""Whoever ends it is told the truth, and nothing is sent that was not claimed before (I2, L3)."""
OTHERS = (
    Race("two charge runs", SEND, SEND, _ADAS),
    Race("another default during a charge run", SEND, lambda run: default(run.stage, "Ada", _second(run)), _ADAS),
    Race("void and a charge run", SEND, lambda run: voids(run.stage, bill(run)), (_ADA,)),
    Race("paid elsewhere and a charge run", SEND, lambda run: elsewhere(run.stage, bill(run), 3), (_ADA,)),
    Race("pay now and a charge run", SEND, lambda run: pays_now(run.stage, "Ada", bill(run), _second(run)), (_ADA,)),
    Race("two look-ups", LOOK_UP, LOOK_UP, (_ADA, SEND, pass_time(100)), lost=1),
    Race("two refunds", REFUNDS, REFUNDS, (_ADA, SEND, lambda run: refunds(run.stage, bill(run), 500))),
    Race(
        "refund and refund",
        lambda run: refunds(run.stage, bill(run), 900),
        lambda run: refunds(run.stage, bill(run), 900),
        (_ADA, SEND),
    ),
    Race("two nights", NIGHT, NIGHT, (pass_time(2 * 86_400),)),
    Race("two sweeps of the wallets", works("wallets"), works("wallets"), ()),
)


def _first(run: Run) -> Saved:
    return run.stage.cast.methods["Ada"][0]


def _second(run: Run) -> Saved:
    return run.stage.cast.methods["Ada"][1]


@dataclass(frozen=True, slots=True)
class Raced:
    """`at`: the steps the preempted one had taken; `over`: it had ended before, and there are no more."""

    at: int
    over: bool
    label: str
    wrong: list[str]


def interleavings(ground: Ground, race: Race) -> Iterator[Raced]:
    """Of `one` preempted by `other`, and of `other` preempted by `one`."""
    for first, second in ((race.one, race.other), (race.other, race.one)):
        at = 0
        while not (raced := preempt(ground, race, (first, second), at)).over:
            yield raced
            at += 1


def preempt(ground: Ground, race: Race, pair: tuple[Step, Step], at: int) -> Raced:
    with copy_of(ground, 0) as stage, psycopg.connect(ground.admin, autocommit=True) as monitor:
        run = Run(stage, 0, Scheduler(monitor), Plan())
        stage.weather.loses(race.lost, "lost_before")
        for step in race.before:
            if job := step(run):
                run.do(job)
        stage.weather.loses(0)
        made, other = pair[0](run), pair[1](run)
        assert made is not None
        assert other is not None
        preempted = run.begin(made)
        for _ in range(at):
            if not preempted.over:
                run.take(preempted)
        over, label = preempted.over, preempted.label
        if not over:
            comes = run.begin(other)
            while not comes.over and not (race.holds and comes.label.startswith("send post")):
                run.take(comes if comes.state == "waiting" else preempted)
            while not preempted.over and preempted.state == "waiting":
                run.take(preempted)
        run.finish()
        run.calm()
        return Raced(at, over, label, [*run.wrong, *judge(stage)])
