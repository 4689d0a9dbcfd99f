"""Saving a method is a saga: whatever step the process dies on, the sweeper ends it, and no hold is left standing (A22, rule C2)."""

from __future__ import annotations

import asyncio
import json
import urllib.parse
import urllib.request
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from autopay.agreements.models import Switch
from autopay.processors.accounts import Processors
from autopay.processors.protocol import Kind, SavedMethod
from autopay.wallet.default import set_default
from autopay.wallet.offer import offer
from autopay.wallet.pause import watch
from autopay.wallet.save import Wallets, save, sweep
from tests.fixtures.world import SECRET, Crash, Crasher, SteppingAll, World

BANK = {
    "type": "us_bank_account",
    "us_bank_account[account_holder_type]": "individual",
    "us_bank_account[routing_number]": "110000000",
    "us_bank_account[account_number]": "000123456789",
    "billing_details[name]": "Test Payer",
}


def wallets(world: World, step: Crasher | None = None) -> Wallets:
    db = world.pool("app", step) if step else world.app
    processors = Processors(db, SECRET)
    world._used.append(processors)
    return Wallets(db, SteppingAll(processors, step or (lambda _what: None)), world.clock, SECRET)


def offered(world: World, payer: int, number: str, network: str = "198.51.100.0/24") -> int:
    """By a person on the web: within limits, or not."""
    return offer(world.app, world.biller, payer, Kind.CARD, world._token(number), replace(world.by(), network=network))


async def test_A22_a_hold_verifies_the_card_and_is_released_and_is_no_charge(world: World) -> None:
    payer = await world.patient("Maria", None)
    method = offered(world, payer, "4242424242424242")
    assert await save(wallets(world), method, world.biller) == "usable"
    row = world.rows("select brand, last4, funding, hold_minor, hold_released_at is not null as released from method")[0]
    assert row == {"brand": "visa", "last4": "4242", "funding": "credit", "hold_minor": 100, "released": True}
    assert await world.kept() == 0


@pytest.mark.parametrize(
    ("number", "reason"),
    [("4000000000000002", "declined"), ("4000000000009995", "insufficient_funds"), ("4000000000000069", "expired")],
)
async def test_A22_V33_a_card_that_fails_is_not_saved_and_says_why(world: World, number: str, reason: str) -> None:
    payer = await world.patient("Maria", None)
    method = offered(world, payer, number)
    assert await save(wallets(world), method, world.biller) == "refused"
    assert world.value("select refused_reason from method") == reason


async def test_A22_a_crash_at_any_step_of_saving_ends_usable_once_and_without_a_standing_hold(world: World) -> None:
    number, done = 1, False
    while not done:
        payer = await world.patient(f"P{number}", None, Switch.OFF)
        method = offered(world, payer, "4242424242424242")
        dying = wallets(world, Crasher(at=number))
        try:
            await save(dying, method, world.biller)
            done = True
        except Crash:
            pass
        world.close_last_pool()
        world.moved += timedelta(minutes=5)
        engine_side = Wallets(world.engine.db, world.engine.processors, world.clock, SECRET)
        for _ in range(3):
            await sweep(engine_side)
            world.moved += timedelta(minutes=5)
        assert world.value("select state from method where id = %(m)s", m=method) == "usable", f"step {number}"
        assert world.value("select hold_released_at is not null from method where id = %(m)s", m=method), f"step {number}"
        number += 1
    assert number > 10
    assert await world.kept() == 0


class Live:
    """The same processor, for whom the numbers are no test numbers."""

    def __init__(self, inner: Any) -> None:
        self._inner = inner

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    async def look_at(self, token: str) -> SavedMethod:
        return replace(await self._inner.look_at(token), test=False)


