"""What we send to Stripe, as pure functions. Metadata are three opaque values and nothing else (rule H2)."""

from __future__ import annotations

from datetime import datetime, timedelta
from hashlib import sha256

from stripe.params import (
    PaymentIntentCreateParams,
    PaymentIntentListParams,
    RefundCreateParams,
    RefundListParams,
    SetupIntentCreateParams,
)

from autopay.money import Money
from autopay.processors.protocol import ChargeRef, Initiator, Kind, MethodRef

METHOD_TYPE = {Kind.CARD: "card", Kind.BANK: "us_bank_account"}
CLOCK_MARGIN = timedelta(days=1)
"""Clocks differ and a list of one customer is short, so we look back well before the call."""


def charge_body(method: MethodRef, amount: Money, key: str, ref: ChargeRef) -> PaymentIntentCreateParams:
    """Created and confirmed in one call. Stripe derives the network's stored-credential flags from off_session (rule C4).

    A bank debit runs under the mandate the payer agreed to when the account was saved; Stripe finds it by the method.
    """
    body: PaymentIntentCreateParams = {
        "amount": amount.minor,
        "currency": amount.currency.lower(),
        "customer": method.customer,
        "payment_method": method.token,
        "payment_method_types": [METHOD_TYPE[method.kind]],
        "confirm": True,
        "metadata": {"charge": ref.charge, "biller": ref.biller, "key": key_hash(key)},
        "expand": ["latest_charge"],
    }
    if ref.initiator is not Initiator.PAYER:
        body["off_session"] = True
    elif ref.return_url:
        body["return_url"] = ref.return_url
    return body


def hold_body(method: MethodRef, amount: Money, key: str, ref: ChargeRef) -> PaymentIntentCreateParams:
    """An authorization that is never captured (A22)."""
    return {**charge_body(method, amount, key, ref), "capture_method": "manual"}


def refund_body(payment: str, amount: Money, key: str) -> RefundCreateParams:
    return {"payment_intent": payment, "amount": amount.minor, "metadata": {"key": key_hash(key)}}


def harmless_body(key: str) -> PaymentIntentCreateParams:
    """A payment of nobody, by nothing, not confirmed: it only uses the key up. Always the same, so that a repeat is replayed.

    It has no customer, so that a customer deleted meanwhile cannot keep a key from being ruled out.
    """
    return {
        "amount": 100,
        "currency": "usd",
        "confirm": False,
        "payment_method_types": ["card"],
        "metadata": {"ruled_out": key_hash(key)},
    }


def setup_body(customer: str, kind: Kind) -> SetupIntentCreateParams:
    return {"customer": customer, "payment_method_types": [METHOD_TYPE[kind]], "usage": "off_session"}


def bank_setup_body(customer: str, token: str) -> SetupIntentCreateParams:
    """A bank account is attached by a confirmed set-up only. The payer's agreement to the debit is kept by us: `offline`."""
    return {
        **setup_body(customer, Kind.BANK),
        "payment_method": token,
        "confirm": True,
        "mandate_data": {"customer_acceptance": {"type": "offline", "offline": {}}},
        "expand": ["payment_method"],
    }


def key_hash(key: str) -> str:
    """Enough of the key to find its payment again; the key itself is never shown back to anyone."""
    return sha256(key.encode()).hexdigest()[:24]


def payments_since(since: datetime, customer: str) -> PaymentIntentListParams:
    return {"customer": customer, "created": {"gte": _created(since)}}


def refunds_since(since: datetime, payment: str) -> RefundListParams:
    """All of the account's when the payment is not known: refunds cannot be listed by customer."""
    body: RefundListParams = {"created": {"gte": _created(since)}}
    if payment:
        body["payment_intent"] = payment
    return body


def _created(since: datetime) -> int:
    return int((since - CLOCK_MARGIN).timestamp())
