"""Idempotency keys as Stripe's v1 API treats them (docs.stripe.com/api/idempotent_requests)."""

from __future__ import annotations

import pytest
import stripe

from sandbox_processor.sandbox import Sandbox
from sandbox_processor.wire import Request

from .conftest import Control, JudgedClient, Payer, client_for


def header(value: object, name: str) -> str | None:
    headers = value.last_response.headers  # type: ignore[attr-defined]
    found: str | None = headers.get(name)
    return found


def test_the_same_key_twice_moves_money_once_and_replays_the_answer(payer: Payer, control: Control) -> None:
    first, second = payer.pay(key="k"), payer.pay(key="k")
    assert first.to_dict() == second.to_dict()
    assert header(first, "idempotent-replayed") is None
    assert header(second, "idempotent-replayed") == "true"
    assert header(second, "original-request") == header(first, "request-id")
    assert control.get("book")["summary"]["counts"]["capture"] == 1


def test_the_same_key_with_other_parameters_is_refused(payer: Payer, control: Control) -> None:
    payer.pay(2500, key="k")
    with pytest.raises(stripe.IdempotencyError) as caught:
        payer.pay(2501, key="k")
    assert caught.value.http_status == 400
    assert control.kept() == 2500


def test_a_key_is_bound_to_its_path_too(payer: Payer) -> None:
    payer.client.v1.customers.create({}, {"idempotency_key": "k"})
    with pytest.raises(stripe.IdempotencyError):
        payer.client.v1.setup_intents.create({}, {"idempotency_key": "k"})


def test_a_decline_is_replayed(client: stripe.StripeClient, control: Control) -> None:
    def pay() -> str:
        with pytest.raises(stripe.CardError) as caught:
            client.v1.payment_intents.create(
                {"amount": 900, "currency": "usd", "payment_method": "pm_card_visa_chargeDeclined", "confirm": True},
                {"idempotency_key": "k"},
            )
        return str(caught.value.error.charge)

    assert pay() == pay()
    assert len(client.v1.charges.list().data) == 1


@pytest.mark.parametrize(("action", "kept"), [("error_before", 0), ("error_after", 2500)])
def test_a_stored_500_is_replayed_for_ever_and_says_nothing(payer: Payer, control: Control, action: str, kept: int) -> None:
    control.post("faults", action=action, operation="payment_intents.create")
    for _ in range(3):
        with pytest.raises(stripe.APIError) as caught:
            payer.pay(key="k")
        assert caught.value.http_status == 500
    assert control.kept() == kept


def test_what_fails_validation_does_not_use_the_key_up(payer: Payer) -> None:
    with pytest.raises(stripe.InvalidRequestError):
        payer.pay(key="k", currency=None, nonsense="1")
    assert payer.pay(key="k").status == "succeeded"


def test_a_refused_caller_and_a_throttled_one_do_not_use_the_key_up(payer: Payer, judge: JudgedClient, control: Control) -> None:
    control.post("faults", action="rate_limited")
    with pytest.raises(stripe.RateLimitError):
        payer.pay(key="k")
    control.post("faults", action="unauthorized")
    with pytest.raises(stripe.AuthenticationError):
        payer.pay(key="k")
    control.post("faults", action="conflict")
    with pytest.raises(stripe.StripeError) as caught:
        payer.pay(key="k")
    assert caught.value.http_status == 409
    assert payer.pay(key="k").status == "succeeded"


def test_keys_are_per_account(payer: Payer, judge: JudgedClient) -> None:
    payer.pay(key="k")
    other = client_for("sk_test_other", judge)
    made = other.v1.customers.create({}, {"idempotency_key": "k"})
    assert header(made, "idempotent-replayed") is None
    with pytest.raises(stripe.InvalidRequestError):
        other.v1.customers.retrieve(payer.customer.id)


@pytest.mark.parametrize(
    ("window", "minutes", "again"), [(86_400, 1439, 1), (86_400, 1440, 2), (1800, 30, 2), (None, 99_999, 1), (0, 0, 2)]
)
def test_a_key_is_forgotten_after_the_window_set(
    payer: Payer, control: Control, window: int | None, minutes: int, again: int
) -> None:
    control.post("idempotency", seconds=window)
    payer.pay(key="k")
    control.advance(minutes=minutes)
    payer.pay(key="k")
    assert control.get("book")["summary"]["counts"]["capture"] == again


def test_the_same_key_at_once_is_409(sandbox: Sandbox) -> None:
    headers = {"authorization": "Bearer sk_test_tests", "idempotency-key": "k"}
    request = Request("POST", "/v1/payment_intents", "", headers, b"amount=500&currency=usd")
    first, second = sandbox.arrive(request), sandbox.arrive(request)
    assert second.answer is not None
    assert second.answer.status == 409
    assert b"idempotency_key_in_use" in second.answer.body
    sandbox.leave(second)
    sandbox.perform(first)
    sandbox.leave(first)
    third = sandbox.handle(request)
    assert first.answer is not None
    assert third.body == first.answer.body


def test_a_used_up_key_can_never_move_money(payer: Payer, control: Control) -> None:
    """Ruling a key out: the same key, not confirmed, makes a late request with it harmless."""
    payer.client.v1.payment_intents.create({"amount": 2500, "currency": "usd"}, {"idempotency_key": "k"})
    with pytest.raises(stripe.IdempotencyError):
        payer.pay(2500, key="k")
    assert control.kept() == 0
