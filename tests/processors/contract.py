"""What every adapter promises, whatever the processor. An adapter's test file inherits both classes and fills in the blanks.

A blank left empty fails: a promise without its answer is a broken promise.
"""

from __future__ import annotations

import json
import logging
import socket
import time
from abc import abstractmethod
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

import pytest

from autopay.money import Money
from autopay.processors.protocol import (
    Absent,
    BadSignature,
    ChargeRef,
    Declined,
    Initiator,
    Kind,
    MethodRef,
    NotSent,
    Op,
    Paid,
    Pending,
    Processor,
    Reason,
    Ruling,
    Unknown,
)

from .scripted import DROP, STALL, Answer, scripted

REF = ChargeRef("chg_7f3a", "blr_19", Initiator.UNSCHEDULED)
CARD = MethodRef("pm_1", "cus_1", Kind.CARD)
AMOUNT = Money(9600)
PAN = "4242424242424242"


class World(Protocol):
    """A processor that really runs, and its own book: the oracle of what moved."""

    processor: Processor

    async def save(self, behaviour: str) -> MethodRef:
        """A saved method whose charges are `paid`, `declined`, `insufficient_funds`, `expired`, `needs_authentication`, or a `bank`."""
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

    async def _paid(self, world: World) -> tuple[MethodRef, Paid]:
        card = await world.save("paid")
        paid = await world.processor.charge(card, AMOUNT, key="k", ref=REF)
        assert isinstance(paid, Paid)
        return card, paid

    async def _found(self, world: World, method: MethodRef, op: Op = Op.CHARGE, key: str = "k", ref: str = "") -> Any:
        since = datetime.now(UTC) - timedelta(minutes=1)
        return await world.processor.look_up(op, key=key, since=since, customer=method.customer, ref=ref)


