"""The run of a day: read to the end or not at all, written once, closed by itself or by a person."""

from __future__ import annotations

import asyncio
import random
from dataclasses import replace
from datetime import timedelta

import psycopg
import pytest

from autopay.charging.settle import Settled, settle
from autopay.journal.seal import seal
from autopay.money import Money
from autopay.processors.book import CannotAsk
from autopay.processors.protocol import Paid
from autopay.reconciliation.blocked import free
from autopay.reconciliation.catch_up import reconcile_yesterdays
from autopay.reconciliation.fees import Rates
from autopay.reconciliation.rates import set_rates
from autopay.reconciliation.report import compared as sums_of
from autopay.reconciliation.resolve import resolve
from autopay.refusal import Refusal
from autopay.wallet.save import Wallets
from autopay.worker import Worker
from tests.charging.test_found_in_review import bank_patient
from tests.fixtures.world import SECRET, ZONE, World
from tests.reconciliation.days import (
    SANDBOX,
    compared,
    differences,
    pass_days,
    pass_hours,
    to_noon,
    today,
    told,
    tomorrow,
    with_rates,
)
from tests.reconciliation.plant import Planter, not_refunded, not_there, other_fee, paid_twice, taken_there, we_said_no


async def planter(world: World) -> Planter:
    await to_noon(world)
    made = Planter(world, random.Random(1))
    await made.furnish()
    return made


def runs(world: World) -> list[tuple[int, bool]]:
    """Days ago, and whether done; the oldest first."""
    now = today(world)
    rows = world.rows('select "on", done_at is not null as done from reconciliation order by "on"')
    return [((now - row["on"]).days, row["done"]) for row in rows]


def blocked(world: World) -> int:
    return int(world.value("select count(*) from invoice where blocked <> ''"))


async def test_a_day_of_payments_that_agree_raises_nothing_and_is_done(world: World) -> None:
    await to_noon(world)
    with_rates(world)
    payer = await world.patient("Maria")
    for _ in range(3):
        world.visit(payer)
    await world.work()
    count = await tomorrow(world)
    assert (count.compared, count.found, differences(world)) == (3, 0, [])
    for _ in range(7):
        await tomorrow(world)
    assert differences(world) == []
    assert world.value("select count(*) from booking where payout <> '' and agreed") == 3
    sums = sums_of(world.app, world.biller, today(world) - timedelta(9), today(world))
    assert (sums.days, sums.captured_ours, sums.captured_theirs, sums.fees) == (8, 25500, 25500, 831)
    assert (sums.payouts, sums.paid_out, sums.fees_checked, sums.payouts_checked) == (1, 25500 - 831, True, True)


async def test_running_a_day_again_writes_nothing_twice(world: World) -> None:
    made = await planter(world)
    for what in (taken_there, paid_twice, not_there, not_refunded):
        await what(made)
    on = today(world)
    first = await tomorrow(world)
    before = world.rows("select * from difference order by id")
    again = await compared(world, on)
    assert (first.found, again.found, again.closed) == (4, 0, 0)
    assert world.rows("select * from difference order by id") == before
    assert world.value("select count(*) from journal_entry where action = 'difference found'") == 4
    assert world.value("select tries from reconciliation") == 2


async def test_the_same_difference_found_by_two_runs_at_once_is_one_row(world: World) -> None:
    made = await planter(world)
    await taken_there(made)
    on = today(world)
    await pass_days(world, 1)
    await asyncio.gather(compared(world, on), compared(world, on))
    assert world.value("select count(*) from difference") == 1
    with pytest.raises(psycopg.errors.UniqueViolation), world.owner.transaction() as tx:
        tx.run(
            """insert into difference (biller_id, "on", kind, about, ref, payment, currency, next_step)
               select biller_id, "on", kind, about, ref, payment, currency, next_step from difference"""
        )


@pytest.mark.parametrize("action", ["unavailable", "unauthorized", "cut"])
async def test_a_processor_that_cannot_be_asked_leaves_the_day_open_and_nothing_counts_as_compared(
    world: World, action: str
) -> None:
    made = await planter(world)
    await taken_there(made)
    await pass_days(world, 1)
    for operation in ("balance_transactions.list", "payouts.list"):
        await world.fault(action=action, operation=[operation])
        with pytest.raises(CannotAsk):
            await compared(world, today(world) - timedelta(1))
        assert runs(world) == [(1, False)]
        assert "could not be asked" in world.value("select why from reconciliation")
        assert differences(world) == []
    await compared(world, today(world) - timedelta(1))
    assert runs(world) == [(1, True)]
    assert told(world) == {("missing_with_us", "payment")}


