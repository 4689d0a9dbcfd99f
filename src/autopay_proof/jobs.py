"""What actors do: the jobs of a worker, and what people do meanwhile. Each calls one verb of the product, as the product itself does."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from autopay.agreements.models import Switch
from autopay.billing.visits import CompletedVisit, complete_visit
from autopay.charging.issue import issue_visits
from autopay.charging.look_up import look_up_open_charges
from autopay.charging.night import work_nights
from autopay.charging.pay_now import Wish as PayNow
from autopay.charging.pay_now import pay_now
from autopay.charging.record_payment import Payment, record_payment
from autopay.charging.refund import RefundWish, refund
from autopay.charging.send import Engine, send_due_charges
from autopay.charging.send_refunds import look_up_open_refunds, send_due_refunds
from autopay.charging.switch import set_company, set_switch
from autopay.charging.void import void
from autopay.clock import local_date
from autopay.refusal import Refusal
from autopay.wallet.default import set_default
from autopay_proof.history import Wish
from autopay_proof.scheduler import Actor
from autopay_proof.stage import PEOPLE, ZONE, OneConnection, Stage

OPEN = """select id, payer_id, total - captured + returned - elsewhere as open, captured - returned - refunded as kept from invoice
          where voided_at is null order by id"""
Verb = Callable[[OneConnection], Any]


@dataclass(frozen=True, slots=True)
class Job:
    """`wish`: what holds from its commit on; None for what only the engine decides."""

    name: str
    run: Callable[[Actor], None]
    wish: Wish | None = None


WORK: dict[str, Callable[[Engine], Any]] = {
    "send": lambda engine: asyncio.run(_of(send_due_charges, engine)),
    "look up": lambda engine: asyncio.run(_of(look_up_open_charges, engine)),
    "refunds": lambda engine: asyncio.run(_of(send_due_refunds, engine)),
    "look up refunds": lambda engine: asyncio.run(_of(look_up_open_refunds, engine)),
    "night": work_nights,
}


async def _of(job: Callable[[Engine], Any], engine: Engine) -> None:
    await job(engine)


def work(stage: Stage, name: str) -> Job:
    """One round of one job of a worker, in a process of its own."""

    def run(actor: Actor) -> None:
        with stage.database("engine", actor) as db:
            WORK[name](stage.engine(db, actor))

    return Job(name, run)


def something(stage: Stage, chance: random.Random) -> Job:
    """What a person does next, drawn from what there is to do now."""
    name = chance.choice(list(PEOPLE))
    payer, methods = stage.payers[name], stage.methods[name]
    bills = stage.rows(OPEN)
    owed = [each for each in bills if each["open"] > 0]
    paid = [each for each in bills if each["kept"] > 0]
    found = [visit(stage, chance)] * 4
    found += [_switch(stage, payer, chance.choice(list(Switch))), _company(stage, chance.random() < 0.5)]
    if methods:
        found.append(_default(stage, payer, chance.choice(methods)))
    if owed:
        bill = chance.choice(owed)
        others = stage.methods[next(each for each, payer in stage.payers.items() if payer == bill["payer_id"])]
        if others:
            found += [_pay_now(stage, bill, chance.choice(others))] * 2
        found += [_void(stage, bill["id"]), _elsewhere(stage, bill, chance.randrange(10**9))]
    if paid:
        bill = chance.choice(paid)
        found.append(_refund(stage, bill["id"], chance.randrange(1, bill["kept"] + 1)))
    return chance.choice(found)


def _by_hand(stage: Stage, name: str, wish: Wish, verb: Verb) -> Job:
    """A refusal is an answer: nothing was done."""

    def run(actor: Actor) -> None:
        with stage.database("app", actor) as db, suppress(Refusal):
            stage.history.answered(actor, verb(db))

    return Job(name, run, wish)


def visit(stage: Stage, chance: random.Random) -> Job:
    """Completed and invoiced; with auto-pay on, a charge is due at once."""
    payer, minor = stage.payers[chance.choice(list(PEOPLE))], 100 * chance.randrange(10, 200)
    done = CompletedVisit(payer, local_date(stage.time.now(), ZONE), minor, f"visit {chance.randrange(10**12)}")

    def invoice(db: OneConnection) -> None:
        with db.transaction(stage.biller) as tx:
            issue_visits(tx, stage.biller, [complete_visit(tx, stage.biller, done, stage.by())], stage.by(), priority=1)

    return _by_hand(stage, "visit", Wish("invoice", payer, minor), invoice)


def _switch(stage: Stage, payer: int, to: Switch) -> Job:
    wish = Wish("switch", payer, str(to))
    return _by_hand(stage, f"switch {to}", wish, lambda db: set_switch(db, stage.biller, payer, to, stage.by()).on_its_way)


def _company(stage: Stage, on: bool) -> Job:
    wish = Wish("company", stage.biller, on)
    return _by_hand(stage, f"company {'on' if on else 'off'}", wish, lambda db: set_company(db, stage.biller, on, stage.by()))


def _default(stage: Stage, payer: int, method: int) -> Job:
    wish = Wish("default", payer, stage.tokens[method])
    return _by_hand(stage, "default", wish, lambda db: set_default(db, stage.biller, method, stage.by()))


def _pay_now(stage: Stage, bill: dict[str, Any], method: int) -> Job:
    asked = PayNow(bill["payer_id"], (bill["id"],), bill["open"], method)
    wish = Wish("pay now", bill["payer_id"], (bill["id"], bill["open"], stage.tokens[method]))
    return _by_hand(stage, "pay now", wish, lambda db: pay_now(db, stage.biller, asked, stage.by("payer")))


def _void(stage: Stage, bill: int) -> Job:
    return _by_hand(stage, "void", Wish("void", bill, True), lambda db: void(db, stage.biller, bill, stage.by()))


def _elsewhere(stage: Stage, bill: dict[str, Any], number: int) -> Job:
    payment = Payment(bill["open"], "check", local_date(stage.time.now(), ZONE), f"check {number}")
    wish = Wish("elsewhere", bill["id"], bill["open"])
    return _by_hand(stage, "elsewhere", wish, lambda db: record_payment(db, stage.biller, bill["id"], payment, stage.by()))


def _refund(stage: Stage, bill: int, minor: int) -> Job:
    wish = Wish("refund", bill, minor)
    return _by_hand(stage, "refund", wish, lambda db: refund(db, stage.biller, RefundWish(bill, minor), stage.by()))
