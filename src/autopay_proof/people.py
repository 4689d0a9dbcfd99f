"""What people do meanwhile. Each calls one verb of the product, as its pages do; a refusal is an answer, and nothing was done."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, Protocol

from autopay.agreements.consent import Signature, record_consent
from autopay.agreements.enroll import BillingInformation, Enrollment, enroll
from autopay.agreements.models import Switch
from autopay.billing.visits import CompletedVisit, complete_visit
from autopay.charging.approve import approve
from autopay.charging.issue import issue_visits
from autopay.charging.pay_now import Wish as PayNow
from autopay.charging.pay_now import pay_now
from autopay.charging.record_payment import Payment, record_payment
from autopay.charging.refund import RefundWish, refund
from autopay.charging.remove_method import remove_method
from autopay.charging.switch import set_company, set_switch
from autopay.charging.void import void
from autopay.clock import local_date
from autopay.processors.protocol import Kind
from autopay.refusal import Refusal
from autopay.wallet.default import set_default
from autopay.wallet.offer import offer
from autopay.wallet.save import save
from autopay_proof.connections import ConnectionCut, OneConnection
from autopay_proof.furnish import ACCOUNTS, BANK, GOOD, PATIENTS, SECOND, Number, token_for
from autopay_proof.history import Wish
from autopay_proof.scheduler import Actor
from autopay_proof.stage import ZONE, Saved, Stage
from autopay_proof.work import Job

OPEN = """select id, biller_id, payer_id, total - captured + returned - elsewhere as open, captured - returned - refunded as kept
          from invoice where voided_at is null and payer_id = any(%(payers)s::bigint[]) order by id"""
Verb = Callable[[OneConnection], Any]


class Habits(Protocol):
    """Who is in it; and what they do as often as all the rest: a history with many refunds finds other things than one with few."""

    who: Sequence[str]
    fond: str


def something(stage: Stage, chance: random.Random, habits: Habits, *, wallets: bool = True) -> Job:
    """What one of them or their office does next, drawn from what there is to do now; with `wallets`, methods come and go, too."""
    name = chance.choice(list(habits.who))
    payer, methods = stage.cast.payers[name], stage.cast.methods[name]
    bills = stage.rows(OPEN, payers=[payer])
    owed = [each for each in bills if each["open"] > 0]
    paid = [each for each in bills if each["kept"] > 0]
    found = [switch(stage, name, chance.choice(list(Switch)))] * 3 + [default(stage, name, chance.choice(methods))] * 2
    if name in PATIENTS:
        found += [visit(stage, name, chance)] * 12 + [company(stage, chance.random() < 0.5)]
    else:
        asked = Asked(chance.choice(methods), chance.choice((None, None, 3_000, 90_000)), chance.random() < 0.5)
        found += [enrolls(stage, name, asked)] * 3 + [approves(stage, name, owed)]
    if owed:
        bill = chance.choice(owed)
        found += [pays_now(stage, name, bill, chance.choice(methods))] * 4
        found += [voids(stage, bill), elsewhere(stage, bill, chance.randrange(10**9))]
    if paid:
        bill = chance.choice(paid)
        found += [refunds(stage, bill, chance.randrange(1, bill["kept"] + 1))] * 4
    if wallets and chance.random() < 0.15:
        found = [saves(stage, name, chance.choice((GOOD, SECOND, BANK)), chance.random() < 0.5)]
        found.append(removes(stage, name, chance.choice(methods), chance.random() < 0.5))
    liked = [each for each in found if habits.fond and habits.fond in each.name]
    return chance.choice(liked if liked and chance.random() < 0.5 else found)


def _by_hand(stage: Stage, name: str, wish: Wish | None, verb: Verb) -> Job:
    """One request to the web."""

    def run(actor: Actor) -> None:
        try:
            stage.history.answered(actor, verb(stage.database("app", actor)))
        except (Refusal, ConnectionCut):
            return

    return Job(name, run, wish)


def visit(stage: Stage, name: str, chance: random.Random) -> Job:
    """Completed and invoiced; with auto-pay on, a charge is due at once."""
    payer, minor = stage.cast.payers[name], chance.randrange(1_001, 20_000)
    done = CompletedVisit(payer, local_date(stage.time.now(), ZONE), minor, f"visit {chance.randrange(10**12)}")
    agency = stage.cast.agency

    def invoice(db: OneConnection) -> None:
        with db.transaction(agency) as tx:
            issue_visits(tx, agency, [complete_visit(tx, agency, done, stage.by())], stage.by(), priority=1)

    return _by_hand(stage, f"visit of {name}", Wish("invoice", payer, minor), invoice)


def switch(stage: Stage, name: str, to: Switch) -> Job:
    payer, biller = stage.cast.payers[name], stage.cast.biller_of[name]
    wish = Wish("switch", payer, str(to))
    return _by_hand(stage, f"switch {name} {to}", wish, lambda db: set_switch(db, biller, payer, to, stage.by()).on_its_way)


def company(stage: Stage, on: bool) -> Job:
    biller = stage.cast.agency
    wish = Wish("company", biller, on)
    return _by_hand(stage, f"company {'on' if on else 'off'}", wish, lambda db: set_company(db, biller, on, stage.by()))


def default(stage: Stage, name: str, method: Saved) -> Job:
    biller, wish = stage.cast.biller_of[name], Wish("default", stage.cast.payers[name], method.token)
    return _by_hand(stage, f"default of {name}", wish, lambda db: set_default(db, biller, method.id, stage.by()))


class Asked(NamedTuple):
    """With which method, up to which limit in minor units, and whether open bills are taken, too."""

    method: Saved
    cap: int | None = None
    take_open: bool = True


def enrolls(stage: Stage, name: str, asked: Asked) -> Job:
    """Enrolls, or changes while enrolled: switch, method and consent in one."""
    payer, biller = stage.cast.payers[name], stage.cast.vendor
    information = BillingInformation("a@example.test", "5555550100", "A", "Payer", "1 Street", "Town", "WA", "98101", name)
    enrollment = Enrollment(asked.method.id, information, Signature(f"{name} themselves"), asked.cap, asked.take_open)
    wish = Wish("enrolled", payer, (asked.method.token, asked.cap))
    return _by_hand(stage, f"enroll {name}", wish, lambda db: enroll(db, biller, payer, enrollment, stage.by("payer")))


def approves(stage: Stage, name: str, owed: Sequence[dict[str, Any]]) -> Job:
    payer, seen = stage.cast.payers[name], sum(each["open"] for each in owed)
    wish = Wish("approve", payer, seen)
    return _by_hand(stage, f"{name} says yes", wish, lambda db: approve(db, stage.cast.vendor, payer, seen, stage.by("payer")))


def saves(stage: Stage, name: str, number: Number, consents: bool) -> Job:
    """A new card or bank account, by the page's own saga."""
    payer, biller = stage.cast.payers[name], stage.cast.biller_of[name]

    def run(actor: Actor) -> None:
        db = stage.database("app", actor)
        token = token_for(stage, biller, number)
        try:
            method = offer(db, biller, payer, Kind.BANK if number.bank else Kind.CARD, token, stage.by())
            state = asyncio.run(_save(stage, db, actor, method, biller))
            if state == "usable":
                stage.cast.methods[name].append(Saved(method, token, number.bank, number.announced and name in PATIENTS))
            if consents and state == "usable":
                with db.transaction(biller) as tx:
                    record_consent(tx, biller, method, Signature(f"{name} themselves"), stage.by())
        except (Refusal, ConnectionCut):
            return

    return Job(f"save of {name}", run)