async def test_days_are_caught_up_in_order_once_each_and_an_open_one_holds_the_others_back(world: World) -> None:
    await to_noon(world)
    await pass_days(world, 1)
    await pass_hours(world, 3)
    assert await reconcile_yesterdays(world.engine) == 1
    assert await reconcile_yesterdays(world.engine) == 0
    begun = runs(world)[0][0]
    await pass_days(world, 3)
    await world.fault(action="unavailable", operation=["balance_transactions.list"])
    assert await reconcile_yesterdays(world.engine) == 0
    assert runs(world) == [(begun + 3, True), *((begun + 3 - nth, False) for nth in (1, 2, 3))]
    assert await reconcile_yesterdays(world.engine) == 0  # not at once
    await pass_hours(world, 1)
    while await reconcile_yesterdays(world.engine):
        pass
    assert {done for _, done in runs(world)} == {True}
    assert world.value('select tries from reconciliation order by "on" offset 1 limit 1') == 2


async def test_a_dead_run_is_taken_up_once_its_lease_is_over(world: World) -> None:
    await to_noon(world)
    with world.owner.transaction() as tx:
        tx.run(
            """insert into reconciliation (biller_id, "on", lease_until, tries) values (%(b)s, %(on)s, %(until)s, 1)""",
            b=world.biller,
            on=today(world) - timedelta(2),
            until=world.clock.machine() + timedelta(minutes=10),
        )
    assert await reconcile_yesterdays(world.engine) == 0
    world.moved += timedelta(minutes=11)
    assert await reconcile_yesterdays(world.engine) == 1


async def test_a_disconnected_company_is_not_asked(world: World) -> None:
    with world.owner.transaction() as tx:
        tx.run("update processor_account set connected = false")
    await pass_days(world, 2)
    assert await reconcile_yesterdays(world.engine) == 0
    assert runs(world) == []


async def test_a_difference_about_a_charge_blocks_its_invoice_until_it_is_resolved(world: World) -> None:
    made = await planter(world)
    await not_there(made)
    await tomorrow(world)
    (found,) = differences(world)
    assert blocked(world) == 1
    assert world.value("select blocked from invoice") == "the payment company's book and ours differ"
    by = world.by()
    assert resolve(world.engine.db, found["id"], "  asked them, they booked it by hand ", by) == 1
    assert (blocked(world), differences(world)) == (0, [])
    row = world.rows("select resolved_by, note, resolved_at from difference")[0]
    assert row == {"resolved_by": "test", "note": "asked them, they booked it by hand", "resolved_at": by.at}
    entry = world.rows(
        "select actor, object, object_id, data->>'note' as note from journal_entry where action = 'difference resolved'"
    )
    assert entry == [
        {"actor": "test", "object": "difference", "object_id": found["id"], "note": "asked them, they booked it by hand"}
    ]
    await tomorrow(world)
    assert differences(world) == []  # what a person has answered is not asked again
    assert seal(world.engine.db, world.biller) > 0


async def test_one_of_two_differences_resolved_keeps_the_invoice_blocked(world: World) -> None:
    made = await planter(world)
    ours = await made.refunded()
    await made.misbook(ours["ref"], gone=True)
    await made.misbook(ours["payment"], amount=8600, fee=279)
    await tomorrow(world)
    first, second = differences(world)
    assert resolve(world.engine.db, first["id"], "done", world.by()) == 0
    assert blocked(world) == 1
    assert resolve(world.engine.db, second["id"], "done", world.by()) == 1
    assert blocked(world) == 0


async def test_a_fee_blocks_nobody_and_is_not_checked_before_the_contract_is_known(world: World) -> None:
    made = await planter(world)
    await other_fee(made)
    await tomorrow(world)
    assert differences(world) == []
    with_rates(world)
    await other_fee(made)
    await tomorrow(world)
    assert told(world) == {("wrong_fee", "payment")}
    assert blocked(world) == 0
    with pytest.raises(Refusal), world.app.transaction(world.biller) as tx:
        set_rates(tx, world.biller, SANDBOX, world.by())
    with pytest.raises(Refusal), world.app.transaction(world.biller) as tx:
        set_rates(tx, world.biller, Rates(today(world), "USD", -1, 0, 0, 0, None, 0), world.by())


