"""Every order, repetition and loss of up to five messages of the payment company, against the same messages delivered as they should be (I22).

Each case is undone by rolling back: the whole of it happens inside one open transaction of one connection. The engine reacts after every
message, and asks by itself in the end, as it would.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import combinations, permutations, product
from typing import Any

import psycopg

from autopay.charging.look_up import look_up_open_charges
from autopay.processors.inbox import apply_news, receive
from autopay_proof.connections import Connections
from autopay_proof.ground import Ground, copy_of
from autopay_proof.scheduler import Scheduler
from autopay_proof.simulate import Plan, Run
from autopay_proof.stage import Stage
from autopay_proof.work import waiting_messages
from autopay_proof.workflows import DAY, LETTERS, REFUNDS, SEND, Step, bill, pass_time, visits
from sandbox_processor.webhooks import Message, compose

SNAPSHOT = """
    select 'charge' as what, c.id, c.state, c.minor::text as minor, c.reason as more from charge c
    union all select 'refund', r.id, r.state, r.minor::text, r.reason from refund r
    union all select 'invoice', i.id, i.blocked, (i.captured - i.returned - i.refunded)::text, i.returned::text from invoice i
    union all select 'ledger', count(*), l.kind, sum(l.minor)::text, l.debit from ledger_transfer l group by l.kind, l.debit
    union all select 'journal', count(*), e.action, '', e.object from journal_entry e group by e.action, e.object
    union all select 'unmatched', u.id, u.kind, u.minor::text, u.ref from unmatched_receipt u
    order by 1, 2, 3, 5
"""


@dataclass(frozen=True, slots=True)
class Story:
    """What had happened when the first message came; `kinds` are the messages it is about."""

    name: str
    before: Sequence[Step]
    kinds: int


def _refund(run: Run) -> Any:
    from autopay_proof.people import refunds

    return refunds(run.stage, bill(run), 500)


STORIES = (
    Story(
        "a debit that settles and one that comes back",
        (visits("Eli"), visits("Gus"), LETTERS, pass_time(12 * DAY), SEND, pass_time(7 * DAY)),
        5,
    ),
    Story(
        "a card's payment, sent back in two parts", (visits("Ada"), SEND, _refund, REFUNDS, _refund, REFUNDS, pass_time(DAY)), 4
    ),
)


class _Undone(Connections):
    """Whatever role is asked for, the one connection whose transaction is never committed; transactions inside it are savepoints."""

    def __init__(self, connection: psycopg.Connection) -> None:
        super().__init__({})
        self._connection = connection

    def take(self, role: str) -> psycopg.Connection:
        return self._connection

    def give_back(self, role: str, connection: psycopg.Connection) -> None:
        return None


def sequences(number: int) -> Iterator[tuple[int, ...]]:
    """Each subset of 0..number-1, in each order, each of it once or twice; the second time comes after all the others."""
    for size in range(number + 1):
        for some in combinations(range(number), size):
            for order in permutations(some):
                for twice in product((False, True), repeat=size):
                    yield order + tuple(each for each, again in zip(order, twice, strict=True) if again)


@contextmanager
def told(ground: Ground, story: Story) -> Iterator[tuple[Stage, list[Message]]]:
    """The story so far, and its messages in the order they were meant to come."""
    with copy_of(ground, 0) as stage, psycopg.connect(ground.admin, autocommit=True) as monitor:
        run = Run(stage, 0, Scheduler(monitor), Plan())
        for step in story.before:
            if job := step(run):
                run.do(job)
        made = [
            compose(stage.sandbox.state, account, delivery, int(time.time())) for account, delivery in waiting_messages(stage)
        ]
        messages = [message for message in made if message][: story.kinds]
        assert len(messages) == story.kinds, f"{story.name}: {len(messages)} messages"
        owner = stage.connections.take("owner")
        stage.connections.close()
        stage.connections = _Undone(owner)
        try:
            yield stage, messages
        finally:
            owner.close()


def state_after(stage: Stage, messages: Sequence[Message]) -> list[dict[str, Any]]:
    """Delivered in this order, reacted to after each, then left to polling; undone again."""
    began = stage.time.passed
    owner = stage.connections.take("owner")
    try:
        with owner.transaction(force_rollback=True):
            for message in messages:
                _deliver(stage, message)
                _react(stage)
            for _ in range(3):
                stage.time.passed += DAY
                _react(stage)
            return stage.rows(SNAPSHOT)
    finally:
        stage.time.passed = began


def _deliver(stage: Stage, message: Message) -> None:
    biller = int(message.url.rpartition("/")[2])
    receive(stage.database("owner"), biller, stage.processor(biller), message.body, message.headers)


def _react(stage: Stage) -> None:
    db = stage.database("owner")
    apply_news(db, stage.time.now())
    asyncio.run(_look_up(stage))


async def _look_up(stage: Stage) -> None:
    await look_up_open_charges(stage.engine(stage.database("owner")))
