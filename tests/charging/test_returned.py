"""A debit the bank sent back for good ends what allowed it; one for which there was no money ends nothing (rule N5)."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from autopay.charging.pay_now import Wish, pay_now
from autopay.charging.stop_returned import stop_returned
from autopay.refusal import Refusal
from tests.charging.test_found_in_review import bank_patient, pass_days
from tests.fixtures.world import World


async def sent_back(world: World, code: str) -> int:
    """A visit is charged to a bank account, arrives, and comes back with `code`. Returns the payer."""
    payer = await bank_patient(world)
    world.visit(payer)
    await world.work()
    await pass_days(world, 7)
    await world.work()
    ref = world.value("select ref from charge")
    await asyncio.to_thread(world._post, "/_sandbox/returns", {"payment_intent": ref, "code": code})
    await pass_days(world, 20)
    await world.work(2)
    assert world.value("select state from charge") == "returned"
    return payer


@pytest.mark.parametrize("code", ["R02", "R03", "R05", "R07", "R08", "R10"])
async def test_N5_no_second_debit_from_an_account_whose_bank_said_no_for_good(world: World, code: str) -> None:
    payer = await sent_back(world, code)
    invoice, method = world.value("select id from invoice"), world.value("select id from method")
    assert world.rows("select state, is_default from method") == [{"state": "detached", "is_default": False}]
    assert (
        world.value("select count(*) from consent c where not exists (select from consent_end e where e.consent_id = c.id)") == 0
    )
    with pytest.raises(Refusal):
        pay_now(world.app, world.biller, Wish(payer, (invoice,), 8500, method), world.by())
    second = world.visit(payer)
    await world.work()
    assert world.state(second) is None
    assert world.value("select why from invoice where id = %(i)s", i=second) == "no_default"
    assert world.value("select count(*) from journal_entry where action = 'method removed'") == 1


@pytest.mark.parametrize("code", ["R01", "R09"])
async def test_N5_not_enough_money_ends_nothing_and_is_not_tried_again_without_a_person(world: World, code: str) -> None:
    await sent_back(world, code)
    await world.work(3)
    assert world.rows("select state, is_default from method") == [{"state": "usable", "is_default": True}]
    assert world.value("select count(*) from charge") == 1


async def test_N5_a_crash_right_after_the_return_was_settled_loses_nothing(world: World) -> None:
    await sent_back(world, "R01")
    with world.owner.transaction() as tx:
        tx.run("update charge set reason = 'account_closed'")
    assert stop_returned(world.engine) == 1
    assert stop_returned(world.engine) == 0
    assert world.value("select state from method") == "detached"


@pytest.mark.parametrize(("days", "found"), [(69, 1), (71, 0)])
async def test_N5_returns_of_long_ago_are_not_read_each_second_for_ever(world: World, days: int, found: int) -> None:
    await sent_back(world, "R01")
    with world.owner.transaction() as tx:
        tx.run("update charge set reason = 'account_closed', settled_at = %(at)s", at=world.clock.now() - timedelta(days=days))
    assert stop_returned(world.engine) == found
