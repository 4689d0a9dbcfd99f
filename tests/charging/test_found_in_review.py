"""Promises that a second pair of eyes found broken, each kept by the test that showed it."""

from __future__ import annotations

import asyncio
import threading
import time
from contextlib import suppress
from dataclasses import replace
from datetime import date, timedelta

import psycopg
import pytest

from autopay.agreements.consent import Signature, record_consent
from autopay.agreements.models import Switch
from autopay.charging.adjust import adjust
from autopay.charging.candidates import LOCK
from autopay.charging.look_up import look_up_open_charges
from autopay.charging.night import DUE_TODAY, work_nights
from autopay.charging.pay_now import Wish, pay_now
from autopay.charging.plan import plan_visits
from autopay.charging.record_payment import Payment, record_payment
from autopay.charging.refund import RefundWish, refund
from autopay.charging.send import claim, send_due_charges
from autopay.charging.send_refunds import send_due_refunds
from autopay.charging.settle import Settled, settle
from autopay.charging.switch import set_switch
from autopay.charging.void import void
from autopay.database import PooledDatabase
from autopay.journal.seal import UNSEALED
from autopay.processors.inbox import SOON, apply_news
from autopay.processors.protocol import Kind, Reason, Returned
from autopay.refusal import Refusal
from autopay.wallet.default import set_default
from autopay.wallet.offer import offer
from autopay.wallet.save import Wallets, save, sweep
from autopay.worker import Worker
from tests.charging.test_months import _start_nights, at, enrolled, practice, walk
from tests.charging.test_saving import _bank_token, _prove
from tests.fixtures.world import SAVES_THEN_DECLINES, SECRET, World


async def bank_patient(world: World, name: str = "Ben", proved: bool = True) -> int:
    """A patient whose default is a consumer's bank account, agreed to up to 200.00."""
    payer = await world.patient(name, None)
    method = offer(world.app, world.biller, payer, Kind.BANK, await asyncio.to_thread(_bank_token, world), world.by())
    wallets = Wallets(world.engine.db, world.engine.processors, world.clock, SECRET)
    await save(wallets, method)
    if proved:
        await asyncio.to_thread(_prove, world, world.value("select verification from method where id = %(m)s", m=method))
        await save(wallets, method)
    set_default(world.app, world.biller, method, world.by())
    with world.app.transaction(world.biller) as tx:
        record_consent(tx, world.biller, method, Signature("the payer", range_minor=20000), world.by())
    return payer


async def pass_days(world: World, days: int) -> None:
    """Both sides of the wire grow older."""
    world.moved += timedelta(days=days)
    await asyncio.to_thread(world._post, "/_sandbox/clock/advance", {"days": days})


def message_about(world: World, ref: str) -> None:
    with world.owner.transaction() as tx:
        tx.run(
            """insert into webhook_event (biller_id, event, type, object, payment)
               values (%(b)s, gen_random_uuid()::text, 'payment_intent.requires_action', %(ref)s, %(ref)s)""",
            b=world.biller,
            ref=ref,
        )
    apply_news(world.engine.db, world.clock.machine())


async def test_V14_a_message_does_not_cancel_a_payment_its_payer_is_just_confirming(world: World) -> None:
    payer = await world.patient("Maria", switch=Switch.OFF)
    token = world.value("select token from method")
    await asyncio.to_thread(world._post, "/_sandbox/behaviour", {"payment_method": token, "behaviour": "authentication_required"})
    invoice = world.visit(payer)
    pay_now(world.app, world.biller, Wish(payer, (invoice,), 8500, world.value("select id from method")), world.by())
    world.engine = replace(world.engine, return_url="http://localhost:8000")
    await world.work()
    assert world.state(invoice) == "needs_payer"
    message_about(world, world.value("select ref from charge"))
    for _ in range(5):
        await world.work()
        world.moved += timedelta(minutes=5)
    assert world.state(invoice) == "needs_payer"
    world.moved += timedelta(minutes=6)
    await world.work()
    assert (world.state(invoice), world.value("select reason from charge")) == ("failed", "abandoned")


