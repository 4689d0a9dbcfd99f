"""What is said before the night is what the night does: who, how much, on what, which day, who not and why (A63)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

import pytest

from autopay.agreements.consent import Signature
from autopay.agreements.enroll import BillingInformation, Enrollment, enroll
from autopay.charging.forecast import Expected, Span, forecast, next_night
from autopay.charging.night import work_nights
from autopay.charging.pay_now import Wish, pay_now
from autopay.parties.create import NewPayer, create_payers
from autopay.wallet.default import remove
from tests.charging.test_months import _start_nights, at, walk
from tests.fixtures.world import ZONE, World

FIRST = date(2027, 1, 15)
PEOPLE = BillingInformation("o@practice.test", "555", "Ann", "Lee", "1 Main", "Reno", "NV", "89501")


def begin(world: World, notice_days: int = 0) -> None:
    at(world, FIRST)
    _start_nights(world, FIRST)
    with world.owner.transaction() as tx:
        tx.run("update biller set notice_days = %(n)s", n=notice_days)
        tx.run(
            """with p as (insert into product (biller_id, code, name) values (%(b)s, 'ehr', 'EHR') returning id)
               insert into price (biller_id, product_id, source, minor, since) select %(b)s, id, 'data_sheet', 1000, '2020-01-01' from p""",
            b=world.biller,
        )


def account(world: World, name: str, bill_day: int, quantity: int) -> int:
    with world.app.transaction(world.biller) as tx:
        payer = create_payers(tx, world.biller, [NewPayer("account", name, name, bill_day=bill_day)], world.by())["autopay", name]
        tx.run(
            """insert into selection (biller_id, payer_id, product_id, quantity, since)
               select %(b)s, %(p)s, id, %(q)s, '2020-01-01' from product""",
            b=world.biller,
            p=payer,
            q=quantity,
        )
    return payer


async def on(world: World, payer: int, number: str = "4242424242424242", cap: int | None = None) -> int:
    method = await world.card(payer, number, consent=False)
    enroll(world.app, world.biller, payer, Enrollment(method, PEOPLE, Signature("Ann Lee"), cap), world.by())
    return method


def asked(world: World, last: date, payer: int | None = None) -> list[Expected]:
    with world.app.transaction(world.biller) as tx:
        return forecast(tx, world.biller, Span(next_night(tx, world.biller), last, payer), world.clock.now())


def said(expected: Sequence[Expected]) -> set[tuple[object, ...]]:
    return {(each.payer, each.on, each.minor if each.charged else 0, each.why.value) for each in expected}


def done(world: World) -> set[tuple[object, ...]]:
    """What was charged, on which day, and why the other bills were not."""
    charged = world.rows(
        """select payer_id, (sent_at at time zone %(zone)s)::date as "on", minor from charge where state = 'paid' and sent_at > %(since)s""",
        zone=ZONE,
        since=FIRST,
    )
    left = world.rows(
        """select distinct i.payer_id, i.why, (select max(d.due_on) from invoice d where d.payer_id = i.payer_id) as "on"
           from invoice i where captured < total and due_on >= %(first)s""",
        first=FIRST,
    )
    paid = {(row["payer_id"], row["on"], row["minor"], "charged") for row in charged}
    return paid | {(row["payer_id"], row["on"], 0, row["why"]) for row in left}


async def test_A63_the_forecast_of_a_month_is_what_its_nights_do(world: World) -> None:
    begin(world)
    good, late = account(world, "Good", 20, 3), account(world, "Late", 31, 4)
    off, bare, capped = account(world, "Off", 20, 5), account(world, "Bare", 21, 6), account(world, "Capped", 22, 7)
    await on(world, good)
    await on(world, late)
    await on(world, capped, cap=6999)
    remove(world.app, world.biller, await on(world, bare), world.by())
    with world.app.transaction(world.biller) as tx:
        tx.run(
            """insert into price (biller_id, product_id, payer_id, source, minor, since)
               select %(b)s, id, %(p)s, 'sow', 900, '2027-01-31' from product""",
            b=world.biller,
            p=late,
        )
    expected = said(asked(world, date(2027, 1, 31)))
    assert expected == {
        (good, date(2027, 1, 20), 3000, "charged"),
        (late, date(2027, 1, 31), 3600, "charged"),
        (off, date(2027, 1, 20), 0, "not_enrolled"),
        (bare, date(2027, 1, 21), 0, "no_default"),
        (capped, date(2027, 1, 22), 0, "over_cap"),
    }
    await walk(world, FIRST, date(2027, 1, 31))
    assert done(world) == expected


@pytest.mark.parametrize("notice", [0, 10])
async def test_A63_bill_day_and_charge_day_lie_apart_by_the_notice_days(world: World, notice: int) -> None:
    begin(world, notice)
    payer = account(world, "Good", 18, 3)
    await on(world, payer)
    assert said(asked(world, date(2027, 1, 31))) == {(payer, date(2027, 1, 18) + timedelta(days=notice), 3000, "charged")}
    await walk(world, FIRST, date(2027, 1, 19))
    left = asked(world, date(2027, 1, 31))
    assert said(left) == ({(payer, date(2027, 1, 28), 3000, "charged")} if notice else set())
    assert all(bill > 0 for each in left for bill in each.bills)


async def test_A63_the_next_month_takes_what_was_declined_and_leaves_what_is_older_than_the_enrollment(world: World) -> None:
    begin(world)
    declined, older = account(world, "Declined", 16, 3), account(world, "Older", 16, 2)
    bad = await on(world, declined, "4000000000000341")
    await walk(world, FIRST, date(2027, 1, 17))
    await on(world, older)
    expected = asked(world, date(2027, 2, 20))
    assert said(expected) == {
        (declined, date(2027, 2, 16), 6000, "charged"),
        (older, date(2027, 2, 16), 2000, "charged"),
        (older, date(2027, 2, 16), 0, "before_enrollment"),
    }
    assert {each.decision.method for each in expected if each.payer == declined} == {bad}  # type: ignore[union-attr]
    await on(world, declined)
    await walk(world, date(2027, 1, 18), date(2027, 2, 17))
    assert world.rows("select payer_id, minor from charge where state = 'paid' order by payer_id") == [
        {"payer_id": declined, "minor": 6000},
        {"payer_id": older, "minor": 2000},
    ]


async def test_A63_a_due_charge_is_expected_once_and_a_bill_being_paid_by_hand_not_at_all(world: World) -> None:
    begin(world)
    due, by_hand = account(world, "Due", 16, 3), account(world, "Hand", 16, 2)
    await on(world, due)
    method = await world.card(by_hand, "4242424242424242")
    at(world, date(2027, 1, 16))
    work_nights(world.engine)
    bill = world.value("select id from invoice where payer_id = %(p)s", p=by_hand)
    assert said(asked(world, date(2027, 1, 31))) == {(due, date(2027, 1, 16), 3000, "charged")}
    pay_now(world.app, world.biller, Wish(by_hand, (bill,), 2000, method), world.by())
    assert said(asked(world, date(2027, 1, 31))) == {(due, date(2027, 1, 16), 3000, "charged")}
    await world.work()
    assert asked(world, date(2027, 1, 31)) == []


async def test_A63_what_must_be_announced_first_is_expected_when_the_notice_is_over(world: World) -> None:
    begin(world)
    payer = account(world, "Consumer", 16, 3)
    await on(world, payer)
    with world.owner.transaction() as tx:
        tx.run("update payer set business = false, email = 'consumer@example.test'")
        tx.run("update method set funding = 'debit'")
    assert said(asked(world, date(2027, 1, 31))) == {(payer, date(2027, 1, 27), 3000, "charged")}
    assert said(asked(world, date(2027, 1, 20))) == {(payer, date(2027, 1, 16), 0, "notice_first")}
    await walk(world, FIRST, date(2027, 1, 16))
    world.letters()
    await walk(world, date(2027, 1, 17), date(2027, 1, 20))
    assert said(asked(world, date(2027, 1, 31))) == {(payer, date(2027, 1, 27), 3000, "charged")}
    await walk(world, date(2027, 1, 21), date(2027, 1, 27))
    assert done(world) == {(payer, date(2027, 1, 27), 3000, "charged")}


async def test_A63_one_account_is_asked_about_alone_and_nothing_is_written(world: World) -> None:
    begin(world)
    mine, other = account(world, "Mine", 20, 3), account(world, "Other", 20, 2)
    assert {each.payer for each in asked(world, date(2027, 1, 31))} == {mine, other}
    assert {each.payer for each in asked(world, date(2027, 1, 31), mine)} == {mine}
    assert world.rows("select id from invoice union all select id from charge") == []


async def test_A63_the_forecast_asks_as_many_questions_for_forty_accounts_as_for_two(world: World) -> None:
    begin(world)
    steps: list[str] = []
    app = world.pool("app", steps.append)

    def count() -> int:
        steps.clear()
        with app.transaction(world.biller) as tx:
            assert forecast(tx, world.biller, Span(date(2027, 1, 16), date(2027, 1, 31)), world.clock.now())
        return len(steps)

    for number in range(2):
        account(world, f"A{number}", 20, 1)
    few = count()
    for number in range(38):
        account(world, f"B{number}", 20 + number % 5, 1)
    assert count() == few
