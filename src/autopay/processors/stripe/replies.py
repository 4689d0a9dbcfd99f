"""What Stripe's objects mean, as pure functions over plain replies. A status we do not know is Unknown, never a guess.

A reply that lacks a field raises KeyError or TypeError here; the caller makes that Unknown too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from autopay.money import Money
from autopay.processors.protocol import (
    Absent,
    Declined,
    NeedsPayer,
    Op,
    Paid,
    Pending,
    Reason,
    Returned,
    Unknown,
)
from autopay.processors.stripe.reasons import reason_of

Reply = Mapping[str, Any]
State = Paid | Pending | Declined | NeedsPayer | Unknown
"""What one payment or refund may be said to be, whether we just made it or look it up."""

_DONE = {Op.CHARGE: ("succeeded", "amount_received"), Op.HOLD: ("requires_capture", "amount_capturable")}
_ACTION_LINKS = {"redirect_to_url": "url", "verify_with_microdeposits": "hosted_verification_url"}
_NO_ATTEMPT = {"requires_confirmation", "requires_payment_method"}
_NOT_LOST = {"won", "prevented", "warning_closed", "warning_needs_response", "warning_under_review"}


def read_payment(intent: Reply, op: Op = Op.CHARGE, asked: Money | None = None) -> State:
    """`asked` is what we just asked for; an answer about another amount or currency is Unknown."""
    amount = _money(intent["amount"], intent["currency"])
    if asked is not None and amount != asked:
        return Unknown(f"amount differs: asked {asked}, answered {amount}")
    status, done, how_much = str(intent["status"]), *_DONE[op]
    if status != done:
        return _NOT_DONE.get(status, _unrecognised)(intent, amount)
    if intent[how_much] != amount.minor:
        return Unknown(f"amount differs: asked {amount}, moved {_money(intent[how_much], intent['currency'])}")
    return Paid(str(intent["id"]), amount, _network_ref(intent))


@dataclass(frozen=True, slots=True)
class Disputed:
    """A bank takes a paid debit back as a dispute, which for ACH is final. `otherwise` is what it is if the dispute was won."""

    ref: str
    otherwise: State


def read_found(intent: Reply, op: Op) -> State | Returned | Disputed:
    """A payment looked up later. A bank debit is only provisionally pending or paid: a failed charge means that it came back.

    A card's dispute can be won, so it is no return.
    """
    charge, ref = _charge(intent), str(intent["id"])
    if _is_bank(charge) and charge["status"] == "failed":
        return Returned(ref, reason_in(intent.get("last_payment_error") or {}, str(charge.get("failure_code"))))
    state = read_payment(intent, op)
    return Disputed(ref, state) if _is_bank(charge) and charge["disputed"] else state


def read_disputes(disputes: Iterable[Reply]) -> Reason | None:
    """Why the bank took the debit back; None if it did not after all."""
    lost = [dispute for dispute in disputes if dispute["status"] not in _NOT_LOST]
    return reason_of(str(lost[0]["reason"])) if lost else None


def pick_payment(intents: Iterable[Reply], op: Op, mark: str) -> str | Absent | Unknown:
    """Of the payments that carry our key, the one that tells. One made but never tried moved nothing: as good as absent."""
    ours = [intent for intent in intents if _marked(intent, mark)]
    tried = [intent for intent in ours if intent["status"] not in _NO_ATTEMPT or intent.get("last_payment_error")]
    alive = [intent for intent in tried if not isinstance(read_payment(intent, op), Declined)]
    if len(alive) > 1:
        return Unknown(f"{len(alive)} payments carry one key")
    return str((alive or tried)[0]["id"]) if tried else Absent()


def read_refund(refund: Reply, asked: Money | None = None) -> State:
    amount = _money(refund["amount"], refund["currency"])
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


def pick_refund(refunds: Iterable[Reply], mark: str) -> State | Absent:
    found = [refund for refund in refunds if _marked(refund, mark)]
    if len(found) > 1:
        return Unknown(f"{len(found)} refunds carry one key")
    return read_refund(found[0]) if found else Absent()


def harmless_id(intent: Reply, mark: str) -> str:
    """The id of the payment that uses a key up; empty if the answer is about another one."""
    return str(intent["id"]) if intent["metadata"].get("ruled_out") == mark else ""


def _pending(intent: Reply, amount: Money) -> Pending:
    return Pending(str(intent["id"]), amount)


def _cancelled(intent: Reply, _amount: Money) -> Declined:
    return Declined(Reason.CANCELLED, str(intent["id"]))


def _refused(intent: Reply, amount: Money) -> Declined | Unknown:
    error = intent.get("last_payment_error")
    return Declined(reason_in(error), str(intent["id"])) if error else _unrecognised(intent, amount)


def _unrecognised(intent: Reply, _amount: Money) -> Unknown:
    return Unknown(f"payment is {plain_word(intent['status'])}")


def needs_payer(intent: Reply, _amount: Money | None = None) -> NeedsPayer | Unknown:
    action = intent["next_action"]
    links = [action[kind].get(field) for kind, field in _ACTION_LINKS.items() if action.get(kind)]
    if not links or not links[0]:
        return Unknown("the payer is needed, but there is no link to send them to")
    return NeedsPayer(str(intent["id"]), str(links[0]))


def _money(minor: Any, currency: Any) -> Money:
    return Money(minor, str(currency).upper())


def _marked(thing: Reply, mark: str) -> bool:
    return (thing.get("metadata") or {}).get("key") == mark


def _charge(intent: Reply) -> Reply:
    charge = intent.get("latest_charge")
    return charge if isinstance(charge, Mapping) else {}


def _is_bank(charge: Reply) -> bool:
    return bool((charge.get("payment_method_details") or {}).get("type") == "us_bank_account")


def _network_ref(intent: Reply) -> str:
    details = _charge(intent).get("payment_method_details") or {}
    return str((details.get("card") or {}).get("network_transaction_id") or "")


def reason_in(error: Reply, *more: str) -> Reason:
    return reason_of(str(error.get("decline_code")), str(error.get("code")), *more)


def plain_word(status: object) -> str:
    """A status is repeated in a reason only if it looks like one."""
    return status if isinstance(status, str) and status.isidentifier() and len(status) < 40 else "in an unreadable state"


_NOT_DONE: Mapping[str, Callable[[Reply, Money], State]] = {
    "processing": _pending,
    "requires_action": needs_payer,
    "canceled": _cancelled,
    "requires_payment_method": _refused,
}
