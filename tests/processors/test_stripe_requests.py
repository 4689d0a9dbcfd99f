"""What the adapter sends to Stripe, word for word."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime
from typing import Any

import pytest

from autopay.money import Money
from autopay.processors.protocol import (
    ChargeRef,
    Initiator,
    Kind,
    MethodRef,
    Op,
    Processor,
    Reason,
    Refused,
    SavedMethod,
    Unknown,
)
from autopay.processors.stripe.adapter import StripeProcessor
from autopay.processors.stripe.client import Account
from autopay.processors.stripe.payment import key_hash

from .contract import AMOUNT
from .scripted import Answer, Request, scripted
from .test_stripe_replies import METHOD
from .test_stripe_wire import intent

CARD = MethodRef("pm_1", "cus_1", Kind.CARD)
BANK = MethodRef("pm_2", "cus_1", Kind.BANK)
ALLOWED_METADATA = {"charge", "biller", "key", "payer", "ruled_out"}

BODY = {
    "amount": "9600",
    "currency": "usd",
    "customer": "cus_1",
    "payment_method": "pm_1",
    "payment_method_types[0]": "card",
    "confirm": "true",
    "metadata[charge]": "chg_7f3a",
    "metadata[biller]": "blr_19",
    "metadata[key]": key_hash("k"),
    "expand[0]": "latest_charge",
}


def ref(initiator: Initiator, return_url: str = "") -> ChargeRef:
    return ChargeRef("chg_7f3a", "blr_19", initiator, return_url)


@pytest.mark.parametrize("initiator", [Initiator.RECURRING, Initiator.UNSCHEDULED])
async def test_C4_a_charge_under_a_stored_credential_says_that_the_payer_is_away(initiator: Initiator) -> None:
    sent = await _sent(lambda stripe: stripe.charge(CARD, AMOUNT, key="k", ref=ref(initiator, "https://pay.test/back")))
    assert sent.fields == {**BODY, "off_session": "true"}


async def test_C4_pay_now_is_on_session_and_says_where_to_come_back() -> None:
    sent = await _sent(lambda stripe: stripe.charge(CARD, AMOUNT, key="k", ref=ref(Initiator.PAYER, "https://pay.test/back")))
    assert sent.fields == {**BODY, "return_url": "https://pay.test/back"}


async def test_a_bank_debit_names_its_kind() -> None:
    sent = await _sent(lambda stripe: stripe.charge(BANK, AMOUNT, key="k", ref=ref(Initiator.RECURRING)))
    assert sent.fields == {**BODY, "payment_method": "pm_2", "payment_method_types[0]": "us_bank_account", "off_session": "true"}


async def test_A22_a_hold_is_never_captured_by_itself() -> None:
    sent = await _sent(lambda stripe: stripe.hold(CARD, Money(100), key="k", ref=ref(Initiator.PAYER)))
    assert sent.fields == {**BODY, "amount": "100", "capture_method": "manual"}


async def test_yen_are_sent_without_cents() -> None:
    sent = await _sent(lambda stripe: stripe.charge(CARD, Money(5000, "JPY"), key="k", ref=ref(Initiator.PAYER)))
    assert (sent.fields["amount"], sent.fields["currency"]) == ("5000", "jpy")


async def test_key_version_and_secret_go_in_the_headers_and_the_body_has_only_a_hash() -> None:
    sent = await _sent(lambda stripe: stripe.charge(CARD, AMOUNT, key="the-key", ref=ref(Initiator.RECURRING)))
    assert (sent.method, sent.path) == ("POST", "/v1/payment_intents")
    assert sent.headers["idempotency-key"] == "the-key"
    assert sent.headers["stripe-version"] == "2026-05-27.dahlia"
    assert sent.headers["authorization"] == "Bearer sk_test_1"
    assert "the-key" not in json.dumps(sent.fields)


async def test_ruling_out_sends_one_harmless_body_whatever_the_operation() -> None:
    bodies = [(await _sent(lambda stripe, op=op: stripe.rule_out(op, key="k", method=CARD))) for op in Op]
    for sent in bodies:
        assert (sent.path, sent.headers["idempotency-key"]) == ("/v1/payment_intents", "k")
        assert sent.fields == {
            "amount": "100",
            "currency": "usd",
            "confirm": "false",
            "payment_method_types[0]": "card",
            "metadata[ruled_out]": key_hash("k"),
        }


async def test_a_look_up_asks_for_one_customers_payments_from_well_before_the_call() -> None:
    since = datetime(2026, 11, 23, 12, tzinfo=UTC)
    sent = await _sent(lambda stripe: stripe.look_up(Op.CHARGE, key="k", since=since, customer="cus_1"))
    day_before = str(int(since.timestamp()) - 86_400)
    assert (sent.method, sent.path) == ("GET", "/v1/payment_intents")
    assert sent.fields == {"customer": "cus_1", "created[gte]": day_before, "limit": "100"}


async def test_H2_nothing_about_a_person_is_sent() -> None:
    async with scripted(*[Answer.of({**METHOD, "customer": None})] * 20) as server:
        stripe = _connect(server.address)
        await stripe.charge(CARD, AMOUNT, key="k", ref=ref(Initiator.RECURRING))
        await stripe.refund("pi_1", AMOUNT, key="k")
        await stripe.start_setup(customer="", payer="payer_1", kind=Kind.CARD, key="k")
        await stripe.attach("pm_1", customer="", payer="payer_1", key="k")
        await stripe.rule_out(Op.CHARGE, key="k", method=CARD)
        await stripe.close()
    names = {name for sent in server.requests for name in sent.fields}
    marks = {name.removeprefix("metadata[").removesuffix("]") for name in names if name.startswith("metadata")}
    assert marks == ALLOWED_METADATA
    assert not names & {
        "description",
        "receipt_email",
        "statement_descriptor",
        "statement_descriptor_suffix",
        "email",
        "name",
        "phone",
    }


async def test_a_token_of_somebody_else_is_refused_and_one_already_attached_is_taken() -> None:
    for customer, expected in [("cus_2", Refused(Reason.METHOD_GONE)), ("cus_1", SavedMethod)]:
        async with scripted(Answer.of({**METHOD, "customer": "cus_1"})) as server:
            stripe = _connect(server.address)
            saved = await stripe.attach("pm_1", customer=customer, payer="payer_1", key="k")
            await stripe.close()
        assert expected in (saved, type(saved))
        assert [sent.method for sent in server.requests] == ["GET"]


@pytest.mark.parametrize(("livemode", "test"), [(True, False), (False, True)])
async def test_G3_a_number_is_a_test_number_where_stripe_says_so(livemode: bool, test: bool) -> None:
    async with scripted(Answer.of({**METHOD, "customer": None, "livemode": livemode})) as server:
        stripe = _connect(server.address)
        seen = await stripe.look_at("pm_1")
        await stripe.close()
    assert isinstance(seen, SavedMethod)
    assert seen.test is test
    assert [(sent.method, sent.path) for sent in server.requests] == [("GET", "/v1/payment_methods/pm_1")]


@pytest.mark.parametrize("bad", ["", "..", "pm_1/attach", "pm_1?customer=cus_2", "pm 1", "pm_é"])
async def test_an_id_that_could_lead_elsewhere_is_never_sent(bad: str) -> None:
    async with scripted() as server:
        stripe = _connect(server.address)
        assert isinstance(await stripe.attach(bad, customer="cus_1", payer="payer_1", key="k"), Unknown)
        assert isinstance(await stripe.finish_setup(bad), Unknown)
        await stripe.close()
    assert not server.connections


async def test_the_sdk_says_nothing_of_this_machine() -> None:
    sent = await _sent(lambda stripe: stripe.charge(CARD, AMOUNT, key="k", ref=ref(Initiator.RECURRING)))
    told = json.loads(sent.headers["x-stripe-client-user-agent"])
    assert not told.keys() & {"platform", "telemetry_id", "uname"}
    assert "x-stripe-client-telemetry" not in sent.headers


async def test_connections_are_kept_and_limited() -> None:
    async with scripted(*[Answer.of(intent())] * 5) as server:
        stripe = _connect(server.address)
        for number in range(5):
            await stripe.charge(CARD, AMOUNT, key=f"k{number}", ref=ref(Initiator.RECURRING))
        await stripe.close()
    assert (len(server.requests), server.connections) == (5, 1)


def test_an_adapter_used_in_a_second_event_loop_says_so_instead_of_losing_answers() -> None:
    stripe = _connect("http://127.0.0.1:9")
    with asyncio.Runner() as first, asyncio.Runner() as second:
        assert isinstance(first.run(stripe.cancel("pi_1")), Unknown)
        with pytest.raises(RuntimeError, match="another event loop"):
            second.run(stripe.cancel("pi_1"))
        first.run(stripe.close())


async def test_after_429_we_know_how_long_to_wait() -> None:
    async with scripted(
        Answer(429, b"slow down", {"Retry-After": "7"}), Answer.of({"error": {}}, 429, headers={"Retry-After": "7"})
    ) as server:
        stripe = _connect(server.address)
        waits = [
            getattr(await stripe.charge(CARD, AMOUNT, key="k", ref=ref(Initiator.RECURRING)), "retry_after", None)
            for _ in range(2)
        ]
        await stripe.close()
    assert waits == [0.0, 7.0]  # the SDK drops the headers of an answer it cannot read


async def test_a_ruling_is_unknown_unless_the_answer_is_ours() -> None:
    ours = Answer.of(intent("requires_payment_method", metadata={"ruled_out": key_hash("k")}))
    another = Answer.of(intent(metadata={"key": key_hash("k")}))
    for answer, expected in [(ours, "ruled_out"), (another, "used"), (Answer(500), "unknown"), (Answer(401), "unknown")]:
        async with scripted(answer) as server:
            stripe = _connect(server.address)
            assert await stripe.rule_out(Op.CHARGE, key="k", method=CARD) == expected
            await stripe.close()


async def test_what_is_listed_but_cannot_be_fetched_is_unknown() -> None:
    page = {"object": "list", "url": "/v1/payment_intents", "has_more": False, "data": [intent(metadata={"key": key_hash("k")})]}
    async with scripted(Answer.of(page), Answer(500)) as server:
        stripe = _connect(server.address)
        found = await stripe.look_up(Op.CHARGE, key="k", since=datetime.now(UTC), customer="cus_1")
        await stripe.close()
    assert isinstance(found, Unknown)


def _connect(address: str) -> Processor:
    return StripeProcessor(Account("sk_test_1", api_base=address))


async def _sent(call: Any) -> Request:
    async with scripted(Answer.of(intent())) as server:
        stripe = _connect(server.address)
        await call(stripe)
        await stripe.close()
    return server.requests[0]