@pytest.mark.parametrize(("note", "twice"), [("", False), ("  ", False), ("x" * 501, False), ("done", True)])
async def test_a_difference_needs_a_note_and_is_resolved_once(world: World, note: str, twice: bool) -> None:
    await taken_there(await planter(world))
    await tomorrow(world)
    (found,) = differences(world)
    if twice:
        resolve(world.engine.db, found["id"], note, world.by())
    with pytest.raises(Refusal):
        resolve(world.engine.db, found["id"], note, world.by())
    with pytest.raises(Refusal):
        resolve(world.engine.db, 999, "done", world.by())


async def test_a_difference_that_is_gone_closes_by_itself_and_frees_the_invoice(world: World) -> None:
    made = await planter(world)
    _, _, second = await paid_twice(made)
    await tomorrow(world)
    assert (told(world), blocked(world)) == ({("duplicate", "payment")}, 1)
    await made.api("refunds", {"payment_intent": second})
    count = await tomorrow(world)
    assert (count.closed, differences(world), blocked(world)) == (1, [], 0)
    row = world.rows("select resolved_by, note from difference")[0]
    assert row["resolved_by"] == "reconciliation"
    assert row["note"].startswith("Gone when ")


async def test_a_difference_that_changes_after_it_was_answered_is_a_new_one(world: World) -> None:
    made = await planter(world)
    _, _, second = await paid_twice(made)
    await tomorrow(world)
    resolve(world.engine.db, differences(world)[0]["id"], "they keep it", world.by())
    await made.api("refunds", {"payment_intent": second, "amount": "100"})
    await tomorrow(world)
    assert [(each["kind"], each["theirs"]) for each in differences(world)] == [("duplicate", 8400)]


async def test_V35_evidence_that_contradicted_a_final_state_is_answered_with_its_difference(world: World) -> None:
    made = await planter(world)
    kind, about, ref = await we_said_no(made)
    charge = world.rows("select id, key, minor from charge where state = 'failed'")[0]
    settle(world.engine.db, world.clock, [Settled(charge["id"], charge["key"], Paid(ref, Money(charge["minor"])))])
    assert (blocked(world), world.value("select count(*) from unmatched_receipt where resolved_at is null")) == (1, 1)
    await tomorrow(world)
    assert told(world) == {(kind, about)}
    resolve(world.engine.db, differences(world)[0]["id"], "recorded it as a payment made elsewhere", world.by())
    assert (blocked(world), world.value("select count(*) from unmatched_receipt where resolved_at is null")) == (0, 0)


async def test_V35_evidence_whose_money_was_sent_back_before_the_run_is_answered_by_the_run(world: World) -> None:
    made = await planter(world)
    _, _, ref = await we_said_no(made)
    charge = world.rows("select id, key, minor from charge where state = 'failed'")[0]
    settle(world.engine.db, world.clock, [Settled(charge["id"], charge["key"], Paid(ref, Money(charge["minor"])))])
    await made.api("refunds", {"payment_intent": ref})
    await tomorrow(world)
    assert differences(world) == []
    assert (blocked(world), world.value("select count(*) from unmatched_receipt where resolved_at is null")) == (0, 0)


async def test_V35_a_refund_that_restored_books_forgot_is_answered_by_a_person_not_by_what_its_payment_comes_to(
    world: World,
) -> None:
    made = await planter(world)
    await made.paid()
    charge = world.rows("select id, biller_id, ref from charge where state = 'paid'")[0]
    with world.owner.transaction() as tx:
        for forgotten in (
            "insert into unmatched_receipt (biller_id, charge_id, ref, kind, minor) values (%(biller_id)s, %(id)s, 're_1', 'refund', 500)",
            """insert into forgotten_payment (biller_id, kind, state, ref, payment, mark, charge_uid, minor, currency, at)
               values (%(biller_id)s, 'refund', 'done', 're_1', %(ref)s, 'm', '', 500, 'USD', now())""",
        ):
            tx.run(forgotten, **charge)
    still_open = "select count(*) from unmatched_receipt where resolved_at is null"
    for by_person, left in ((False, 1), (True, 0)):
        with world.engine.db.transaction() as tx:
            free(tx, [charge["id"]], world.clock.now(), by_person=by_person)
        assert world.value(still_open) == left


