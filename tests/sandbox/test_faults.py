"""Faults on command: what goes wrong is what was ordered, for whom it was ordered, as often as ordered."""

from __future__ import annotations

import pytest
import stripe

from sandbox_processor.in_process import InProcess
from sandbox_processor.overview import overview
from sandbox_processor.sandbox import Sandbox

from .conftest import Control, JudgedClient, Payer, client_for


@pytest.mark.parametrize(("action", "kept"), [("lost_before", 0), ("lost_after", 2500), ("cut", 2500)])
def test_a_lost_answer_may_have_moved_money(payer: Payer, control: Control, action: str, kept: int) -> None:
    control.post("faults", action=action)
    with pytest.raises(stripe.APIConnectionError):
        payer.pay(2500, key="k")
    assert control.kept() == kept
    assert payer.pay(2500, key="k").status == "succeeded"
    assert control.kept() == 2500


def test_a_fault_hits_as_many_as_told_after_skipping_as_many_as_told(payer: Payer, control: Control) -> None:
    control.post("faults", action="error_before", skip=1, times=2)
    outcomes = []
    for _ in range(4):
        try:
            outcomes.append(payer.pay().status)
        except stripe.APIError:
            outcomes.append("500")
    assert outcomes == ["succeeded", "500", "500", "succeeded"]
    assert control.get("faults")["faults"] == []


def test_a_fault_hits_only_its_scope(payer: Payer, control: Control) -> None:
    control.post("faults", action="error_before", times=None, metadata={"charge": "bad"})
    assert payer.pay(metadata={"charge": "good"}).status == "succeeded"
    with pytest.raises(stripe.APIError):
        payer.pay(metadata={"charge": "bad"})
    control.delete("faults")
    control.post("faults", action="error_before", times=None, operation="refunds.create", customer=payer.customer.id)
    intent = payer.pay()
    assert payer.client.v1.refunds.create({"payment_intent": intent.id}).status == "succeeded", "a refund names no customer"
    control.delete("faults")
    control.post("faults", action="error_before", payment_method=payer.card.id)
    payer.client.v1.customers.create()
    with pytest.raises(stripe.APIError):
        payer.pay()


def waits(error: stripe.StripeError) -> str | None:
    return {name.lower(): value for name, value in (error.headers or {}).items()}.get("retry-after")


def test_a_throttled_answer_and_an_outage(payer: Payer, control: Control) -> None:
    control.post("faults", action="rate_limited")
    with pytest.raises(stripe.RateLimitError) as slower:
        payer.pay()
    assert waits(slower.value) is None
    for asked, sent in ((40, "40"), ("Thu, 26 Nov 2026 12:00:40 GMT", "Thu, 26 Nov 2026 12:00:40 GMT")):
        control.post("faults", action="rate_limited", retry_after=asked)
        with pytest.raises(stripe.RateLimitError) as slower:
            payer.pay()
        assert waits(slower.value) == sent
    control.post("faults", action="unavailable")
    with pytest.raises(stripe.APIError) as caught:
        payer.pay()
    assert caught.value.http_status == 503
    assert control.kept() == 0


def test_an_echo_may_be_wrong_while_the_book_is_right(payer: Payer, control: Control) -> None:
    control.post("faults", action="wrong_amount")
    assert payer.pay(2500).amount == 2501
    control.post("faults", action="wrong_currency")
    assert payer.pay(2500).currency == "cad"
    assert control.kept() == 5000


def test_slow_answers_wait_before_or_after_the_effect(
    sandbox: Sandbox, payer: Payer, judge: JudgedClient, control: Control
) -> None:
    kept_at_wait: list[tuple[float, int]] = []
    judge.wire = InProcess(sandbox, sleep=lambda seconds: kept_at_wait.append((seconds, control.kept())))
    control.post("faults", action="slow", ms=1500)
    payer.pay(100)
    control.post("faults", action="late_effect", ms=2000)
    payer.pay(100)
    assert kept_at_wait == [(1.5, 100), (2.0, 100)]
    assert control.kept() == 200


