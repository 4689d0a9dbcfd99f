"""Every event has exactly one notice, wherever the worker dies, and none before its commit (rules I14, M9, E4; A54, V40)."""

from __future__ import annotations

from datetime import timedelta

import psycopg
import pytest

from autopay.agreements.models import Switch
from autopay.charging.refund import RefundWish, refund
from autopay.charging.switch import set_switch
from autopay.journal.seal import seal
from autopay.notices.write import write_notices
from autopay.wallet.default import remove
from tests.fixtures.world import MASTERCARD, SAVES_THEN_DECLINES, Crash, Crasher, World

SITE = "http://localhost:8000"
EXPECTED = {
    ("consent", "maria@patients.test"): 2,
    ("method added", "maria@patients.test"): 2,
    ("receipt", "maria@patients.test"): 1,
    ("refunded", "maria@patients.test"): 1,
    ("cancelled", "maria@patients.test"): 1,
    ("method removed", "maria@patients.test"): 1,
    ("consent", "omar@patients.test"): 1,
    ("method added", "omar@patients.test"): 1,
    ("failed", "omar@patients.test"): 1,
}


async def history(world: World) -> None:
    """A card that pays, one that declines, a refund, a card taken out, a switch turned off."""
    maria, omar = await with_address(world, "Maria"), await with_address(world, "Omar", SAVES_THEN_DECLINES)
    spare = await world.card(maria, MASTERCARD)
    invoice = world.visit(maria)
    world.visit(omar)
    await world.work()
    refund(world.app, world.biller, RefundWish(invoice, 2000), world.by())
    await world.work()
    remove(world.app, world.biller, spare, world.by())
    set_switch(world.app, world.biller, maria, Switch.OFF, world.by())
    set_switch(world.app, world.biller, maria, Switch.OFF, world.by())


async def with_address(world: World, name: str, card: str | None = None) -> int:
    payer = await world.patient(name, card or "4242424242424242")
    with world.owner.transaction() as tx:
        tx.run("update payer set email = %(to)s where id = %(p)s", to=f"{name.lower()}@patients.test", p=payer)
    return payer


def told(world: World) -> dict[tuple[str, str], int]:
    rows = world.rows('select kind, "to", count(*) as n from notice group by 1, 2')
    return {(row["kind"], row["to"]): row["n"] for row in rows}


def write_all(world: World, limit: int = 200) -> None:
    while seal(world.engine.db, world.biller) or write_notices(world.engine.db, SITE, limit):
        pass


async def test_A54_V37_V40_E4_each_event_has_exactly_one_notice(world: World) -> None:
    await history(world)
    write_all(world)
    assert told(world) == EXPECTED
    write_all(world)
    assert told(world) == EXPECTED


async def test_M9_a_writer_killed_at_any_step_leaves_exactly_one_notice_for_each_event(world: World) -> None:
    await history(world)
    while seal(world.engine.db, world.biller):
        pass
    steps, finished = 0, False
    while not finished:
        steps += 1
        engine = world.restart(Crasher(at=steps))
        try:
            write_notices(engine.db, SITE, limit=3)
            finished = not world.value("select 1 from journal_seal s join notice_cursor c using (biller_id) where s.seq > c.seq")
        except Crash:
            continue
    world.restart(lambda _what: None)
    write_all(world)
    assert steps > 8
    assert told(world) == EXPECTED


async def test_I14_a_cursor_that_is_set_back_tells_nothing_twice(world: World) -> None:
    await history(world)
    write_all(world)
    with world.owner.transaction() as tx:
        tx.run("update notice_cursor set seq = 0")
    write_all(world)
    assert told(world) == EXPECTED


async def test_no_notice_of_what_was_rolled_back_or_is_not_committed_yet(world: World) -> None:
    await history(world)
    write_all(world)
    late = """insert into journal_entry (biller_id, at, actor, action, object, object_id, data)
              select biller_id, now(), 'test', 'auto-pay off', 'payer', id, '{"was": "on"}' from payer where name = %(name)s"""
    with world.owner.transaction() as open_one:
        open_one.run(late, name="Omar")
        with world.owner.transaction() as second:  # commits first, with the much higher number of a busy second
            second.run("select setval(pg_get_serial_sequence('journal_entry', 'id'), max(id) + 50000) from journal_entry")
            second.run(late, name="Maria")
        write_all(world)
        assert told(world) == EXPECTED, "what an older transaction wrote may come yet, and is sealed before it"
    write_all(world)
    after = EXPECTED | {("cancelled", "maria@patients.test"): 2, ("cancelled", "omar@patients.test"): 1}
    assert told(world) == after
    with pytest.raises(psycopg.errors.DivisionByZero), world.owner.transaction() as tx:
        tx.run(f"with told as ({late} returning id) select 1 / 0 from told", name="Omar")
    write_all(world)
    assert told(world) == after


async def test_I17_the_notices_of_another_biller_are_not_read_and_none_is_written_by_the_web(world: World) -> None:
    await history(world)
    write_all(world)
    mine = world.biller
    with world.app.transaction(mine) as tx:
        assert tx.value("select count(*) from notice") == sum(EXPECTED.values())
    with world.app.transaction(world.agency()) as tx:
        assert tx.value("select count(*) from notice") == 0


async def test_L3_the_cancellation_names_what_was_on_its_way(world: World) -> None:
    maria = await with_address(world, "Maria")
    world.visit(maria, 4321)
    await world.fault(action="lost_after", operation="payment_intents.create")
    await world.work()
    set_switch(world.app, world.biller, maria, Switch.OFF, world.by())
    world.moved += timedelta(minutes=1)
    await world.until_quiet()
    write_all(world)
    mail = world.rows("select text, html from notice where kind = 'cancelled'")[0]
    for body in mail.values():
        assert "This payment was already on its way and cannot be stopped: $43.21 to Visa ending in 4242" in body
        assert "Reference" in body


async def test_a_payer_without_any_address_has_no_notice_and_stops_nobody_elses(world: World) -> None:
    world.visit(await world.patient("Nobody"))
    world.visit(await with_address(world, "Maria"))
    await world.work()
    write_all(world)
    assert {to for _, to in told(world)} == {"maria@patients.test"}
