"""What moved in a Stripe account: its balance transactions, and the payments that have none yet.

Pure functions over plain replies. One that lacks a field raises KeyError or TypeError here; the caller makes that a Failure.
Sources: docs.stripe.com/reports/balance-transaction-types, and /payments/payment-intents/asynchronous-capture: a paid card may
have no balance transaction for an hour.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from math import ceil

from stripe.params import BalanceTransactionListParams, PaymentIntentListParams

from autopay.processors.book import Amount, Movement, MovementKind, MovementState
from autopay.processors.stripe.client import Reply
from autopay.processors.stripe.payment import latest_charge

_KINDS = {
    "charge": MovementKind.PAYMENT,
    "payment": MovementKind.PAYMENT,
    "refund": MovementKind.REFUND,
    "payment_refund": MovementKind.REFUND,
    "refund_failure": MovementKind.REFUND,
    "payment_failure_refund": MovementKind.RETURN,
    "payment_reversal": MovementKind.RETURN,
}
_ON_THE_WAY = {"processing", "requires_action"}


def booked_between(since: datetime, until: datetime) -> BalanceTransactionListParams:
    return {"created": {"gte": ceil(since.timestamp()), "lt": ceil(until.timestamp())}, "expand": ["data.source"]}


def made_between(since: datetime, until: datetime) -> PaymentIntentListParams:
    return {"created": {"gte": ceil(since.timestamp()), "lt": ceil(until.timestamp())}, "expand": ["data.latest_charge"]}


def read_booked(transactions: Iterable[Reply]) -> list[Movement]:
    """A payout is no movement of a payment: it is read with its lines, as a settlement."""
    return [read_booking(each) for each in transactions if each["type"] != "payout"]


def read_booking(transaction: Reply) -> Movement:
    """One balance transaction, its `source` expanded."""
    source = _source(transaction)
    kind = _KINDS.get(transaction["type"], MovementKind.DISPUTE if source.get("object") == "dispute" else MovementKind.OTHER)
    payment, marks = _payment_of(source), source.get("metadata") or {}
    settled = _amount(transaction["amount"], transaction["currency"])
    return Movement(
        kind,
        MovementState.DONE,
        payment if kind is MovementKind.PAYMENT else str(source["id"]),
        payment,
        _instant(transaction["created"]),
        _as_paid(settled, source),
        settled,
        _amount(transaction["fee"], transaction["currency"]),
        str(transaction["id"]),
        _date(transaction["available_on"]),
        str(marks.get("charge", "")),
        str(marks.get("biller", "")),
        str(marks.get("key", "")),
    )


def _source(transaction: Reply) -> Reply:
    """The object it is about; where Stripe has none to show, only its id."""
    source = transaction["source"]
    return source if isinstance(source, Mapping) else {"id": str(source or "")}


def read_not_booked(intents: Iterable[Reply]) -> list[Movement]:
    """Payments that are on their way, failed, or paid a moment ago. What was never tried moved nothing and is left out."""
    return [_not_booked(intent, state) for intent in intents if (state := _state(intent)) is not None]


def _state(intent: Reply) -> MovementState | None:
    """None: it has its balance transaction, is a hold, or was never tried."""
    charge, status = latest_charge(intent), intent["status"]
    if charge.get("balance_transaction") or (intent["capture_method"] == "manual" and status != "succeeded"):
        return None
    if status == "succeeded":
        return MovementState.DONE
    if status in _ON_THE_WAY:
        return MovementState.PENDING
    return MovementState.FAILED if charge.get("status") == "failed" else None


def _not_booked(intent: Reply, state: MovementState) -> Movement:
    marks = intent.get("metadata") or {}
    return Movement(
        MovementKind.PAYMENT,
        state,
        str(intent["id"]),
        str(intent["id"]),
        _instant(intent["created"]),
        _amount(intent["amount"], intent["currency"]),
        charge=str(marks.get("charge", "")),
        biller=str(marks.get("biller", "")),
        mark=str(marks.get("key", "")),
    )


def _payment_of(source: Reply) -> str:
    """The payment a charge, refund or dispute is about; where there is no payment intent, the charge."""
    payment = source.get("payment_intent") or source.get("charge") or source["id"]
    return str(payment["id"] if isinstance(payment, Mapping) else payment)


def _as_paid(settled: Amount, source: Reply) -> Amount:
    """In the payer's currency, where the account has another."""
    currency = str(source.get("currency", "")).upper()
    if not currency or currency == settled.currency:
        return settled
    return Amount(source["amount"] if settled.minor > 0 else -source["amount"], currency)


def _amount(minor: int, currency: str) -> Amount:
    return Amount(int(minor), currency.upper())


def _instant(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def _date(seconds: int) -> date:
    return _instant(seconds).date()
