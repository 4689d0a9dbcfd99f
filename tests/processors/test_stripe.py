"""The Stripe adapter before a running processor that speaks Stripe's published API."""

from __future__ import annotations

import asyncio
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from autopay.money import Money
from autopay.processors.book import Amount, MovementKind
from autopay.processors.protocol import (
    Absent,
    ChargeRef,
    Declined,
    Initiator,
    Kind,
    MethodRef,
    NeedsPayer,
    NotSent,
    Op,
    Paid,
    Pending,
    Reason,
    Refused,
    Returned,
    Ruling,
    SavedMethod,
    SetupSession,
    Unknown,
)
from autopay.processors.stripe.adapter import StripeProcessor
from autopay.processors.stripe.client import Account

from .contract import AMOUNT, REF, LivingContract
from .sandbox_world import BANK, CARD, SandboxWorld, sandbox_world


class TestStripeOverTheSandbox(LivingContract):
    def world(self) -> AbstractAsyncContextManager[SandboxWorld]:
        return sandbox_world()


@pytest.mark.parametrize("fault", ["lost_after", "cut", "error_after", "wrong_amount", "wrong_currency"])
async def test_whatever_hides_the_answer_the_look_up_finds_the_money(fault: str) -> None:
    async with sandbox_world() as world:
        card = await world.save("paid")
        await world.arm(fault, operation="payment_intents.create")
        assert isinstance(await _charge(world, card), Unknown)
        assert await world.processor.rule_out(Op.CHARGE, key="k", method=card) is Ruling.USED
        found = await _look_up(world, card)
        assert isinstance(found, Paid)
        assert found.amount == await world.moved(card) == AMOUNT


@pytest.mark.parametrize(
    ("fault", "ruling"), [("lost_before", Ruling.RULED_OUT), ("unavailable", Ruling.RULED_OUT), ("error_before", Ruling.USED)]
)
async def test_where_nothing_happened_the_look_up_finds_nothing_and_the_key_never_moves_money(fault: str, ruling: Ruling) -> None:
    async with sandbox_world() as world:
        card = await world.save("paid")
        await world.arm(fault, operation="payment_intents.create")
        assert isinstance(await _charge(world, card), Unknown)
        assert await _look_up(world, card) == Absent()
        assert await world.processor.rule_out(Op.CHARGE, key="k", method=card) is ruling
        assert isinstance(await _charge(world, card), Unknown)
        assert await world.moved(card) == Money(0)


@pytest.mark.parametrize("fault", ["rate_limited", "unauthorized"])
async def test_what_was_refused_before_it_counted_may_be_sent_again_with_its_key(fault: str) -> None:
    async with sandbox_world() as world:
        card = await world.save("paid")
        await world.arm(fault, operation="payment_intents.create")
        assert isinstance(await _charge(world, card), NotSent)
        assert isinstance(await _charge(world, card), Paid)
        assert await world.moved(card) == AMOUNT


async def test_a_conflict_is_unknown_and_its_key_can_still_be_ruled_out() -> None:
    async with sandbox_world() as world:
        card = await world.save("paid")
        await world.arm("conflict", operation="payment_intents.create")
        assert isinstance(await _charge(world, card), Unknown)
        assert await world.processor.rule_out(Op.CHARGE, key="k", method=card) is Ruling.RULED_OUT
        assert isinstance(await _charge(world, card), Unknown)
        assert await world.moved(card) == Money(0)


async def test_a_charge_still_under_way_is_absent_but_cannot_be_ruled_out_and_is_found_in_the_end() -> None:
    async with sandbox_world(timeout=0.4) as world:
        card = await world.save("paid")
        await world.arm("late_effect", ms=900, operation="payment_intents.create")
        assert isinstance(await _charge(world, card), Unknown)
        assert await _look_up(world, card) == Absent()
        assert await world.processor.rule_out(Op.CHARGE, key="k", method=card) is Ruling.USED
        await asyncio.sleep(0.7)
        assert isinstance(await _look_up(world, card), Paid)
        assert await world.moved(card) == AMOUNT


