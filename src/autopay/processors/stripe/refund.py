"""Refunds at Stripe: what is sent and what the answer means, as pure functions."""

from __future__ import annotations

from stripe.params import RefundCreateParams

from autopay.money import Money
from autopay.processors.protocol import Declined, Paid, Pending, Reason, Unknown
from autopay.processors.stripe.client import Reply
from autopay.processors.stripe.failure import plain_word
from autopay.processors.stripe.payment import State, key_hash
from autopay.processors.stripe.reasons import reason_of


def refund_body(payment: str, amount: Money, key: str) -> RefundCreateParams:
    return {"payment_intent": payment, "amount": amount.minor, "metadata": {"key": key_hash(key)}}


def read_refund(refund: Reply, asked: Money | None = None) -> State:
    amount = Money(refund["amount"], str(refund["currency"]).upper())
    if asked is not None and amount != asked:
        return Unknown(f"amount differs: asked {asked}, answered {amount}")
    status, ref = str(refund["status"]), str(refund["id"])
    if status == "succeeded":
        return Paid(ref, amount)
    if status == "pending":
        return Pending(ref, amount)
    if status == "canceled":
        return Declined(Reason.CANCELLED, ref)
    if status == "failed":
        return Declined(reason_of(str(refund.get("failure_reason"))), ref)
    return Unknown(f"refund is {plain_word(status)}")