async def test_G3_a_fourth_payer_with_the_same_number_is_refused_before_its_bank_is_asked(world: World) -> None:
    plain = wallets(world)
    live = replace(plain, processors={world.biller: Live(plain.processors[world.biller])})
    states = []
    for name in ("Maria", "Omar", "Ruth", "James"):
        method = offered(world, await world.patient(name, None), "4242424242424242", network="")
        with world.owner.transaction() as tx:
            tx.run("update method set network = '198.51.100.0/24' where id = %(m)s", m=method)
        states.append(await save(live, method, world.biller))
    assert states == ["usable", "usable", "usable", "refused"]
    assert world.value("select refused_reason from method order by id desc limit 1") == "tried_too_often"
    requests = (await asyncio.to_thread(_book_with_requests, world))["requests"]
    assert sum(each["path"].endswith("/attach") for each in requests) == 3
    kept = {row["fingerprint"] for row in world.rows("select fingerprint from method")}
    assert [len(each) for each in kept] == [64], "one keyed hash, not the payment company's own name for the number"
    assert await save(plain, offered(world, await world.patient("Dana", None), "4242424242424242"), world.biller) == "usable"


def _book_with_requests(world: World) -> Any:
    with urllib.request.urlopen(f"{world.sandbox_url}/_sandbox/book?requests=1", timeout=10) as answer:
        return json.load(answer)


async def test_G3_the_alarm_is_raised_by_a_worker_though_nobody_tries_again(world: World) -> None:
    payers = [await world.patient(f"Bot {n}", None) for n in range(22)]
    for n, payer in enumerate(payers[:21]):
        assert await save(wallets(world), offered(world, payer, "4000000000000002", f"203.0.{n}.0/24"), world.biller) == "refused"
    assert world.value("select count(*) from saving_pause") == 0
    assert [watch(world.engine.db, world.clock) for _ in range(2)] == [1, 0]
    assert world.value("select count(*) from journal_entry where action = 'saving paused'") == 1
    last = offered(world, payers[21], "4242424242424242", "203.0.99.0/24")
    assert await save(wallets(world), last, world.biller) == "refused", "the saga itself asks, whoever calls it"


async def test_G3_an_import_is_not_limited_and_counts_for_nobody(world: World) -> None:
    for n in range(35):
        method = offered(world, await world.patient(f"P{n}", None), "4000000000000002", network="")
        assert await save(wallets(world), method, world.biller) == "refused"
        assert world.value("select refused_reason from method where id = %(m)s", m=method) == "declined"
    assert watch(world.engine.db, world.clock) == 0
    assert (
        await save(wallets(world), offered(world, await world.patient("Maria", None), "4242424242424242"), world.biller)
        == "usable"
    )


async def test_A15_a_bank_account_is_enrolled_while_it_is_being_verified_and_charges_wait(world: World) -> None:
    payer = await world.patient("Maria", None)
    token = await asyncio.to_thread(_bank_token, world)
    method = offer(world.app, world.biller, payer, Kind.BANK, token, world.by())
    assert await save(wallets(world), method, world.biller) == "usable"
    assert world.value("select verified from method") is False
    set_default(world.app, world.biller, method, world.by())
    with world.app.transaction(world.biller) as tx:
        from autopay.agreements.consent import Signature, record_consent

        record_consent(tx, world.biller, method, Signature("the payer", range_minor=20000), world.by())
    invoice = world.visit(payer)
    await world.work(2)
    assert (world.state(invoice), world.value("select why from invoice")) == (
        None if world.state(invoice) is None else "due",
        "being_verified",
    )
    setup = world.value("select verification from method")
    await asyncio.to_thread(_prove, world, setup)
    world.moved += timedelta(minutes=20)
    await sweep(Wallets(world.engine.db, world.engine.processors, world.clock, SECRET))
    assert world.value("select verified from method") is True
    world.moved += timedelta(days=1)
    await world.work(2)
    assert world.state(invoice) == "pending"


def _bank_token(world: World) -> str:
    return str(_post(world, "/v1/payment_methods", BANK, f"pk_test_b{world.biller}")["id"])


def _prove(world: World, setup: str) -> None:
    amounts = {"amounts[0]": "32", "amounts[1]": "45"}
    _post(world, f"/v1/setup_intents/{setup}/verify_microdeposits", amounts, f"sk_test_b{world.biller}")


def _post(world: World, path: str, fields: dict[str, str], key: str) -> dict[str, object]:
    form = urllib.parse.urlencode(fields).encode()
    request = urllib.request.Request(world.sandbox_url + path, form, {"Authorization": f"Bearer {key}"})
    with urllib.request.urlopen(request, timeout=10) as answer:
        return dict(json.load(answer))