async def test_pay_now_that_needs_the_payer_gives_a_link_and_can_be_cancelled() -> None:
    async with sandbox_world() as world:
        card = await world.save("needs_authentication")
        ref = ChargeRef("chg_1", "blr_1", Initiator.PAYER, "https://pay.test/back")
        waiting = await world.processor.charge(card, AMOUNT, key="k", ref=ref)
        assert isinstance(waiting, NeedsPayer)
        assert waiting.link.startswith("http")
        assert await _look_up(world, card) == waiting
        assert await world.processor.cancel(waiting.ref) == Declined(Reason.CANCELLED, waiting.ref)
        assert await _look_up(world, card) == Declined(Reason.CANCELLED, waiting.ref)


async def test_a_card_set_up_in_the_browser_is_saved_for_its_customer() -> None:
    async with sandbox_world() as world:
        session = await world.processor.start_setup(customer="", payer="payer-1", kind=Kind.CARD, key="s")
        assert isinstance(session, SetupSession)
        assert isinstance(await world.processor.finish_setup(session.ref), Unknown)
        await world.confirm(session, await world.token(CARD))
        saved = await world.processor.finish_setup(session.ref)
        assert isinstance(saved, SavedMethod)
        assert (saved.ref.customer, saved.brand, saved.last4, saved.verified) == (session.customer, "visa", "4242", True)
        assert isinstance(await _charge(world, saved.ref), Paid)


async def test_a_bank_account_is_verified_once_the_payer_proves_it() -> None:
    async with sandbox_world() as world:
        saved = await world.processor.attach(await world.token(BANK), customer="", payer="payer-1", key="s")
        assert isinstance(saved, SavedMethod)
        assert saved.verification is not None
        assert not saved.verified
        assert await world.processor.finish_setup(saved.verification.ref) == saved
        await world.prove(saved.verification.ref)
        proved = await world.processor.finish_setup(saved.verification.ref)
        assert isinstance(proved, SavedMethod)
        assert (proved.ref, proved.verified, proved.verification) == (saved.ref, True, None)
        assert await world.processor.attach(saved.ref.token, customer=saved.ref.customer, payer="payer-1", key="s") == proved


@pytest.mark.parametrize(
    ("number", "reason"),
    [
        ("4000000000000002", Reason.DECLINED),
        ("4000000000009995", Reason.INSUFFICIENT_FUNDS),
        ("4000000000000069", Reason.EXPIRED),
    ],
)
async def test_A22_a_card_that_fails_is_not_saved_and_says_why(number: str, reason: Reason) -> None:
    async with sandbox_world() as world:
        token = await world.token({**CARD, "card[number]": number})
        assert await world.processor.attach(token, customer="", payer="payer-1", key="s") == Refused(reason)


async def test_G3_looking_at_a_token_tells_the_number_s_name_and_asks_no_bank() -> None:
    async with sandbox_world() as world:
        refused = {**CARD, "card[number]": "4000000000000002"}
        seen = [await world.processor.look_at(await world.token(typed)) for typed in (CARD, CARD, refused, BANK)]
        assert all(isinstance(each, SavedMethod) and each.test and each.fingerprint and not each.ref.customer for each in seen)
        names = [each.fingerprint for each in seen if isinstance(each, SavedMethod)]
        assert names[0] == names[1]
        assert len(set(names)) == 3
        assert isinstance(await world.processor.look_at("pm_gone"), Refused | Unknown)


async def test_a_bank_debit_is_paid_after_some_days_and_may_still_come_back() -> None:
    async with sandbox_world() as world:
        bank = await world.save("bank")
        await _charge(world, bank)
        await world.command("POST", "clock/advance", days=7)
        paid = await _look_up(world, bank)
        assert isinstance(paid, Paid)
        await world.command("POST", "returns", payment_intent=paid.ref, code="R10")
        assert await _look_up(world, bank) == Returned(paid.ref, Reason.NOT_AUTHORIZED)
        assert await world.moved(bank) == Money(0)


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("R01", Reason.INSUFFICIENT_FUNDS),
        ("R02", Reason.ACCOUNT_CLOSED),
        ("R03", Reason.NO_ACCOUNT),
        ("R10", Reason.NOT_AUTHORIZED),
    ],
)
async def test_N5_a_bank_debit_that_comes_back_says_why(code: str, reason: Reason) -> None:
    async with sandbox_world() as world:
        bank = await world.save("bank")
        await world.command("POST", "behaviour", payment_method=bank.token, behaviour=code)
        await _charge(world, bank)
        await world.command("POST", "clock/advance", days=7)
        returned = await _look_up(world, bank)
        assert isinstance(returned, Returned)
        assert returned.reason is reason
        assert await world.moved(bank) == Money(0)