async def test_a_return_nobody_told_us_about_is_asked_for_and_settled(world: World) -> None:
    made = await planter(world)
    await made.debit()
    await pass_days(world, 7)
    await world.work()
    ref = world.value("select ref from charge where state = 'paid'")
    await made.command("returns", payment_intent=ref, code="R01", **{"as": "failure"})
    on = today(world)
    await pass_days(world, 1)
    await compared(world, on)
    assert (differences(world), world.value("select state from charge")) == ([], "paid")
    await world.work()
    assert world.value("select state from charge") == "returned"
    await tomorrow(world)
    assert world.value("select count(*) from booking where not agreed") == 0


async def test_a_return_that_our_books_cannot_take_is_a_difference_after_some_days(world: World) -> None:
    """A debit sent back after a part of it was refunded: the processor has both, our ledger cannot."""
    made = await planter(world)
    payer = await bank_patient(world, "Eve")
    world.visit(payer, 9000)
    await world.work()
    await pass_days(world, 7)
    await world.work()
    ref = world.value("select ref from charge where state = 'paid'")
    await made.api("refunds", {"payment_intent": ref, "amount": "1000"})
    await made.command("returns", payment_intent=ref, code="R01", **{"as": "failure"})
    with world.owner.transaction() as tx:
        tx.run("update charge set called_at = called_at - interval '200 days'")  # nobody asks about it any more
    for _ in range(5):
        on = today(world)
        await pass_days(world, 1)
        await compared(world, on)
    assert ("missing_with_us", "refund") in told(world)
    assert ("missing_with_us", "return") in told(world)


async def test_a_payment_from_before_the_first_run_is_read_back_to(world: World) -> None:
    """Their book is read further back where ours names something that was not found."""
    made = await planter(world)
    charge = await made.paid()
    with world.owner.transaction() as tx:  # we learned of it five days later
        tx.run("alter table ledger_transfer disable trigger user")
        tx.run("""update ledger_transfer set "on" = "on" + 5 where kind = 'captured'""")
    await pass_days(world, 5)
    await tomorrow(world)
    assert differences(world) == []
    assert world.value("select payment from booking") == charge["ref"]


async def test_no_biller_sees_anothers_differences(world: World) -> None:
    await taken_there(await planter(world))
    await tomorrow(world)
    other = world.agency()
    with world.app.transaction(other) as tx:
        for table in ("difference", "booking", "reconciliation", "fee_rates"):
            assert tx.value(f"select count(*) from {table}") == 0
    with pytest.raises(psycopg.errors.InsufficientPrivilege), world.app.transaction(other) as tx:
        tx.run("update difference set note = 'x'")


async def test_an_account_that_was_used_before_the_first_run_raises_nothing(world: World) -> None:
    """Its payouts name payments, refunds and disputes of days that were never compared."""
    made = await planter(world)
    await made.refunded()
    disputed = await made.paid()
    await made.command("disputes", payment_intent=disputed["ref"])
    await pass_days(world, 1)
    for _ in range(9):
        await made.paid()
        await tomorrow(world)
    assert differences(world) == []
    before = """select count(*) from booking where (at at time zone %(zone)s)::date < (select min("on") from reconciliation)"""
    assert world.value(before, zone=ZONE) == 4
    assert world.value("select count(*) from booking where not agreed") == 0


async def test_a_worker_compares_yesterday(world: World) -> None:
    made = await planter(world)
    await taken_there(made)
    await pass_days(world, 1)
    await pass_hours(world, 3)
    engine = replace(world.engine, aside=asyncio.to_thread)
    worker = Worker(engine, Wallets(engine.db, engine.processors, world.clock, SECRET), world.dsns["engine"])
    at_work = asyncio.create_task(worker.run())
    async with asyncio.timeout(20):
        while not world.rows("select id from reconciliation where done_at is not null"):
            await asyncio.sleep(0.05)
    worker.stopping.set()
    await at_work
    assert told(world) == {("missing_with_us", "payment")}