async def _save(stage: Stage, db: OneConnection, actor: Actor, method: int, biller: int) -> str:
    return await save(stage.wallets(db, actor), method, biller)


def removes(stage: Stage, name: str, method: Saved, told: bool) -> Job:
    """`told`: the page said that this ends the enrollment; where that is not so, it is refused."""
    biller, payer = stage.cast.biller_of[name], stage.cast.payers[name]
    wish = Wish("removed", payer, method.token)
    verb: Verb = lambda db: remove_method(db, biller, method.id, stage.by(), told=told).on_its_way  # noqa: E731
    return _by_hand(stage, f"{name} removes a method", wish, verb)


def pays_now(stage: Stage, name: str, bill: dict[str, Any], method: Saved) -> Job:
    asked = PayNow(bill["payer_id"], (bill["id"],), bill["open"], method.id)
    wish = Wish("pay now", bill["payer_id"], (bill["id"], bill["open"], method.token))
    return _by_hand(stage, f"{name} pays now", wish, lambda db: pay_now(db, bill["biller_id"], asked, stage.by("payer")))


def voids(stage: Stage, bill: dict[str, Any]) -> Job:
    return _by_hand(stage, "void", Wish("void", bill["id"], True), lambda db: void(db, bill["biller_id"], bill["id"], stage.by()))


def elsewhere(stage: Stage, bill: dict[str, Any], number: int) -> Job:
    payment = Payment(bill["open"], "check", local_date(stage.time.now(), ZONE), f"check {number}")
    wish = Wish("elsewhere", bill["id"], bill["open"])
    return _by_hand(stage, "elsewhere", wish, lambda db: record_payment(db, bill["biller_id"], bill["id"], payment, stage.by()))


def refunds(stage: Stage, bill: dict[str, Any], minor: int) -> Job:
    wish = Wish("refund", bill["id"], minor)
    return _by_hand(stage, "refund", wish, lambda db: refund(db, bill["biller_id"], RefundWish(bill["id"], minor), stage.by()))


PEOPLE = (*PATIENTS, *ACCOUNTS)
