"""The payment company disconnected, connected again, its keys replaced: nothing is sent meanwhile, nothing is lost (A64, rule Z1)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from autopay.charging.refund import RefundWish, refund
from autopay.database import PooledDatabase
from autopay.processors.accounts import Keys, Processors, keys_of, stored_keys
from autopay.processors.connection import Connection, connection, replace_keys, set_connected
from autopay.refusal import Refusal
from tests.fixtures.world import SECRET, World


def switch(world: World, on: bool) -> bool:
    return set_connected(world.app, world.biller, on, world.by())


def rotated(world: World, prefix: str = "rk", webhook: str = "") -> Keys:
    return Keys(world.sandbox_url, f"pk_test_b{world.biller}", f"{prefix}_test_b{world.biller}", webhook)


def shown(db: PooledDatabase, biller: int) -> Connection:
    with db.transaction(biller) as tx:
        found = connection(tx)
    assert found
    return found


async def test_A64_charges_that_come_while_disconnected_wait_and_are_made_once_after_it(world: World) -> None:
    payer = await world.patient("Maria")
    early = world.visit(payer)
    assert switch(world, False)
    late = world.visit(payer, 3000)
    for _ in range(3):
        await world.work()
        world.moved += timedelta(days=1)
    assert [world.state(early), world.state(late), await world.kept()] == ["due", "due", 0]
    assert world.value("select why from invoice where id = %(i)s", i=late) == "no_processor"
    assert switch(world, True)
    assert not switch(world, True)
    world.moved += timedelta(days=1)
    await world.work(2)
    assert [world.state(early), world.state(late), await world.kept()] == ["paid", "paid", 11500]
    actions = world.rows("select action from journal_entry where action like 'processor %%' order by id", x=0)
    assert [row["action"] for row in actions] == ["processor disconnected", "processor connected"]


async def test_A64_what_was_sent_before_is_followed_to_its_end_and_a_refund_waits(world: World) -> None:
    payer = await world.patient("Maria")
    paid = world.visit(payer)
    await world.work()
    await world.fault(action="lost_after", operation="payment_intents.create")
    lost = world.visit(payer, 3000)
    await world.work()
    refund(world.app, world.biller, RefundWish(paid, 2000), world.by())
    switch(world, False)
    world.restart()
    for _ in range(4):
        world.moved += timedelta(minutes=10)
        await world.work()
    assert world.state(lost) == "paid"
    assert world.value("select state from refund") == "due"
    switch(world, True)
    await world.work()
    assert world.value("select state from refund") == "done"
    assert await world.kept() == 8500 + 3000 - 2000


async def test_Z1_keys_replaced_during_a_run_lose_no_charge(world: World) -> None:
    """A worker that is already running uses the new keys; the page that saves cards too."""
    payer = await world.patient("Maria")
    processors = world.processors
    for minor, prefix in ((1000, "rk"), (2000, "sk"), (3000, "rk")):
        world.visit(payer, minor)
        await world.work()
        before = processors[world.biller]
        replace_keys(world.app, world.biller, rotated(world, prefix), world.by(), SECRET, demo=True)
        assert (processors.renew(), processors.renew()) == (1, 0)
        assert processors[world.biller] is not before
        world.engine.processors.clear()  # type: ignore[attr-defined]  # the test's own wrapper remembers adapters too
    await world.work()
    assert await world.kept() == 6000
    assert world.value("select count(*) from charge where state <> 'paid'") == 0


async def test_Z1_keys_are_stored_encrypted_and_an_empty_webhook_secret_keeps_the_one_before(world: World) -> None:
    replace_keys(world.app, world.biller, rotated(world), world.by(), SECRET, demo=False)
    kept = stored_keys(world.app, world.biller, SECRET)
    assert kept == rotated(world, webhook=f"whsec_b{world.biller}")
    row = world.rows("select p::text as row from processor_account p")[0]["row"]
    assert "rk_test" not in row
    assert "whsec" not in row
    assert "rk_test" not in str(world.rows("select data from journal_entry where action = 'processor keys replaced'"))
    assert shown(world.app, world.biller) == Connection("stripe", world.sandbox_url, f"pk_test_b{world.biller}", True, True)
    switch(world, False)
    assert keys_of(world.app, world.biller, SECRET) is None
    assert Processors(world.app, SECRET)[world.biller]


@pytest.mark.parametrize(
    ("typed", "demo", "code", "said"),
    [
        (("pk_live_x", "sk_live_x", ""), True, "secret", "This is a demo"),
        (("pk_test_x", "sk_live_x", ""), True, "secret", "Both must be of one kind"),
        (("pk_live_x", "sk_test_x", ""), False, "secret", "Both must be of one kind"),
        (("sk_test_x", "sk_test_x", ""), False, "publishable", "begins with pk_"),
        (("pk_test_x", "pk_test_x", ""), False, "secret", "begins with sk_ or rk_"),
        (("pk_test_x", "sk_test_x", "secret"), False, "webhook", "begins with whsec_"),
        (("", "", ""), False, "publishable", "begins with pk_"),
    ],
)
async def test_Z1_keys_that_do_not_fit_are_refused_and_nothing_is_stored(
    world: World, typed: tuple[str, str, str], demo: bool, code: str, said: str
) -> None:
    before = stored_keys(world.app, world.biller, SECRET)
    keys = Keys(world.sandbox_url, *typed)
    with pytest.raises(Refusal, match=said) as refused:
        replace_keys(world.app, world.biller, keys, world.by(), SECRET, demo=demo)
    assert refused.value.code == code
    assert stored_keys(world.app, world.biller, SECRET) == before


async def test_A64_without_keys_there_is_nothing_to_connect(world: World) -> None:
    with world.owner.transaction() as tx:
        tx.run("delete from processor_account")
    with pytest.raises(Refusal, match="no keys yet"):
        switch(world, True)
