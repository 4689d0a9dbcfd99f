"""What every adapter promises about answers that come badly, late, or not at all; and about signed messages.

An adapter's test file inherits the class and fills in the blanks. A blank left empty fails.
"""

from __future__ import annotations

import asyncio
import json
import logging
import socket
import time
from abc import abstractmethod
from collections.abc import Coroutine, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from autopay.money import Money
from autopay.processors.book import CannotAsk
from autopay.processors.protocol import BadSignature, Kind, MethodRef, NotSent, Op, Paid, Processor, Ruling, Unknown

from .contract import AMOUNT, REF
from .scripted import DROP, STALL, Answer, scripted

CARD = MethodRef("pm_1", "cus_1", Kind.CARD)
PAN = "4242424242424242"


class WireContract:
    """Promises kept before a scripted server."""

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

    @abstractmethod
    def page(self, *, more: bool) -> Answer:
        """One page of the book with a payment on it, and whether there are more."""
        ...

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
            address = f"http://127.0.0.1:{free.getsockname()[1]}"
        assert isinstance(await self._charge_at(address), NotSent)

    async def test_a_name_that_does_not_resolve_was_not_sent(self) -> None:
        assert isinstance(await self._charge_at("http://nobody.invalid"), NotSent)

    async def test_tls_that_is_not_agreed_was_not_sent(self) -> None:
        async def speak_no_tls(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(b"220 this is a mail server" + b"\r\n" * 20)
            await reader.read(1)
            writer.close()

        async with await asyncio.start_server(speak_no_tls, "127.0.0.1", 0) as server:
            port = server.sockets[0].getsockname()[1]
            assert isinstance(await self._charge_at(f"https://127.0.0.1:{port}"), NotSent)

    async def test_a_connection_that_is_not_made_in_time_was_not_sent(self) -> None:
        async with scripted() as server:  # waits for a request while we wait for its part of TLS
            assert isinstance(await self._charge_at(server.address.replace("http:", "https:"), timeout=0.6), NotSent)
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

    async def test_a_book_that_cannot_be_read_to_its_end_says_so(self) -> None:
        now = datetime.now(UTC)
        for answers in (
            [DROP],
            [Answer(500)],
            [Answer.of({"has_more": False, "data": [{"id": "x"}]})],
            [self.page(more=True), DROP],
        ):
            async with scripted(*answers) as server:
                processor = self.connect(server.address)
                with pytest.raises(CannotAsk):
                    _ = [each async for each in processor.movements(now - timedelta(days=1), now)]
                await processor.close()
        for answer in (DROP, Answer(500)):
            async with scripted(answer) as server:
                processor = self.connect(server.address)
                with pytest.raises(CannotAsk):
                    _ = [each async for each in processor.settlements(now.date(), now.date())]
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


def _every_call(processor: Processor) -> Iterator[Coroutine[Any, Any, Any]]:
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
    yield processor.look_at("pm_1")
    yield processor.attach("pm_1", customer="", payer="p", key="k")
    yield processor.forget(CARD)
