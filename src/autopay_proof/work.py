"""What a worker does: each of its jobs, one round, in a process of its own. And what the payment company does by itself: its messages."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import psycopg

from autopay.charging.let_go import let_go
from autopay.charging.look_up import look_up_open_charges
from autopay.charging.night import work_nights
from autopay.charging.send import Engine, send_due_charges
from autopay.charging.send_refunds import look_up_open_refunds, send_due_refunds
from autopay.journal.seal import seal
from autopay.notices.deliver import Mail, deliver
from autopay.notices.write import write_notices
from autopay.processors.inbox import apply_news, receive
from autopay.reconciliation.catch_up import reconcile_yesterdays
from autopay.wallet.save import sweep
from autopay_proof.connections import ConnectionCut, OneConnection
from autopay_proof.history import Wish
from autopay_proof.scheduler import Actor
from autopay_proof.stage import Stage
from sandbox_processor.webhooks import after_attempt, compose, ready
from sandbox_processor.wire import Object


@dataclass(frozen=True, slots=True)
class Job:
    """`wish`: what holds from its commit on; None for what only the engine decides."""

    name: str
    run: Callable[[Actor], None]
    wish: Wish | None = None


AT_ONCE = 2
"""Charges a worker claims: few, so that several have something to do."""


async def _of(job: Callable[[Engine], Any], engine: Engine) -> None:
    await job(engine)


def _charges(stage: Stage, db: OneConnection, actor: Actor | None = None) -> None:
    asyncio.run(_of(lambda engine: send_due_charges(engine, AT_ONCE), stage.engine(db, actor)))


def _look_up(stage: Stage, db: OneConnection, actor: Actor | None = None) -> None:
    asyncio.run(_of(look_up_open_charges, stage.engine(db, actor)))


def _refunds(stage: Stage, db: OneConnection, actor: Actor | None = None) -> None:
    asyncio.run(_of(send_due_refunds, stage.engine(db, actor)))


def _look_up_refunds(stage: Stage, db: OneConnection, actor: Actor | None = None) -> None:
    asyncio.run(_of(look_up_open_refunds, stage.engine(db, actor)))


def _night(stage: Stage, db: OneConnection, actor: Actor | None = None) -> None:
    work_nights(stage.engine(db, actor))


def _wallets(stage: Stage, db: OneConnection, actor: Actor | None = None) -> None:
    asyncio.run(_sweep(stage, db, actor))


async def _sweep(stage: Stage, db: OneConnection, actor: Actor | None = None) -> None:
    await sweep(stage.wallets(db, actor))
    let_go(stage.engine(db, actor))


def _news(stage: Stage, db: OneConnection, actor: Actor | None = None) -> None:
    apply_news(db, stage.time.now())


def letters(stage: Stage, db: OneConnection, actor: Actor | None = None) -> None:
    """Sealed, written, sent."""

    def send(mail: Mail) -> None:
        if actor:
            actor.step("send mail")
        stage.mailed.append((stage.time.now(), mail))

    for biller in stage.cast.billers.values():
        seal(db, biller)
    write_notices(db, "http://autopay.invalid")
    while deliver(db, stage.time.clock, send):
        pass


def reconcile(stage: Stage, db: OneConnection, actor: Actor | None = None) -> None:
    asyncio.run(_of(reconcile_yesterdays, stage.engine(db, actor)))


WORK: dict[str, Callable[[Stage, OneConnection, Actor | None], None]] = {
    "send": _charges,
    "look up": _look_up,
    "refunds": _refunds,
    "look up refunds": _look_up_refunds,
    "night": _night,
    "wallets": _wallets,
    "news": _news,
    "letters": letters,
    "reconcile": reconcile,
}


def work(stage: Stage, name: str) -> Job:
    """A process that loses its database gives up: what it had committed stands."""

    def run(actor: Actor) -> None:
        try:
            WORK[name](stage, stage.database("engine", actor), actor)
        except ConnectionCut:
            return

    return Job(name, run)


def waiting_messages(stage: Stage) -> list[tuple[str, Object]]:
    """(account, delivery) of what the payment company would post now."""
    return ready(stage.sandbox.state, stage.sandbox.now())


def deliver_message(stage: Stage, account: str, delivery: Object) -> Job:
    """The payment company posts one message; what is not answered with yes it posts again later. Signed by the real clock, which is what the
    signature is checked against.
    """

    def run(actor: Actor) -> None:
        message = compose(stage.sandbox.state, account, delivery, int(time.time()))
        if message is None:
            return
        biller = int(message.url.rpartition("/")[2])
        accepted = False
        try:
            receive(stage.database("app", actor), biller, stage.processor(biller), message.body, message.headers)
            actor.step("answer 200")
            accepted = True
            stage.history.acknowledged.append(str(delivery["event"]))
        except psycopg.OperationalError:
            pass  # a 500: it comes again
        finally:
            _tried(stage, account, delivery, accepted)

    return Job(f"message {delivery['type']}", run)


def _tried(stage: Stage, account: str, delivery: Object, accepted: bool) -> None:
    on = stage.sandbox.work_on(account)
    on.put("delivery", after_attempt(delivery, stage.sandbox.now(), accepted=accepted), {})
    stage.sandbox.finish(on)
