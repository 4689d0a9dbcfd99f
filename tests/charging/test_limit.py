"""Above the account's limit nothing is charged until a person says yes to exactly that amount; expiry is announced (A55, A58)."""

from __future__ import annotations

import asyncio
from datetime import date, timedelta

import pytest

from autopay.agreements.change import NO_LIMIT, Change, change_agreement
from autopay.agreements.models import Switch
from autopay.charging.approve import approve
from autopay.charging.coming import coming
from autopay.charging.night import work_nights
from autopay.charging.pay_now import Wish, pay_now
from autopay.charging.switch import set_switch
from autopay.journal.seal import seal
from autopay.notices.write import write_notices
from autopay.refusal import Refusal
from tests.charging.test_months import _start_nights, at, enrolled, practice, walk
from tests.fixtures.world import World

FIRST = date(2027, 4, 28)


async def limited(world: World, limit: int, minor: int = 61800, notice_days: int = 0) -> int:
    at(world, FIRST)
    _start_nights(world, FIRST)
    payer = await practice(world, 1, notice_days, minor)
    await enrolled(world, payer)
    set_limit(world, payer, limit)
    return payer


def set_limit(world: World, payer: int, limit: int) -> None:
    with world.app.transaction(world.biller) as tx:
        change_agreement(tx, world.biller, payer, Change(Switch.ON, cap_minor=limit), world.by())


def whys(world: World) -> list[str]:
    return [row["why"] for row in world.rows("select why from invoice order by id")]


async def test_A55_a_bill_above_the_limit_is_held_until_a_yes_and_then_charged_at_once(world: World) -> None:
    payer = await limited(world, 40000)
    await walk(world, FIRST, date(2027, 5, 3))
    assert whys(world) == ["over_cap"]
    assert await world.kept() == 0
    approve(world.app, world.biller, payer, 61800, world.by())
    await world.until_quiet()
    assert await world.kept() == 61800 == world.value("select captured from invoice")
    assert world.value("select why from invoice") == "charged"
    assert [row["action"] for row in world.rows("select action from journal_entry where action like 'bill %%' order by id")] == [
        "bill held",
        "bill approved",
    ]


async def test_A55_said_yes_before_the_charge_day_it_is_charged_on_that_day(world: World) -> None:
    payer = await limited(world, 40000, notice_days=10)
    await walk(world, FIRST, date(2027, 5, 4))
    with world.app.transaction(world.biller) as tx:
        ahead = coming(tx, {payer: date(2027, 5, 4)})[payer]
    assert (ahead.on, ahead.minor, ahead.needs_ok) == (date(2027, 5, 11), 61800, True)
    approve(world.app, world.biller, payer, 61800, world.by())
    await walk(world, date(2027, 5, 5), date(2027, 5, 10))
    assert await world.kept() == 0
    await walk(world, date(2027, 5, 11), date(2027, 5, 11))
    assert await world.kept() == 61800


async def test_A55_a_yes_to_another_amount_or_a_second_yes_charges_nothing_more(world: World) -> None:
    payer = await limited(world, 40000)
    await walk(world, FIRST, date(2027, 5, 2))
    with pytest.raises(Refusal, match="changed"):
        approve(world.app, world.biller, payer, 61900, world.by())
    approve(world.app, world.biller, payer, 61800, world.by())
    with pytest.raises(Refusal, match="does not need your OK any more"):
        approve(world.app, world.biller, payer, 61800, world.by())
    await world.until_quiet()
    assert await world.kept() == 61800
    assert world.value("select count(*) from charge") == 1


async def test_A55_the_next_bill_and_the_held_one_are_asked_about_together(world: World) -> None:
    payer = await limited(world, 40000)
    await walk(world, FIRST, date(2027, 6, 2))
    assert whys(world) == ["over_cap", "over_cap"]
    with world.app.transaction(world.biller) as tx:
        assert coming(tx, {payer: date(2027, 6, 2)})[payer].minor == 2 * 61800
    approve(world.app, world.biller, payer, 2 * 61800, world.by())
    await world.until_quiet()
    assert await world.kept() == 2 * 61800
    assert world.value("select count(*) from charge") == 1


async def test_A55_a_yes_before_tonight_s_bill_does_not_take_the_place_of_its_charge(world: World) -> None:
    payer = await limited(world, 40000)
    await walk(world, FIRST, date(2027, 5, 31))
    at(world, date(2027, 6, 1), hour=0)
    approve(world.app, world.biller, payer, 61800, world.by())
    set_limit(world, payer, NO_LIMIT)
    await walk(world, date(2027, 6, 1), date(2027, 6, 2))
    assert await world.kept() == 2 * 61800
    assert [row["period"] for row in world.rows("select period from charge order by id")] == [date(2027, 5, 1), date(2027, 6, 1)]