async def test_N6_a_debit_that_comes_back_after_its_refund_is_put_before_a_person(world: World) -> None:
    payer = await bank_patient(world)
    invoice = world.visit(payer)
    await world.work()
    await pass_days(world, 7)
    await world.work()
    assert world.state(invoice) == "paid"
    refund(world.app, world.biller, RefundWish(invoice, 8500), world.by())
    await world.work()
    ref = world.value("select ref from charge")
    await asyncio.to_thread(world._post, "/_sandbox/returns", {"payment_intent": ref, "code": "R10"})
    message_about(world, ref)
    await world.work()
    assert world.state(invoice) == "paid"
    assert world.rows("select kind, ref, minor from unmatched_receipt") == [{"kind": "return", "ref": ref, "minor": 8500}]
    assert world.value("select blocked from invoice")
    with pytest.raises(Refusal, match="A person looks at it first"):
        void(world.app, world.biller, invoice, world.by())
    with pytest.raises(Refusal, match="A person looks at it first"):
        record_payment(world.app, world.biller, invoice, Payment(8500, "check", world.clock.today("UTC"), "1"), world.by())


async def test_N6_a_refund_overtaken_by_the_return_is_put_before_a_person_and_holds_no_other_up(world: World) -> None:
    invoice, other = world.visit(await bank_patient(world)), world.visit(await world.patient("Maria"), 700)
    await world.work()
    await pass_days(world, 7)
    await world.work()
    await world.fault(action="lost_after", operation="refunds.create", times=2)
    refund(world.app, world.biller, RefundWish(invoice, 8500), world.by())
    refund(world.app, world.biller, RefundWish(other, 700), world.by())
    await send_due_refunds(world.engine)
    debit = world.rows("select id, key, ref from charge where minor = 8500")[0]
    back = Settled(debit["id"], debit["key"], Returned(debit["ref"], Reason.NOT_AUTHORIZED))
    settle(world.engine.db, world.clock, [back])
    world.moved += timedelta(minutes=1)
    await world.work(2)
    assert world.rows("select kind, minor from unmatched_receipt") == [{"kind": "refund", "minor": 8500}]
    assert world.value("select state from refund where minor = 700") == "done"


async def test_N6_a_paid_debit_that_comes_back_is_found_though_the_message_is_lost(world: World) -> None:
    payer = await bank_patient(world)
    invoice = world.visit(payer)
    await world.work()
    await pass_days(world, 7)
    await world.work()
    assert world.state(invoice) == "paid"
    await pass_days(world, 20)
    await world.work(2)
    await asyncio.to_thread(
        world._post, "/_sandbox/returns", {"payment_intent": world.value("select ref from charge"), "code": "R10"}
    )
    await pass_days(world, 30)
    await world.work(2)
    assert world.state(invoice) == "returned"
    assert world.value("select captured - returned from invoice") == 0


async def test_V37_a_refund_whose_answer_is_lost_for_days_is_sent_back_once(world: World) -> None:
    world.visit(await world.patient("Maria"))
    await world.work()
    await world.fault(action="lost_after", operation="refunds.create")
    refund(world.app, world.biller, RefundWish(world.value("select id from invoice"), 2000), world.by())
    await send_due_refunds(world.engine)
    assert world.value("select state from refund") == "unknown"
    await pass_days(world, 5)
    await world.until_quiet()
    assert await world.kept() == 6500
    assert world.value("select state from refund") == "done"


async def test_V35_a_lost_answer_is_found_whatever_the_business_clock_says(world: World) -> None:
    invoice = world.visit(await world.patient("Maria"))
    await world.fault(action="lost_after", operation="payment_intents.create")
    world.engine.clock.ahead = lambda: timedelta(days=30)
    await world.until_quiet()
    assert world.state(invoice) == "paid"
    assert await world.kept() == 8500


async def test_one_biller_without_a_processor_keeps_nobody_elses_answer_away(world: World) -> None:
    lonely = world.biller
    world.visit(await world.patient("Lonely"))
    world.agency()
    invoice = world.visit(await world.patient("Maria"))
    await world.fault(action="lost_after", operation="payment_intents.create", times=2)
    await send_due_charges(world.engine)
    with world.owner.transaction() as tx:
        tx.run("update processor_account set connected = false where biller_id = %(b)s", b=lonely)
    world.restart()
    world.moved += timedelta(seconds=10)
    await look_up_open_charges(world.engine)
    assert world.state(invoice) == "paid"


