"""A consumer's debit above what they agreed to is announced by a mail, and its ten full days count from that mail (V39, rule E6)."""

from __future__ import annotations

from datetime import timedelta

from autopay.charging.adjust import adjust
from autopay.journal.seal import seal
from autopay.notices.deliver import Mail, deliver
from autopay.notices.letter import Kind
from autopay.notices.write import write_notices
from tests.charging.test_found_in_review import bank_patient
from tests.fixtures.world import World


def told(world: World) -> None:
    with world.owner.transaction() as tx:
        tx.run("update payer set email = 'ben@example.test'")


def announced(world: World) -> list[Mail]:
    return [mail for mail in world.letters() if mail.kind == Kind.ANNOUNCED]


async def test_V39_E6_without_a_mail_that_was_sent_nothing_is_charged_and_the_days_count_from_it(world: World) -> None:
    payer = await bank_patient(world)
    invoice = world.visit(payer, 30000)
    world.moved += timedelta(days=12)
    await world.work()
    assert world.letters() == []  # no address is known
    assert world.state(invoice) == "due"
    told(world)
    world.moved += timedelta(days=12)
    await world.work()
    assert world.state(invoice) == "due"
    assert len(announced(world)) == 1
    world.moved += timedelta(days=10)
    await world.work()
    assert announced(world) == []
    assert world.state(invoice) == "due"
    world.moved += timedelta(days=1)
    await world.work()
    assert world.state(invoice) == "pending"


async def test_E6_a_mail_about_another_amount_announces_nothing(world: World) -> None:
    payer = await bank_patient(world)
    told(world)
    invoice = world.visit(payer, 30000)
    seal(world.engine.db, world.biller)
    write_notices(world.engine.db, "http://localhost")
    with world.app.transaction(world.biller) as tx:
        adjust(tx, world.biller, invoice, 50000, world.by())
    deliver(world.engine.db, world.clock, lambda _mail: None)
    assert world.value("select noticed_on from invoice") is None


async def test_V39_a_changed_amount_is_announced_anew(world: World) -> None:
    payer = await bank_patient(world)
    told(world)
    invoice = world.visit(payer, 30000)
    assert ["$300.00" in each.text for each in announced(world)] == [True]
    assert world.value("select noticed_on from invoice") == world.clock.today("America/Los_Angeles")
    world.moved += timedelta(days=10)
    with world.app.transaction(world.biller) as tx:
        adjust(tx, world.biller, invoice, 50000, world.by())
    assert ["$500.00" in each.text for each in announced(world)] == [True]
    world.moved += timedelta(days=2)
    await world.work()
    assert world.state(invoice) == "due"
    world.moved += timedelta(days=10)
    await world.work()
    assert world.state(invoice) == "pending"
