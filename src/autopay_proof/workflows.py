"""The workflows whose every step is a place to die: what is there before, and the jobs that make it up, one after another."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from autopay.agreements.models import Switch
from autopay_proof.furnish import SECOND
from autopay_proof.network import LATE
from autopay_proof.people import Asked, elsewhere, enrolls, pays_now, refunds, removes, saves, switch, visit, voids
from autopay_proof.simulate import Run
from autopay_proof.work import Job, deliver_message, waiting_messages, work

Step = Callable[[Run], Job | None]
"""Makes the next job from what there is by then; None if there is nothing to do."""
DAY = 86_400


@dataclass(frozen=True, slots=True)
class Workflow:
    """`lost`: how many of the first answers get lost; `how`: or are still on their way when nobody waits for them any more. `twice`: short
    enough to die once more while it recovers, on every step of that."""

    name: str
    jobs: Sequence[Step]
    before: Sequence[Step] = ()
    lost: int = 0
    how: str = "lost_after"
    twice: bool = False


def works(name: str) -> Step:
    return lambda run: work(run.stage, name)


def visits(name: str) -> Step:
    return lambda run: visit(run.stage, name, run.chance)


def bill(run: Run) -> dict[str, int]:
    (row,) = run.stage.rows(
        """select id, biller_id, payer_id, total - captured + returned - elsewhere as open, captured - returned - refunded as kept
           from invoice order by id desc limit 1"""
    )
    return row


def pass_time(seconds: int) -> Step:
    def step(run: Run) -> None:
        run.pass_(seconds)

    return step


def off(name: str) -> Step:
    return lambda run: switch(run.stage, name, Switch.OFF)


def _message(run: Run) -> Job | None:
    waiting = waiting_messages(run.stage)
    return deliver_message(run.stage, *waiting[0]) if waiting else None


def _enroll(run: Run) -> Job:
    return enrolls(run.stage, "Ivy Clinic", Asked(run.stage.cast.methods["Ivy Clinic"][1]))


def _pay_now(run: Run) -> Job:
    return pays_now(run.stage, "Cleo", bill(run), run.stage.cast.methods["Cleo"][0])


SEND, LOOK_UP, REFUNDS, NEWS, NIGHT, LETTERS = (
    works(name) for name in ("send", "look up", "refunds", "news", "night", "letters")
)
WORKFLOWS = (
    Workflow("enroll", (_enroll,)),
    Workflow("save a method", (lambda run: saves(run.stage, "Cleo", SECOND, consents=True), works("wallets"))),
    Workflow("charge run", (SEND,), (visits("Ada"), visits("Ben")), twice=True),
    Workflow("charge run of bank debits", (SEND, pass_time(5 * DAY), LOOK_UP), (visits("Eli"), LETTERS, pass_time(12 * DAY))),
    Workflow("charge run, answers lost", (SEND, pass_time(30), LOOK_UP), (visits("Ada"), visits("Ben")), lost=2),
    Workflow(
        "charge run, a request late",
        (SEND, pass_time(6), LOOK_UP, SEND, pass_time(900), LOOK_UP),
        (visits("Ada"),),
        lost=1,
        how=LATE,
    ),
    Workflow("pay now", (_pay_now, SEND), (off("Cleo"), visits("Cleo"))),
    Workflow("cancel", (off("Ada"), SEND), (visits("Ada"), visits("Ada")), twice=True),
    Workflow("cancel while the answer is lost", (SEND, off("Ada"), pass_time(30), LOOK_UP, SEND), (visits("Ada"),), lost=1),
    Workflow(
        "refund",
        (lambda run: refunds(run.stage, bill(run), 500), REFUNDS),
        (visits("Ada"), SEND),
        twice=True,
    ),
    Workflow(
        "refund, answer lost",
        (lambda run: refunds(run.stage, bill(run), 500), REFUNDS, pass_time(100), works("look up refunds")),
        (visits("Ada"), SEND),
        lost=1,
    ),
    Workflow(
        "refund, a request late",
        (
            lambda run: refunds(run.stage, bill(run), 500),
            REFUNDS,
            pass_time(6),
            works("look up refunds"),
            REFUNDS,
            pass_time(900),
            works("look up refunds"),
        ),
        (visits("Ada"), SEND),
        lost=1,
        how=LATE,
    ),
    Workflow("webhook", (_message, _message, NEWS, LOOK_UP), (visits("Ada"), SEND), twice=True),
    Workflow(
        "return", (_message, _message, NEWS, LOOK_UP), (visits("Gus"), LETTERS, pass_time(12 * DAY), SEND, pass_time(4 * DAY))
    ),
    Workflow(
        "a bill after a return for good",
        (visits("Gus"), LETTERS, pass_time(12 * DAY), SEND),
        (visits("Gus"), LETTERS, pass_time(12 * DAY), SEND, pass_time(5 * DAY), LOOK_UP),
    ),
    Workflow("void", (lambda run: voids(run.stage, bill(run)), SEND), (visits("Ada"),)),
    Workflow("paid elsewhere", (lambda run: elsewhere(run.stage, bill(run), 7), SEND), (visits("Ada"),)),
    Workflow(
        "a method is removed",
        (lambda run: removes(run.stage, "Ada", run.stage.cast.methods["Ada"][0], told=False), SEND, works("wallets")),
        (visits("Ada"),),
    ),
    Workflow("night", (NIGHT, SEND), (pass_time(2 * DAY),)),
    Workflow("reconcile", (works("reconcile"), works("reconcile")), (visits("Ada"), visits("Ben"), SEND, pass_time(2 * DAY))),
)