async def test_one_biller_without_a_processor_keeps_nobody_elses_card_from_being_saved(world: World) -> None:
    lonely = world.biller
    left = offer(world.app, lonely, await world.patient("Lonely", None), Kind.CARD, "pm_1", world.by())
    world.agency()
    token = await asyncio.to_thread(world._token, "4242424242424242")
    method = offer(world.app, world.biller, await world.patient("Maria", None), Kind.CARD, token, world.by())
    with world.owner.transaction() as tx:
        tx.run("update processor_account set connected = false where biller_id = %(b)s", b=lonely)
        tx.run("update method set retry_at = now() - interval '1 day' where id = %(id)s", id=left)
    world.moved += timedelta(minutes=5)
    await sweep(Wallets(world.engine.db, world.engine.processors, world.clock, SECRET))
    assert world.value("select state from method where id = %(m)s", m=method) == "usable"


async def test_V22_a_changed_amount_does_not_charge_a_bill_from_before_the_switch(world: World) -> None:
    payer = await world.patient("Maria", switch=Switch.OFF)
    invoice = world.visit(payer)
    set_switch(world.app, world.biller, payer, Switch.ON, world.by())
    with world.app.transaction(world.biller) as tx:
        adjust(tx, world.biller, invoice, 8000, world.by())
    await world.work()
    assert await world.kept() == 0


async def test_V32_a_changed_amount_is_no_retry_of_a_declined_charge(world: World) -> None:
    invoice = world.visit(await world.patient("Omar", SAVES_THEN_DECLINES))
    await world.work()
    assert world.state(invoice) == "failed"
    with world.app.transaction(world.biller) as tx:
        adjust(tx, world.biller, invoice, 8000, world.by())
    await world.work()
    assert world.value("select count(*) from charge") == 1


async def test_V36_two_bills_of_one_due_charge_can_be_taken_back_at_the_same_moment(world: World) -> None:
    at(world, date(2027, 1, 30))
    _start_nights(world, date(2027, 1, 30))
    payer = await practice(world, 1)
    await walk(world, date(2027, 1, 30), date(2027, 2, 20))
    await enrolled(world, payer, take_open=True)
    at(world, date(2027, 3, 1))
    work_nights(world.engine)
    invoices = [row["id"] for row in world.rows("select id from invoice order by id")]
    assert world.value("select count(*) from charge_part where live") == 2
    both = threading.Barrier(2)

    def meet(sql: str) -> None:
        if "join charge c" in sql:
            with suppress(threading.BrokenBarrierError):
                both.wait(1.5)

    def take_back(invoice: int) -> None:
        pool = PooledDatabase(world.dsns["app"], size=1, step=meet)
        try:
            void(pool, world.biller, invoice, world.by())
        finally:
            pool.close()

    await asyncio.gather(*(asyncio.to_thread(take_back, invoice) for invoice in reversed(invoices)))
    assert world.value("select count(*) from invoice where voided_at is not null") == 2


async def test_a_key_that_was_ruled_out_is_never_used_again(world: World) -> None:
    payer = await world.patient("Maria")
    invoice = world.visit(payer)
    await world.fault(action="lost_before", operation="payment_intents.create")
    await send_due_charges(world.engine)
    set_switch(world.app, world.biller, payer, Switch.OFF, world.by())
    await world.until_quiet()
    assert world.state(invoice) == "withdrawn"
    pay_now(world.app, world.biller, Wish(payer, (invoice,), 8500, world.value("select id from method")), world.by())
    await send_due_charges(world.engine)
    assert world.state(invoice) == "paid"


async def test_one_billers_million_does_not_delay_another_billers_one(world: World) -> None:
    big = world.biller
    payer = await world.patient("Big")
    for _ in range(6):
        world.visit(payer, 100)
    world.agency()
    invoice = world.visit(await world.patient("Maria"))
    claim(world.engine, 2)
    assert world.state(invoice) == "sending"
    assert world.value("select count(*) from charge where biller_id = %(b)s and state = 'sending'", b=big) == 1


