"""A practice's month: billed on its anchor day, charged on its charge day, once, whatever the calendar does (A50, A51, I19, K3)."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from autopay.agreements.consent import Signature
from autopay.agreements.enroll import BillingInformation, Enrollment, enroll
from autopay.agreements.models import Switch
from autopay.billing.bill_day import days_in_month
from autopay.charging.night import work_nights
from autopay.charging.switch import set_switch
from autopay.parties.create import NewPayer, create_payers
from tests.fixtures.world import World

PEOPLE = BillingInformation("o@practice.test", "555", "Ann", "Lee", "1 Main", "Reno", "NV", "89501")


def at(world: World, day: date, hour: int = 12, zone: str = "America/Los_Angeles") -> None:
    """Set both clocks to a local time."""
    then = datetime(day.year, day.month, day.day, hour, tzinfo=ZoneInfo(zone)).astimezone(UTC)
    world.moved = then - datetime.now(UTC)


async def practice(world: World, bill_day: int, notice_days: int = 0, minor: int = 25685) -> int:
    with world.owner.transaction() as tx:
        tx.run("update biller set notice_days = %(n)s", n=notice_days)
    with world.app.transaction(world.biller) as tx:
        ids = create_payers(
            tx, world.biller, [NewPayer("account", "Green Valley", f"gv{bill_day}", bill_day=bill_day)], world.by()
        )
        payer = ids["autopay", f"gv{bill_day}"]
        tx.run(
            """with product as (insert into product (biller_id, code, name) values (%(b)s, 'ehr', 'EHR') returning id),
                    price as (insert into price (biller_id, product_id, source, minor, since)
                              select %(b)s, id, 'data_sheet', %(minor)s, '2020-01-01' from product)
               insert into selection (biller_id, payer_id, product_id, since) select %(b)s, %(p)s, id, '2020-01-01' from product""",
            b=world.biller,
            p=payer,
            minor=minor,
        )
    return payer


async def enrolled(world: World, payer: int, take_open: bool = False) -> None:
    method = await world.card(payer, "4242424242424242", consent=False)
    enroll(world.app, world.biller, payer, Enrollment(method, PEOPLE, Signature("Ann Lee"), take_open=take_open), world.by())


async def walk(world: World, first: date, last: date) -> None:
    """Every day at noon; nights and charges as a worker does them, twice to show that twice is once."""
    day = first
    while day <= last:
        at(world, day)
        work_nights(world.engine)
        work_nights(world.engine)
        await world.work()
        day += timedelta(days=1)


def _start_nights(world: World, day: date) -> None:
    with world.owner.transaction() as tx:
        tx.run("""update night set "on" = %(on)s""", on=day - timedelta(days=1))


@pytest.mark.parametrize("anchor", [29, 30, 31])
async def test_A51_K3_an_enrolled_practice_is_billed_and_charged_once_a_month_on_late_anchor_days(
    world: World, anchor: int
) -> None:
    first = date(2027, 1, 15)
    at(world, first)
    _start_nights(world, first)
    payer = await practice(world, anchor)
    await enrolled(world, payer)
    await walk(world, first, date(2027, 5, 2))
    billed = [row["period"] for row in world.rows("select period from invoice order by period")]
    assert billed == [date(2027, month, min(anchor, days_in_month(date(2027, month, 1)))) for month in (1, 2, 3, 4)]
    charged = world.rows("select period, state, minor from charge order by id")
    assert charged == [{"period": period, "state": "paid", "minor": 25685} for period in billed]
    assert await world.kept() == 4 * 25685


@pytest.mark.parametrize(("anchor", "change"), [(14, date(2027, 3, 14)), (7, date(2027, 11, 7))])
async def test_A51_I19_a_clock_change_on_the_bill_day_neither_doubles_nor_loses_the_month(
    world: World, anchor: int, change: date
) -> None:
    first = change - timedelta(days=2)
    at(world, first)
    _start_nights(world, first)
    payer = await practice(world, anchor)
    await enrolled(world, payer)
    for hour in range(0, 72, 1):
        world.moved = datetime(first.year, first.month, first.day, 8, tzinfo=UTC) + timedelta(hours=hour) - datetime.now(UTC)
        work_nights(world.engine)
    await world.work()
    assert world.rows("select period, state from charge") == [{"period": change, "state": "paid"}]
    assert world.value("select count(*) from invoice") == 1


async def test_A51_a_scheduler_that_slept_for_a_week_catches_every_night_up_in_order(world: World) -> None:
    first = date(2027, 1, 28)
    at(world, first)
    _start_nights(world, first)
    payer = await practice(world, 31)
    await enrolled(world, payer)
    work_nights(world.engine)
    at(world, date(2027, 2, 6))
    assert work_nights(world.engine) == 9
    await world.work()
    assert world.rows("select period, state from charge") == [{"period": date(2027, 1, 31), "state": "paid"}]
    assert world.value("""select count(*) from night where done_at is null""") == 0


async def test_A51_the_charge_day_is_the_bill_day_plus_the_notice_days(world: World) -> None:
    first = date(2027, 4, 28)
    at(world, first)
    _start_nights(world, first)
    payer = await practice(world, 1, notice_days=10)
    await enrolled(world, payer)
    await walk(world, first, date(2027, 5, 10))
    assert world.value("select count(*) from charge") == 0
    await walk(world, date(2027, 5, 11), date(2027, 5, 11))
    assert world.rows("select period, state from charge") == [{"period": date(2027, 5, 11), "state": "paid"}]


async def test_A50_a_SOW_stands_before_an_MSA_and_an_MSA_before_the_data_sheet(world: World) -> None:
    first = date(2027, 1, 30)
    at(world, first)
    _start_nights(world, first)
    payer = await practice(world, 1, minor=1000)
    with world.app.transaction(world.biller) as tx:
        for source, minor, since, until in (("msa", 900, "2026-01-01", None), ("sow", 500, "2027-03-01", "2027-04-01")):
            tx.run(
                """insert into price (biller_id, product_id, payer_id, source, minor, since, until)
                   select %(b)s, id, %(p)s, %(source)s, %(minor)s, %(since)s::date, %(until)s::date from product""",
                b=world.biller,
                p=payer,
                source=source,
                minor=minor,
                since=since,
                until=until,
            )
    await walk(world, first, date(2027, 4, 2))
    lines = world.rows(
        "select l.minor, l.price_source from invoice_line l join invoice i on i.id = l.invoice_id order by i.period"
    )
    assert lines == [
        {"minor": 900, "price_source": "msa"},
        {"minor": 500, "price_source": "sow"},
        {"minor": 900, "price_source": "msa"},
    ]
    assert world.value("select why from invoice limit 1") == "not_enrolled"


@pytest.mark.parametrize(("take_open", "taken"), [(False, 1), (True, 2)])
async def test_A23_open_invoices_are_taken_only_if_the_person_ticked_them(world: World, take_open: bool, taken: int) -> None:
    first = date(2027, 1, 30)
    at(world, first)
    _start_nights(world, first)
    payer = await practice(world, 1)
    await walk(world, first, date(2027, 2, 20))
    await enrolled(world, payer, take_open)
    await walk(world, date(2027, 2, 21), date(2027, 3, 2))
    assert await world.kept() == taken * 25685
    assert world.value("select count(*) from charge_part") == taken


async def test_A33_a_cancelled_account_is_billed_but_not_charged(world: World) -> None:
    first = date(2027, 1, 30)
    at(world, first)
    _start_nights(world, first)
    payer = await practice(world, 1)
    await enrolled(world, payer)
    set_switch(world.app, world.biller, payer, Switch.OFF, world.by())
    await walk(world, date(2027, 1, 31), date(2027, 2, 3))
    assert world.rows("select why, captured from invoice") == [{"why": "not_enrolled", "captured": 0}]


async def test_A52_the_balance_is_refreshed_nightly_and_shows_an_online_payment_after_two_bank_days(world: World) -> None:
    from autopay.charging.pay_now import Wish, pay_now

    monday = date(2027, 3, 1)
    at(world, monday)
    _start_nights(world, monday)
    payer = await practice(world, 1)
    method = await world.card(payer, "4242424242424242")
    await walk(world, monday, monday)
    assert world.value("select minor from balance") == 25685
    pay_now(world.app, world.biller, Wish(payer, (world.value("select id from invoice"),), 25685, method), world.by())
    await world.work()
    await walk(world, date(2027, 3, 2), date(2027, 3, 2))
    assert world.value("select minor from balance") == 25685
    await walk(world, date(2027, 3, 3), date(2027, 3, 4))
    assert world.value("select minor from balance") == 0