async def test_Z2_messages_of_the_processor_carry_ids_the_engine_knows() -> None:
    async with sandbox_world() as world, world.inbox() as (secret, messages):
        card = await world.save("paid")
        paid = await _charge(world, card)
        refund = await world.processor.refund(paid.ref, Money(600), key="r")
        assert isinstance(refund, Paid)
        missing = {("payment_intent.succeeded", paid.ref, paid.ref), ("refund.created", refund.ref, paid.ref)}
        reader = StripeProcessor(Account("sk_test_contract", ("whsec_older", secret)))
        async with asyncio.timeout(10):
            while missing:
                event = reader.ingest(*await messages.get())
                missing -= {(event.type, event.object, event.payment)}


async def test_a_payout_is_made_of_our_payments_and_refunds() -> None:
    async with sandbox_world() as world:
        card = await world.save("paid")
        paid = await _charge(world, card)
        assert isinstance(paid, Paid)
        refund = await world.processor.refund(paid.ref, Money(600), key="r")
        assert isinstance(refund, Paid)
        await world.command("POST", "clock/advance", days=10)
        today = datetime.now(UTC).date()
        settlements = [one async for one in world.processor.settlements(today, today + timedelta(days=11))]
        lines = {line.ref: line for one in settlements for line in one.lines}
        assert lines[paid.ref].gross == Amount(AMOUNT.minor, "USD")
        assert lines[paid.ref].fee.minor > 0
        assert lines[refund.ref].gross == Amount(-600, "USD")
        assert lines.keys() == {paid.ref, refund.ref}
        nets = [[line.gross.minor - line.fee.minor for line in one.lines] for one in settlements]
        assert [one.total for one in settlements] == [Amount(sum(net), "USD") for net in nets]
        moved = [each async for each in world.processor.movements(datetime.now(UTC) - timedelta(1), datetime.now(UTC))]
        assert {line.booking for line in lines.values()} == {each.booking for each in moved}
        assert {each.available for each in moved} == {one.arrives for one in settlements}


async def test_a_debit_that_came_back_and_a_dispute_are_movements_of_their_payment() -> None:
    async with sandbox_world() as world:
        card, bank = await world.save("paid"), await world.save("bank")
        debited = await world.processor.charge(bank, AMOUNT, key="b", ref=REF)
        assert isinstance(debited, Pending)
        paid = await _charge(world, card)
        opened = await world.command("POST", "disputes", payment_intent=paid.ref)
        await world.command("POST", "clock/advance", days=7)
        await world.command("POST", "returns", payment_intent=debited.ref, **{"as": "failure"})
        await world.command("POST", "disputes/decide", dispute=opened["id"], outcome="won")
        since = datetime.now(UTC) - timedelta(days=1)
        moved = [each async for each in world.processor.movements(since, since + timedelta(days=9))]
        told = {(each.kind, each.payment, each.amount.minor, each.fee.minor if each.fee else None) for each in moved}
        assert told == {
            (MovementKind.PAYMENT, paid.ref, 9600, 308),
            (MovementKind.DISPUTE, paid.ref, -9600, 1500),
            (MovementKind.DISPUTE, paid.ref, 9600, 0),
            (MovementKind.PAYMENT, debited.ref, 9600, 77),
            (MovementKind.RETURN, debited.ref, -9600, 0),
        }


async def _charge(world: SandboxWorld, method: MethodRef) -> Any:
    return await world.processor.charge(method, AMOUNT, key="k", ref=REF)


async def _look_up(world: SandboxWorld, method: MethodRef) -> Any:
    since = datetime.now(UTC) - timedelta(minutes=1)
    return await world.processor.look_up(Op.CHARGE, key="k", since=since, customer=method.customer)
