"""What every adapter promises over a running processor, whatever it is. `contract_wire` has the promises about bad answers.

An adapter's test file inherits the class and fills in the blank. A blank left empty fails.
"""

from __future__ import annotations

from abc import abstractmethod
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

import pytest

from autopay.money import Money
from autopay.processors.book import Movement, MovementKind, MovementState
from autopay.processors.protocol import (
    Absent,
    ChargeRef,
    Declined,
    Initiator,
    MethodRef,
    Op,
    Paid,
    Pending,
    Processor,
    Reason,
    Ruling,
    Unknown,
)

REF = ChargeRef("chg_7f3a", "blr_19", Initiator.UNSCHEDULED)
AMOUNT = Money(9600)


class World(Protocol):
    """A processor that really runs, and its own book: the oracle of what moved."""

    processor: Processor

    async def save(self, behaviour: str) -> MethodRef:
        """A saved `bank` account, or a card whose charges are `paid`, `declined`, `insufficient_funds`, `expired`…"""
        ...

    async def moved(self, method: MethodRef) -> Money:
        """Captured minus refunded, for everything of this method's customer."""
        ...

    async def lose_next_answer(self) -> None:
        """The next request takes effect, its answer never arrives."""
        ...


class LivingContract:
    """Promises kept over a running processor."""

    @abstractmethod
    def world(self) -> AbstractAsyncContextManager[World]: ...

    async def test_a_charge_moves_its_amount_once(self) -> None:
        async with self.world() as world:
            card = await world.save("paid")
            paid = await world.processor.charge(card, AMOUNT, key="k-1", ref=REF)
            assert isinstance(paid, Paid)
            assert paid.amount == AMOUNT
            assert paid.ref
            assert await world.moved(card) == AMOUNT

    async def test_the_second_call_works_as_the_first(self) -> None:
        async with self.world() as world:
            card = await world.save("paid")
            for number in (1, 2):
                assert isinstance(await world.processor.charge(card, AMOUNT, key=f"k-{number}", ref=REF), Paid)
            assert await world.moved(card) == AMOUNT + AMOUNT

    async def test_the_same_key_twice_moves_money_once(self) -> None:
        async with self.world() as world:
            card = await world.save("paid")
            outcomes = [await world.processor.charge(card, AMOUNT, key="k", ref=REF) for _ in range(2)]
            assert isinstance(outcomes[0], Paid)
            assert outcomes[0] == outcomes[1]
            assert await world.moved(card) == AMOUNT

    async def test_a_key_used_for_another_amount_is_unknown_and_moves_nothing_more(self) -> None:
        async with self.world() as world:
            card = await world.save("paid")
            await world.processor.charge(card, AMOUNT, key="k", ref=REF)
            assert isinstance(await world.processor.charge(card, Money(1), key="k", ref=REF), Unknown)
            assert await world.moved(card) == AMOUNT

    async def test_a_ruled_out_key_can_never_move_money(self) -> None:
        async with self.world() as world:
            card = await world.save("paid")
            for _ in range(2):  # asking again is no different
                assert await world.processor.rule_out(Op.CHARGE, key="k", method=card) is Ruling.RULED_OUT
            assert isinstance(await world.processor.charge(card, AMOUNT, key="k", ref=REF), Unknown)
            assert await self._found(world, card) == Absent()
            assert await world.moved(card) == Money(0)

    async def test_a_key_that_moved_money_is_not_ruled_out(self) -> None:
        async with self.world() as world:
            card = await world.save("paid")
            paid = await world.processor.charge(card, AMOUNT, key="k", ref=REF)
            assert await world.processor.rule_out(Op.CHARGE, key="k", method=card) is Ruling.USED
            assert await self._found(world, card) == paid

    async def test_a_ruled_out_refund_key_refunds_nothing(self) -> None:
        async with self.world() as world:
            card, paid = await self._paid(world)
            assert await world.processor.rule_out(Op.REFUND, key="r", method=card) is Ruling.RULED_OUT
            assert isinstance(await world.processor.refund(paid.ref, Money(600), key="r"), Unknown)
            assert await self._found(world, card, Op.REFUND, "r", paid.ref) == Absent()
            assert await world.moved(card) == AMOUNT

    async def test_a_refund_moves_its_amount_back_once(self) -> None:
        async with self.world() as world:
            card, paid = await self._paid(world)
            refunds = [await world.processor.refund(paid.ref, Money(600), key="r") for _ in range(2)]
            assert isinstance(refunds[0], Paid)
            assert refunds[0] == refunds[1]
            assert await world.moved(card) == AMOUNT - Money(600)
            assert await self._found(world, card, Op.REFUND, "r", paid.ref) == refunds[0]
            assert await self._found(world, card, Op.REFUND, "r") == refunds[0]
            assert await self._found(world, card, Op.REFUND, "r", refunds[0].ref) == refunds[0]
            assert await world.processor.rule_out(Op.REFUND, key="r", method=card) is Ruling.USED

    async def test_a_refund_above_what_is_left_is_refused(self) -> None:
        async with self.world() as world:
            card, paid = await self._paid(world)
            assert isinstance(await world.processor.refund(paid.ref, AMOUNT + Money(1), key="r"), Declined)
            assert await world.moved(card) == AMOUNT

    async def test_a_lost_answer_is_unknown_and_the_look_up_finds_the_money(self) -> None:
        async with self.world() as world:
            card = await world.save("paid")
            await world.lose_next_answer()
            assert isinstance(await world.processor.charge(card, AMOUNT, key="k", ref=REF), Unknown)
            assert await world.moved(card) == AMOUNT
            found = await self._found(world, card)
            assert isinstance(found, Paid)
            assert found.amount == AMOUNT
            assert await self._found(world, card, ref=found.ref) == found

    async def test_a_key_that_was_never_seen_is_absent(self) -> None:
        async with self.world() as world:
            card, _ = await self._paid(world)
            assert await self._found(world, card, key="never") == Absent()
            assert await self._found(world, card, Op.REFUND, "never") == Absent()

    async def test_a_look_up_reads_all_pages(self) -> None:
        async with self.world() as world:
            card = await world.save("paid")
            first = await world.processor.charge(card, Money(100), key="first", ref=REF)
            for number in range(101):
                await world.processor.charge(card, Money(101), key=f"later-{number}", ref=REF)
            assert await self._found(world, card, key="first") == first

    @pytest.mark.parametrize(
        ("behaviour", "reason"),
        [
            ("declined", Reason.DECLINED),
            ("insufficient_funds", Reason.INSUFFICIENT_FUNDS),
            ("expired", Reason.EXPIRED),
            ("needs_authentication", Reason.NEEDS_AUTHENTICATION),
        ],
    )
    async def test_V33_reasons_are_told_apart(self, behaviour: str, reason: Reason) -> None:
        async with self.world() as world:
            card = await world.save(behaviour)
            declined = await world.processor.charge(card, AMOUNT, key="k", ref=REF)
            assert isinstance(declined, Declined)
            assert declined.reason is reason
            assert declined.ref
            assert await self._found(world, card) == declined
            assert await world.moved(card) == Money(0)

    async def test_a_currency_without_cents_is_charged_as_it_is(self) -> None:
        async with self.world() as world:
            card = await world.save("paid")
            paid = await world.processor.charge(card, Money(5000, "JPY"), key="k", ref=REF)
            assert isinstance(paid, Paid)
            assert paid.amount == Money(5000, "JPY")

    async def test_a_bank_debit_is_pending_before_it_is_money(self) -> None:
        async with self.world() as world:
            bank = await world.save("bank")
            pending = await world.processor.charge(bank, AMOUNT, key="k", ref=REF)
            assert isinstance(pending, Pending)
            assert pending.amount == AMOUNT
            assert await self._found(world, bank) == pending
            assert await world.moved(bank) == Money(0)

    async def test_A22_a_hold_is_no_charge_and_is_given_back(self) -> None:
        async with self.world() as world:
            card = await world.save("paid")
            held = await world.processor.hold(card, Money(100), key="h", ref=REF)
            assert isinstance(held, Paid)
            assert await self._found(world, card, Op.HOLD, "h") == held
            for _ in range(2):
                assert await world.processor.release(held.ref)
            assert await self._found(world, card, Op.HOLD, "h") == Declined(Reason.CANCELLED, held.ref)
            assert await world.moved(card) == Money(0)

    async def test_what_was_paid_cannot_be_cancelled_or_released(self) -> None:
        async with self.world() as world:
            card, paid = await self._paid(world)
            assert await world.processor.cancel(paid.ref) == paid
            assert not await world.processor.release(paid.ref)
            assert await world.moved(card) == AMOUNT

    async def test_a_forgotten_method_cannot_be_charged(self) -> None:
        async with self.world() as world:
            card = await world.save("paid")
            for _ in range(2):  # gone already counts
                assert await world.processor.forget(card)
            outcome = await world.processor.charge(card, AMOUNT, key="k", ref=REF)
            assert isinstance(outcome, Declined)
            assert outcome.reason is Reason.METHOD_GONE
            assert await world.moved(card) == Money(0)

    async def test_the_book_shows_what_moved_with_our_references(self) -> None:
        async with self.world() as world:
            card, bank = await world.save("paid"), await world.save("bank")
            paid = await world.processor.charge(card, AMOUNT, key="k", ref=REF)
            assert isinstance(paid, Paid)
            refund = await world.processor.refund(paid.ref, Money(600), key="r")
            assert isinstance(refund, Paid)
            debited = await world.processor.charge(bank, Money(700), key="b", ref=REF)
            assert isinstance(debited, Pending)
            await world.processor.hold(card, Money(100), key="h", ref=REF)
            moved = {each.ref: each for each in await self._moved(world)}
            assert moved.keys() == {paid.ref, refund.ref, debited.ref}
            told = [(each.kind, each.state, each.amount.minor, each.payment, each.mark) for each in moved.values()]
            mark = world.processor.mark
            assert sorted(told) == [
                (MovementKind.PAYMENT, MovementState.DONE, 9600, paid.ref, mark("k")),
                (MovementKind.PAYMENT, MovementState.PENDING, 700, debited.ref, mark("b")),
                (MovementKind.REFUND, MovementState.DONE, -600, paid.ref, mark("r")),
            ]
            assert {(each.charge, each.biller) for each in (moved[paid.ref], moved[debited.ref])} == {(REF.charge, REF.biller)}

    async def test_the_book_is_read_over_all_pages_from_one_instant_up_to_another(self) -> None:
        async with self.world() as world:
            card = await world.save("paid")
            for number in range(101):
                await world.processor.charge(card, Money(101), key=f"k-{number}", ref=REF)
            moved = await self._moved(world)
            assert len({each.booking for each in moved}) == len(moved) == 101
            first, last = min(each.at for each in moved), max(each.at for each in moved)
            assert {each.at for each in await self._moved(world, first, last)} == {each.at for each in moved} - {last}
            assert await self._moved(world, last + timedelta(seconds=1)) == []

    async def test_a_payment_that_was_declined_moved_nothing_and_is_told_so(self) -> None:
        async with self.world() as world:
            card = await world.save("declined")
            await world.processor.charge(card, AMOUNT, key="k", ref=REF)
            moved = await self._moved(world)
            assert [(each.state, each.mark, each.booking) for each in moved] == [
                (MovementState.FAILED, world.processor.mark("k"), "")
            ]

    async def _moved(self, world: World, since: datetime | None = None, until: datetime | None = None) -> list[Movement]:
        now = datetime.now(UTC)
        asked = world.processor.movements(since or now - timedelta(hours=1), until or now + timedelta(hours=1))
        return [each async for each in asked]

    async def _paid(self, world: World) -> tuple[MethodRef, Paid]:
        card = await world.save("paid")
        paid = await world.processor.charge(card, AMOUNT, key="k", ref=REF)
        assert isinstance(paid, Paid)
        return card, paid

    async def _found(self, world: World, method: MethodRef, op: Op = Op.CHARGE, key: str = "k", ref: str = "") -> Any:
        since = datetime.now(UTC) - timedelta(minutes=1)
        return await world.processor.look_up(op, key=key, since=since, customer=method.customer, ref=ref)