@pytest.mark.parametrize(
    ("told", "decline_code"),
    [("declined", "generic_decline"), ("insufficient_funds", "insufficient_funds"), ("expired_card", "expired_card")],
)
def test_a_saved_card_behaves_as_told_from_now_on(payer: Payer, control: Control, told: str, decline_code: str) -> None:
    control.post("behaviour", payment_method=payer.card.id, behaviour=told)
    for _ in range(2):
        with pytest.raises(stripe.CardError) as caught:
            payer.pay()
        assert caught.value.error.decline_code == decline_code
    control.post("behaviour", payment_method=payer.card.id, behaviour="as its number")
    assert payer.pay().status == "succeeded"


def test_a_saved_card_can_lose_every_answer(payer: Payer, control: Control) -> None:
    control.post("behaviour", payment_method=payer.card.id, behaviour="lost_answer")
    shown = control.get("methods", f"customer={payer.customer.id}")["methods"]
    assert [method["behaviour"] for method in shown] == ["lost_answer"]
    for paid in (1, 2):
        with pytest.raises(stripe.APIConnectionError):
            payer.pay(100)
        assert control.kept() == 100 * paid
    made = payer.client.v1.payment_intents.create(
        {"amount": 100, "currency": "usd", "customer": payer.customer.id, "payment_method": "pm_card_visa"}
    )
    with pytest.raises(stripe.APIConnectionError):
        payer.client.v1.payment_intents.confirm(made.id, {"payment_method": payer.card.id})
    control.post("behaviour", payment_method=payer.card.id, behaviour="works")
    assert payer.pay(100).status == "succeeded"


def test_the_book_keeps_every_request_and_what_became_of_it(payer: Payer, control: Control) -> None:
    control.post("faults", action="lost_before", operation="payment_intents.create")
    with pytest.raises(stripe.APIConnectionError):
        payer.pay(100, key="k", metadata={"charge": "7"})
    last = control.get("book", "requests=1")["requests"][-1]
    assert (last["path"], last["key"], last["status"], last["fault"]) == ("/v1/payment_intents", "k", 0, "lost_before")
    assert last["facts"]["metadata"] == {"charge": "7"}


@pytest.mark.parametrize(
    "sent",
    [
        {"action": "nonsense"},
        {"action": "slow", "ms": "x"},
        {"action": "slow", "times": 0},
        {"action": "slow", "colour": "red"},
        {"action": "slow", "retry_after": 5},
        {"action": "rate_limited", "retry_after": -1},
        {"action": "rate_limited", "retry_after": "5\r\nX: y"},
    ],
)
def test_a_wrong_command_says_what_to_do(control: Control, sent: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"must be|any of|belongs to"):
        control.post("faults", **sent)


def test_reset_forgets_everything(payer: Payer, judge: JudgedClient, control: Control) -> None:
    payer.pay()
    control.post("reset", sure=True)
    assert control.kept() == 0
    with pytest.raises(stripe.InvalidRequestError):
        client_for("sk_test_tests", judge).v1.customers.retrieve(payer.customer.id)


@pytest.mark.parametrize(
    ("command", "sent", "told"),
    [
        ("clock/advance", {"days": "x"}, "whole numbers"),
        ("clock/advance", {"parsecs": 1}, "any of days"),
        ("clock", {"to": "soon"}, "soon is no instant"),
        ("clock", {"to": "2026-12-01T09:00:00"}, "offset from UTC"),
    ],
)
def test_a_clock_told_nonsense_says_what_it_takes(control: Control, command: str, sent: dict[str, object], told: str) -> None:
    before = control.get("clock")
    with pytest.raises(ValueError, match=told):
        control.post(command, **sent)
    assert control.get("clock") == before


def test_a_fault_is_shown_with_its_own_delay(sandbox: Sandbox, control: Control) -> None:
    control.post("faults", action="slow", ms=2500)
    control.post("faults", action="webhook_late", seconds=90)
    page = overview(sandbox, {}).body.decode()
    assert "the answer comes 2,500 ms later" in page
    assert "the webhook is sent 90 seconds later<td>1<td>any webhook" in page
    assert "`" not in page.partition("id=commands")[0]
