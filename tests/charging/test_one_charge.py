"""The life of one charge on a real database, through the production adapter, before the sandbox's book."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from autopay.agreements.models import Switch
from autopay.charging.pay_now import Wish, pay_now
from autopay.charging.record_payment import Payment, record_payment
from autopay.charging.refund import RefundWish, refund
from autopay.charging.send import Engine, send_due_charges
from autopay.charging.switch import set_company, set_switch
from autopay.charging.void import void
from autopay.refusal import Refusal
from autopay.wallet.default import remove, set_default
from tests.fixtures.world import GOOD, MASTERCARD, SAVES_THEN_DECLINES, World


async def test_V30_an_invoiced_visit_is_charged_at_once_and_everything_agrees(world: World) -> None:
    payer = await world.patient("Maria")
    invoice = world.visit(payer, 8500)
    await world.work()
    assert world.state(invoice) == "paid"
    assert await world.kept() == 8500
    assert world.value("select captured from invoice") == 8500
    assert world.rows("select debit, credit, minor from ledger_transfer order by id") == [
        {"debit": "receivable", "credit": "revenue", "minor": 8500},
        {"debit": "processor", "credit": "receivable", "minor": 8500},
    ]
    assert world.value("select count(*) from charge where agreement_version_id is not null") == 1


async def test_V31_V32_a_decline_never_falls_through_to_another_card_and_is_not_retried(world: World) -> None:
    payer = await world.patient("Omar", SAVES_THEN_DECLINES)
    await world.card(payer, MASTERCARD)
    invoice = world.visit(payer)
    await world.work(3)
    world.moved += timedelta(days=3)
    await world.work(3)
    assert world.state(invoice) == "failed"
    assert world.value("select reason from charge") == "declined"
    assert world.value("select count(*) from charge") == 1
    assert await world.kept() == 0


async def test_V32_a_new_default_card_charges_nothing_by_itself_and_pay_now_catches_it_up(world: World) -> None:
    payer = await world.patient("Omar", SAVES_THEN_DECLINES)
    good = await world.card(payer, MASTERCARD)
    invoice = world.visit(payer)
    await world.work()
    set_default(world.app, world.biller, good, world.by())
    await world.work(2)
    assert await world.kept() == 0
    pay_now(world.app, world.biller, Wish(payer, (invoice,), 8500, good), world.by())
    await world.work()
    assert world.state(invoice) == "paid"
    assert await world.kept() == 8500


async def test_V35_a_lost_answer_is_looked_up_never_guessed_and_blocks_every_other_payment(world: World) -> None:
    payer = await world.patient("Maria")
    invoice = world.visit(payer)
    await world.fault(action="lost_after", operation="payment_intents.create")
    await send_due_charges(world.engine)
    assert world.state(invoice) == "unknown"
    method = world.value("select id from method")
    with pytest.raises(Refusal, match="on its way"):
        pay_now(world.app, world.biller, Wish(payer, (invoice,), 8500, method), world.by())
    with pytest.raises(Refusal, match="on its way"):
        void(world.app, world.biller, invoice, world.by())
    with pytest.raises(Refusal, match="on its way"):
        record_payment(world.app, world.biller, invoice, Payment(8500, "cash", world.clock.today("UTC"), "c1"), world.by())
    await world.until_quiet()
    assert world.state(invoice) == "paid"
    assert await world.kept() == 8500


@pytest.mark.parametrize(
    "action", ["lost_before", "lost_after", "cut", "error_before", "error_after", "rate_limited", "unavailable"]
)
async def test_V35_whatever_goes_wrong_on_the_wire_the_invoice_is_captured_exactly_once(world: World, action: str) -> None:
    payer = await world.patient("Maria")
    invoice = world.visit(payer)
    await world.fault(action=action, operation="payment_intents.create")
    await world.until_quiet()
    assert world.state(invoice) == "paid"
    assert await world.kept() == 8500
    assert world.value("select count(*) from ledger_transfer where kind = 'captured'") == 1


@pytest.mark.parametrize("then", ["lost_before", "lost_after", "error_before", "error_after", "rate_limited", "conflict"])
async def test_V35_an_answer_lost_while_the_key_is_ruled_out_ends_the_same(world: World, then: str) -> None:
    payer = await world.patient("Maria")
    invoice = world.visit(payer)
    await world.fault(action="lost_before", operation="payment_intents.create")
    await world.fault(action=then, operation="payment_intents.create", skip=1)
    await world.until_quiet()
    assert world.state(invoice) == "paid"
    assert await world.kept() == 8500


async def test_V35_an_answer_with_another_amount_is_never_taken_for_paid(world: World) -> None:
    payer = await world.patient("Maria")
    invoice = world.visit(payer)
    await world.fault(action="wrong_amount", operation="payment_intents.create")
    await world.until_quiet()
    assert world.state(invoice) == "paid"
    assert world.value("select captured from invoice") == await world.kept() == 8500


async def test_V36_a_voided_invoice_withdraws_its_due_charge(world: World) -> None:
    payer = await world.patient("Maria")
    invoice = world.visit(payer)
    void(world.app, world.biller, invoice, world.by())
    await world.work(2)
    assert world.state(invoice) == "withdrawn"
    assert await world.kept() == 0
    assert world.value("select sum(case when debit = 'receivable' then minor else -minor end) from ledger_transfer") == 0


async def test_V36_a_paid_invoice_is_refunded_before_it_is_voided(world: World) -> None:
    payer = await world.patient("Maria")
    invoice = world.visit(payer)
    await world.work()
    with pytest.raises(Refusal, match="Refund it first"):
        void(world.app, world.biller, invoice, world.by())
    refund(world.app, world.biller, RefundWish(invoice, 8500), world.by())
    await world.work()
    void(world.app, world.biller, invoice, world.by())
    assert await world.kept() == 0


async def test_V37_refunds_in_part_never_exceed_what_was_captured(world: World) -> None:
    payer = await world.patient("Maria")
    invoice = world.visit(payer)
    await world.work()
    refund(world.app, world.biller, RefundWish(invoice, 6000, seen=8500), world.by())
    with pytest.raises(Refusal, match="Things changed"):
        refund(world.app, world.biller, RefundWish(invoice, 6000, seen=8500), world.by())
    with pytest.raises(Refusal, match=r"up to 25\.00"):
        refund(world.app, world.biller, RefundWish(invoice, 2501), world.by())
    await world.work()
    refund(world.app, world.biller, RefundWish(invoice, 2500), world.by())
    await world.work()
    assert await world.kept() == 0
    assert world.value("select refunded from invoice") == 8500


@pytest.mark.parametrize("action", ["lost_before", "lost_after", "cut", "error_before", "error_after", "rate_limited"])
async def test_V37_a_refund_whose_answer_is_lost_is_sent_back_exactly_once(world: World, action: str) -> None:
    payer = await world.patient("Maria")
    invoice = world.visit(payer)
    await world.work()
    await world.fault(action=action, operation="refunds.create")
    refund(world.app, world.biller, RefundWish(invoice, 2000), world.by())
    await world.until_quiet()
    assert await world.kept() == 6500
    assert world.value("select state from refund") == "done"
    assert world.value("select count(*) from ledger_transfer where kind = 'refunded'") == 1


async def test_V38_a_payment_made_elsewhere_withdraws_the_due_charge_and_is_recorded_once(world: World) -> None:
    payer = await world.patient("Maria")
    invoice = world.visit(payer)
    check = Payment(8500, "check", world.clock.today("UTC"), "check 1007")
    record_payment(world.app, world.biller, invoice, check, world.by())
    record_payment(world.app, world.biller, invoice, check, world.by())
    await world.work(2)
    assert world.state(invoice) == "withdrawn"
    assert await world.kept() == 0
    assert world.value("select elsewhere from invoice") == 8500
    with pytest.raises(Refusal, match="more than is open"):
        record_payment(world.app, world.biller, invoice, Payment(1, "cash", world.clock.today("UTC"), "c2"), world.by())


async def test_A33_cancelling_withdraws_what_is_due_and_names_what_is_on_its_way(world: World) -> None:
    payer = await world.patient("Maria")
    first, second = world.visit(payer, 8500), 0
    await world.fault(action="lost_after", operation="payment_intents.create")
    await send_due_charges(world.engine)
    second = world.visit(payer, 1200)
    changed = set_switch(world.app, world.biller, payer, Switch.OFF, world.by())
    assert changed.withdrawn == 1
    assert [(way.minor, way.last4) for way in changed.on_its_way] == [(8500, "4242")]
    await world.until_quiet()
    assert (world.state(first), world.state(second)) == ("paid", "withdrawn")
    assert await world.kept() == 8500


async def test_A33_after_a_cancellation_what_was_never_sent_is_ruled_out_and_never_sent_again(world: World) -> None:
    payer = await world.patient("Maria")
    invoice = world.visit(payer)
    await world.fault(action="lost_before", operation="payment_intents.create")
    await send_due_charges(world.engine)
    set_switch(world.app, world.biller, payer, Switch.OFF, world.by())
    await world.until_quiet()
    assert world.state(invoice) == "withdrawn"
    assert await world.kept() == 0


async def test_V22_the_company_switch_bears_on_invoices_issued_from_then_on_only(world: World) -> None:
    payer = await world.patient("Maria", switch=Switch.FOLLOW)
    old = world.visit(payer, 1000)
    set_company(world.app, world.biller, True, world.by())
    await world.work()
    new = world.visit(payer, 2000)
    await world.work()
    assert (world.state(old), world.state(new)) == (None, "paid")
    assert await world.kept() == 2000


async def test_V23_turning_the_company_off_withdraws_followers_charges_and_leaves_those_with_their_own_on(world: World) -> None:
    follower, own = await world.patient("F", switch=Switch.FOLLOW), await world.patient("O")
    set_company(world.app, world.biller, True, world.by())
    first, second = world.visit(follower), world.visit(own)
    assert set_company(world.app, world.biller, False, world.by()) == 1
    await world.work()
    assert (world.state(first), world.state(second)) == ("withdrawn", "paid")


async def test_V20_removing_the_default_leaves_none_and_the_due_charge_waits_for_a_person(world: World) -> None:
    payer = await world.patient("Maria")
    invoice = world.visit(payer)
    remove(world.app, world.biller, world.value("select id from method"), world.by())
    await world.work(2)
    assert world.state(invoice) == "withdrawn"
    assert world.value("select why from invoice") == "no_default"
    assert await world.kept() == 0


async def test_V31_the_default_at_the_claim_is_charged_not_the_one_at_the_plan(world: World) -> None:
    payer = await world.patient("Maria", SAVES_THEN_DECLINES)
    other = await world.card(payer, GOOD)
    invoice = world.visit(payer)
    set_default(world.app, world.biller, other, world.by())
    await world.work()
    assert world.state(invoice) == "paid"


async def test_V35_a_double_click_on_pay_now_pays_once(world: World) -> None:
    payer = await world.patient("James", switch=Switch.OFF)
    invoice = world.visit(payer)
    wish = Wish(payer, (invoice,), 8500, world.value("select id from method"))
    pay_now(world.app, world.biller, wish, world.by())
    pay_now(world.app, world.biller, wish, world.by())  # the first was not sent yet and gives way
    await world.work(2)
    with pytest.raises(Refusal):
        pay_now(world.app, world.biller, wish, world.by())
    assert await world.kept() == 8500


async def test_A53_part_of_an_invoice_can_be_paid_and_the_rest_later(world: World) -> None:
    payer = await world.patient("James", switch=Switch.OFF)
    invoice = world.visit(payer)
    method = world.value("select id from method")
    for minor in (3000, 5500):
        pay_now(world.app, world.biller, Wish(payer, (invoice,), minor, method), world.by())
        await world.work()
    assert await world.kept() == 8500
    assert world.value("select count(distinct key) from charge where state = 'paid'") == 2


async def test_V35_two_workers_at_once_charge_every_invoice_once(world: World) -> None:
    payers = [await world.patient(f"P{n}") for n in range(4)]
    for payer in payers:
        for minor in (100, 200, 300):
            world.visit(payer, minor)
    first = replace(world.engine, aside=asyncio.to_thread)
    second = replace(world.restart(), aside=asyncio.to_thread)

    async def drain(engine: Engine) -> None:
        for _ in range(20):
            await send_due_charges(engine, 5)

    await asyncio.gather(drain(first), drain(second))
    await world.until_quiet()
    assert await world.kept() == 4 * 600
    assert world.value("select count(*) from charge where state = 'paid'") == 12


async def test_V33_reasons_are_told_apart(world: World) -> None:
    for behaviour, reason in (
        ("expired_card", "expired"),
        ("insufficient_funds", "insufficient_funds"),
        ("declined", "declined"),
    ):
        payer = await world.patient(behaviour)
        token = world.value("select token from method where payer_id = %(p)s", p=payer)
        await asyncio.to_thread(world._post, "/_sandbox/behaviour", {"payment_method": token, "behaviour": behaviour})
        invoice = world.visit(payer)
        await world.work()
        assert world.state(invoice) == "failed"
        assert world.value("select reason from charge where payer_id = %(p)s", p=payer) == reason