async def test_V38_a_payment_told_twice_withdraws_nothing_the_second_time(world: World) -> None:
    invoice = world.visit(await world.patient("Maria"))
    check = Payment(2000, "check", world.clock.today("UTC"), "check 1007")
    record_payment(world.app, world.biller, invoice, check, world.by())
    with world.app.transaction(world.biller) as tx:
        plan_visits(tx, [invoice], world.clock.now())
    record_payment(world.app, world.biller, invoice, check, world.by())
    assert world.state(invoice) == "due"


async def test_I10_nobody_pays_with_a_bank_account_that_is_not_verified(world: World) -> None:
    payer = await bank_patient(world, proved=False)
    invoice = world.visit(payer)
    with pytest.raises(Refusal):
        pay_now(world.app, world.biller, Wish(payer, (invoice,), 8500, world.value("select id from method")), world.by())


async def test_V35_the_web_cannot_free_an_invoice_whose_outcome_is_unknown(world: World) -> None:
    world.visit(await world.patient("Maria"))
    await world.fault(action="lost_after", operation="payment_intents.create")
    await send_due_charges(world.engine)
    for statement in ("update charge set state = 'withdrawn'", "update charge set state = 'due', key = ''"):
        with world.app.transaction(world.biller) as tx:
            assert tx.run(statement) == 0
    refunded = """insert into refund (biller_id, charge_id, invoice_id, minor, requested_by, state, key, sent_at)
        select biller_id, charge_id, invoice_id, 1, 'x', 'done', 'k', now() from charge_part"""
    for statement in ("update charge_part set minor = 1", refunded):
        with pytest.raises(psycopg.errors.InsufficientPrivilege), world.app.transaction(world.biller) as tx:
            tx.run(statement)


@pytest.mark.parametrize(
    ("sql", "params", "index"),
    [
        (SOON, {"machine": "now", "limit": 200}, "using charge_ref_once"),
        (DUE_TODAY, {"biller": 1, "on": "2027-01-01", "after": 0, "limit": 1000}, "using charge_month_once"),
        (UNSEALED, {"biller": 1, "after": 5, "limit": 1000}, "(entry_id > "),
    ],
)
async def test_what_runs_all_the_time_reads_no_history(world: World, sql: str, params: dict[str, object], index: str) -> None:
    with world.owner.transaction() as tx:
        tx.run("set local enable_seqscan = off")
        tx.run("set local enable_bitmapscan = off")
        plan = "\n".join(tx.column("explain " + sql, **params))
    assert index in plan, plan


async def test_B1_a_worker_that_is_told_to_stop_while_it_claims_settles_what_it_claimed(world: World) -> None:
    invoice = world.visit(await world.patient("Maria"))

    def stop_while_claiming(sql: str) -> None:
        if sql == LOCK:
            loop.call_soon_threadsafe(worker.stopping.set)
            time.sleep(1.5)

    loop, engine = asyncio.get_running_loop(), world.restart(stop_while_claiming)
    engine = replace(engine, aside=asyncio.to_thread)
    worker = Worker(engine, Wallets(engine.db, engine.processors, engine.clock, SECRET), world.dsns["engine"])
    await asyncio.wait_for(worker.run(), 30)
    assert world.state(invoice) == "paid"


async def test_V30_an_answer_that_takes_its_time_is_settled_when_it_comes_not_looked_up_later(world: World) -> None:
    invoice = world.visit(await world.patient("Maria"))
    await world.fault(action="slow", ms=1200, operation="payment_intents.create")
    engine = replace(world.engine, aside=asyncio.to_thread)
    worker = Worker(engine, Wallets(engine.db, engine.processors, engine.clock, SECRET), world.dsns["engine"])
    running = asyncio.create_task(worker.run())
    for _ in range(50):
        await asyncio.sleep(0.1)
        if world.state(invoice) == "paid":
            break
    worker.stopping.set()
    await running
    assert (world.state(invoice), world.value("select looks from charge")) == ("paid", 0)