async def test_A55_a_yes_and_a_cancellation_and_a_payment_by_hand_never_take_it_twice(world: World) -> None:
    payer = await limited(world, 40000)
    await walk(world, FIRST, date(2027, 5, 2))
    method, invoice = world.value("select id from method"), world.value("select id from invoice")
    approve(world.app, world.biller, payer, 61800, world.by())
    pay_now(world.app, world.biller, Wish(payer, (invoice,), 61800, method), world.by())
    await world.until_quiet()
    assert await world.kept() == 61800
    assert [row["state"] for row in world.rows("select state from charge order by id")] == ["withdrawn", "paid"]


async def test_A55_A33_cancelled_after_the_yes_it_is_not_charged(world: World) -> None:
    payer = await limited(world, 40000)
    await walk(world, FIRST, date(2027, 5, 2))
    approve(world.app, world.biller, payer, 61800, world.by())
    assert set_switch(world.app, world.biller, payer, Switch.OFF, world.by()).withdrawn == 1
    await world.until_quiet()
    assert await world.kept() == 0


async def test_A55_many_at_once_say_yes_and_one_charge_comes_of_it(world: World) -> None:
    payer = await limited(world, 40000)
    await walk(world, FIRST, date(2027, 5, 2))

    def try_it() -> bool:
        try:
            approve(world.pool("app"), world.biller, payer, 61800, world.by())
        except Refusal:
            return False
        return True

    said = await asyncio.gather(*(asyncio.to_thread(try_it) for _ in range(6)))
    assert sum(said) == 1
    await world.until_quiet()
    assert await world.kept() == 61800


async def test_A55_without_a_limit_or_under_it_nothing_is_asked(world: World) -> None:
    payer = await limited(world, 61800)
    await walk(world, FIRST, date(2027, 5, 2))
    assert await world.kept() == 61800
    set_limit(world, payer, 100)
    set_limit(world, payer, NO_LIMIT)
    await walk(world, date(2027, 5, 3), date(2027, 6, 2))
    assert await world.kept() == 2 * 61800


async def test_A55_a_bill_older_than_the_enrollment_is_neither_announced_nor_asked_about(world: World) -> None:
    at(world, FIRST)
    _start_nights(world, FIRST)
    payer = await practice(world, 1, 10)
    await walk(world, FIRST, date(2027, 5, 2))
    await enrolled(world, payer)
    with world.app.transaction(world.biller) as tx:
        assert coming(tx, {payer: date(2027, 5, 2)}) == {}
    await walk(world, date(2027, 5, 3), date(2027, 5, 12))
    assert await world.kept() == 0


async def test_A58_expiry_is_announced_60_30_and_7_days_ahead_once_each(world: World) -> None:
    at(world, FIRST)
    _start_nights(world, FIRST)
    payer = await practice(world, 15)
    await enrolled(world, payer)
    with world.owner.transaction() as tx:
        tx.run("update payer set email = 'owner@practice.test'")
        tx.run("update method set exp_year = 2027, exp_month = 6")
    day = FIRST
    while day <= date(2027, 7, 2):
        at(world, day)
        work_nights(world.engine)
        work_nights(world.engine)
        day += timedelta(days=1)
    told = world.rows(
        """select at::date as "on", data->'days' as days from journal_entry where action = 'method expires' order by id"""
    )
    assert [(row["on"], row["days"]) for row in told] == [
        (date(2027, 5, 1), 60),
        (date(2027, 5, 31), 30),
        (date(2027, 6, 23), 7),
    ]
    while seal(world.engine.db, world.biller) or write_notices(world.engine.db, "http://localhost:8000"):
        pass
    mails = world.rows("select subject, text from notice where kind like 'expires%%' order by id")
    assert [mail["subject"].rsplit(" expires ")[1] for mail in mails] == ["in 60 days", "in 30 days", "in 7 days"]
    assert all("Visa ending in 4242 expires on June 30, 2027." in mail["text"] for mail in mails)


async def test_A58_a_card_that_autopay_does_not_use_is_not_announced(world: World) -> None:
    at(world, FIRST)
    _start_nights(world, FIRST)
    payer = await practice(world, 15)
    await enrolled(world, payer)
    with world.owner.transaction() as tx:
        tx.run("update method set exp_year = 2027, exp_month = 6")
    set_switch(world.app, world.biller, payer, Switch.OFF, world.by())
    at(world, date(2027, 5, 1))
    work_nights(world.engine)
    assert world.value("select count(*) from journal_entry where action = 'method expires'") == 0
