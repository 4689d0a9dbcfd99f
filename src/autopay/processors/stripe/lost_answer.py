"""What became of a payment or refund: found by its key when the answer was lost, read again later, or its key used up for good.

Pure functions over plain replies. One that lacks a field raises KeyError or TypeError here; the connection makes that a Failure.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from stripe.params import PaymentIntentCreateParams, PaymentIntentListParams, RefundListParams

from autopay.processors.protocol import Absent, Declined, Op, Reason, Returned, Unknown
from autopay.processors.stripe.client import Reply
from autopay.processors.stripe.payment import State, key_hash, latest_charge, read_payment
from autopay.processors.stripe.reasons import reason_in, reason_of
from autopay.processors.stripe.refund import read_refund

CLOCK_MARGIN = timedelta(days=1)
"""Clocks differ and a list of one customer is short, so we look back well before the call."""

_NO_ATTEMPT = {"requires_confirmation", "requires_payment_method"}
_NOT_LOST = {"won", "prevented", "warning_closed", "warning_needs_response", "warning_under_review"}


def payments_since(since: datetime, customer: str) -> PaymentIntentListParams:
    return {"customer": customer, "created": {"gte": _created(since)}}


def pick_payment(intents: Iterable[Reply], op: Op, mark: str) -> str | Absent | Unknown:
    """Of the payments that carry our key, the one that tells. One made but never tried moved nothing: as good as absent."""
    ours = [intent for intent in intents if _is_ours(intent, mark)]
    tried = [intent for intent in ours if intent["status"] not in _NO_ATTEMPT or intent.get("last_payment_error")]
    alive = [intent for intent in tried if not isinstance(read_payment(intent, op), Declined)]
    if len(alive) > 1:
        return Unknown(f"{len(alive)} payments carry one key")
    return str((alive or tried)[0]["id"]) if tried else Absent()


@dataclass(frozen=True, slots=True)
class Disputed:
    """A bank takes a paid debit back as a dispute, which for ACH is final. `otherwise` is what it is if the dispute was won."""

    ref: str
    otherwise: State


def read_found(intent: Reply, op: Op) -> State | Returned | Disputed:
    """A payment looked up later. A bank debit is only provisionally pending or paid: a failed charge means that it came back.

    A card's dispute can be won, so it is no return.
    """
    charge, ref = latest_charge(intent), str(intent["id"])
    if _is_bank(charge) and charge["status"] == "failed":
        return Returned(ref, reason_in(intent.get("last_payment_error") or {}, str(charge.get("failure_code"))))
    state = read_payment(intent, op)
    return Disputed(ref, state) if _is_bank(charge) and charge["disputed"] else state


def read_disputes(disputes: Iterable[Reply]) -> Reason | None:
    """Why the bank took the debit back; None if it did not after all."""
    lost = [dispute for dispute in disputes if dispute["status"] not in _NOT_LOST]
    return reason_of(str(lost[0]["reason"])) if lost else None


def refunds_since(since: datetime, payment: str) -> RefundListParams:
    """All of the account's when the payment is not known: refunds cannot be listed by customer."""
    body: RefundListParams = {"created": {"gte": _created(since)}}
    if payment:
        body["payment_intent"] = payment
    return body


def pick_refund(refunds: Iterable[Reply], mark: str) -> State | Absent:
    found = [refund for refund in refunds if _is_ours(refund, mark)]
    if len(found) > 1:
        return Unknown(f"{len(found)} refunds carry one key")
    return read_refund(found[0]) if found else Absent()


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


def harmless_id(intent: Reply, mark: str) -> str:
    """The id of the payment that uses a key up; empty if the answer is about another one."""
    return str(intent["id"]) if intent["metadata"].get("ruled_out") == mark else ""


def _is_ours(thing: Reply, mark: str) -> bool:
    return (thing.get("metadata") or {}).get("key") == mark


def _is_bank(charge: Reply) -> bool:
    return bool((charge.get("payment_method_details") or {}).get("type") == "us_bank_account")


def _created(since: datetime) -> int:
    return int((since - CLOCK_MARGIN).timestamp())