class WireContract:
    """Promises about answers that come badly, late, or not at all."""

    @abstractmethod
    def connect(self, address: str, *, timeout: float = 5.0, in_transaction: bool = False) -> Processor: ...

    @abstractmethod
    def paid(self, amount: Money, status: str = "") -> Answer:
        """The processor's answer to a charge that went through, or one with another status."""
        ...

    @abstractmethod
    def refusals(self) -> dict[str, tuple[Answer, type]]:
        """By name, every kind of error the processor's SDK knows, and the outcome it must come to."""
        ...

    @abstractmethod
    def signed(self, event: dict[str, Any], at: float, secret: str = "") -> tuple[bytes, dict[str, str]]:
        """A webhook as the processor sends it: body and headers, signed at that instant with the account's (first) secret."""
        ...

    @abstractmethod
    def event(self, payment: str) -> dict[str, Any]: ...

    async def test_an_answer_that_can_be_read_is_read(self) -> None:
        assert isinstance(await self._charge(self.paid(AMOUNT)), Paid)

    async def test_a_time_out_after_sending_is_unknown(self) -> None:
        async with scripted(STALL) as server:
            assert isinstance(await self._charge_at(server.address, timeout=0.2), Unknown)
            assert len(server.requests) == 1

    async def test_a_cut_body_is_unknown(self) -> None:
        for length in (0, 1, 40):
            assert isinstance(await self._charge(replace(self.paid(AMOUNT), cut=length)), Unknown)

    @pytest.mark.parametrize(
        "body", [b"", b"{", b"null", b"[]", b'"paid"', b"{}", b"<html>", b"\xff\xfe", b'{"object":"payment_intent"}']
    )
    @pytest.mark.parametrize("status", [200, 402, 500])
    async def test_a_body_that_cannot_be_read_is_unknown(self, status: int, body: bytes) -> None:
        assert isinstance(await self._charge(Answer(status, body)), Unknown)

    @pytest.mark.parametrize("status", [301, 302, 307, 308, 409, 418, 500, 502, 503, 504, 599])
    async def test_an_answer_outside_the_protocol_is_unknown_and_nothing_is_sent_twice(self, status: int) -> None:
        async with scripted(self.paid(AMOUNT)) as other:
            answer = Answer(status, headers={"Location": other.address})
            async with scripted(answer) as server:
                assert isinstance(await self._charge_at(server.address), Unknown)
                assert len(server.requests) == 1
                assert not other.requests

    async def test_a_status_nobody_knows_is_unknown(self) -> None:
        for status in ("half_paid", "", PAN):
            outcome = await self._charge(self.paid(AMOUNT, status or " "))
            assert isinstance(outcome, Unknown)
            assert PAN not in repr(outcome)

    async def test_another_amount_or_currency_in_the_answer_is_unknown_and_says_so(self) -> None:
        for other in (Money(9601), Money(9600, "CAD"), Money(0)):
            outcome = await self._charge(self.paid(other))
            assert isinstance(outcome, Unknown)
            assert "amount differs" in outcome.why

    async def test_every_kind_of_error_comes_to_an_outcome(self) -> None:
        refusals = self.refusals()
        assert refusals
        for name, (answer, expected) in refusals.items():
            assert type(await self._charge(answer)) is expected, name

    async def test_a_refused_connection_was_not_sent(self) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            address = "http://127.0.0.1:{}".format(free.getsockname()[1])
        assert isinstance(await self._charge_at(address), NotSent)

    async def test_a_name_that_does_not_resolve_was_not_sent(self) -> None:
        assert isinstance(await self._charge_at("http://nobody.invalid"), NotSent)

    async def test_tls_that_is_not_agreed_was_not_sent(self) -> None:
        async with scripted() as server:
            assert isinstance(await self._charge_at(server.address.replace("http:", "https:")), NotSent)
            assert not server.requests

    async def test_a_kept_connection_closed_under_a_charge_is_unknown_and_not_sent_again(self) -> None:
        async with scripted(self.paid(AMOUNT), DROP, self.paid(AMOUNT)) as server:
            processor = self.connect(server.address)
            assert isinstance(await processor.charge(CARD, AMOUNT, key="k1", ref=REF), Paid)
            assert isinstance(await processor.charge(CARD, AMOUNT, key="k2", ref=REF), Unknown)
            assert (len(server.requests), server.connections) == (2, 1)
            assert isinstance(await processor.charge(CARD, AMOUNT, key="k3", ref=REF), Paid)
            await processor.close()

    async def test_no_card_data_in_repr_log_or_error(
        self, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
    ) -> None:
        caplog.set_level(logging.DEBUG)
        for _, (answer, _expected) in self.refusals().items():
            told = answer.body.replace(b'"message": "', f'"message": "{PAN} '.encode())
            for body in (
                told,
                PAN.encode(),
                json.dumps({"error": PAN}).encode(),
                json.dumps({"error": {"type": PAN, "code": PAN}}).encode(),
            ):
                assert PAN not in repr(await self._charge(replace(answer, body=body)))
        printed = capfd.readouterr()
        assert PAN not in caplog.text + printed.out + printed.err
        assert "pm_1" not in caplog.text + printed.out + printed.err

    async def test_nothing_is_called_inside_a_database_transaction(self) -> None:
        async with scripted() as server:
            processor = self.connect(server.address, in_transaction=True)
            for call in _every_call(processor):
                with pytest.raises(RuntimeError, match="transaction"):
                    await call
            assert not server.connections

    async def test_every_verb_survives_a_processor_that_hangs_up(self) -> None:
        async with scripted(*[DROP] * 100) as server:
            processor = self.connect(server.address)
            answers = [await call for call in _every_call(processor)]
            assert {type(answer) for answer in answers} <= {Unknown, bool, Ruling}
            assert not any(answer is True or answer is Ruling.RULED_OUT for answer in answers)
            await processor.close()

    def test_Z2_a_signed_message_gives_its_ids(self) -> None:
        event = self.event("pi_7")
        body, headers = self.signed(event, time.time())
        for _ in range(2):  # a repeat has the same id, by which the inbox knows it
            read = self._offline().ingest(body, headers)
            assert (read.id, read.type, read.payment) == (event["id"], event["type"], "pi_7")

    def test_Z2_both_secrets_count_while_they_are_rotated(self) -> None:
        for secret in ("", "second"):
            body, headers = self.signed(self.event("pi_7"), time.time(), secret)
            assert self._offline().ingest(body, headers).payment == "pi_7"

    def test_Z2_a_forged_changed_old_or_unreadable_message_is_refused(self) -> None:
        event, now = self.event("pi_7"), time.time()
        body, headers = self.signed(event, now)
        refused = [
            self.signed(event, now, "another"),
            self.signed(event, now - 301),
            (body.replace(b"pi_7", b"pi_8"), headers),
            (body, {}),
            (body, dict.fromkeys(headers, "t=x,v1=y")),
            self.signed({"id": "evt_1"}, now),
            self.signed({**event, "padding": "x" * 300_000}, now),
        ]
        for message, signature in refused:
            with pytest.raises(BadSignature) as raised:
                self._offline().ingest(message, signature)
            assert "pi_" not in str(raised.value)

    def test_Z2_a_message_within_its_five_minutes_is_taken(self) -> None:
        body, headers = self.signed(self.event("pi_7"), time.time() - 290)
        assert self._offline().ingest(body, headers).payment == "pi_7"

    async def _charge(self, answer: Answer) -> Any:
        async with scripted(answer) as server:
            return await self._charge_at(server.address)

    async def _charge_at(self, address: str, timeout: float = 5.0) -> Any:
        processor = self.connect(address, timeout=timeout)
        try:
            return await processor.charge(CARD, AMOUNT, key="k", ref=REF)
        finally:
            await processor.close()

    def _offline(self) -> Processor:
        return self.connect("http://127.0.0.1:9")


def _every_call(processor: Processor) -> Any:
    """Lazily, so that a call is made only once the one before was awaited."""
    since = datetime.now(UTC)
    yield processor.charge(CARD, AMOUNT, key="k", ref=REF)
    yield processor.hold(CARD, AMOUNT, key="k", ref=REF)
    yield processor.refund("pi_1", AMOUNT, key="k")
    for op in Op:
        yield processor.look_up(op, key="k", since=since, customer="cus_1")
        yield processor.look_up(op, key="k", since=since, customer="cus_1", ref="pi_1")
        yield processor.rule_out(op, key="k", method=CARD)
    yield processor.cancel("pi_1")
    yield processor.release("pi_1")
    yield processor.start_setup(customer="", payer="p", kind=Kind.CARD, key="k")
    yield processor.start_setup(customer="cus_1", payer="p", kind=Kind.BANK, key="k")
    yield processor.finish_setup("seti_1")
    yield processor.attach("pm_1", customer="", payer="p", key="k")
    yield processor.forget(CARD)
