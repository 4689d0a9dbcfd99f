"""Micro-deposits: two small amounts (or one with a code) prove that a bank account is the payer's.

In the sandbox, as in Stripe's test mode: 32 and 45, or SM11AA, verify; 10 and 11, or SM33CC, use up all tries; 40 and
41, or SM44DD, time out; anything else is a wrong try of three.
"""

from __future__ import annotations

from typing import Any, Literal

from sandbox_processor.clock import DAY, bank_days_after, day_of, start_of
from sandbox_processor.errors import ApiError, invalid
from sandbox_processor.known_numbers import BANK_ACCOUNTS
from sandbox_processor.parameters import EXPAND, Spec, integer, list_of, text
from sandbox_processor.state import Row
from sandbox_processor.wire import Object, Params
from sandbox_processor.work import Work

Kind = Literal["payment_intent", "setup_intent"]

VERIFY: Spec = {**EXPAND, "amounts": list_of(integer()), "client_secret": text(), "descriptor_code": text()}

PROVED, TRIES_USED_UP, TIMED_OUT = ("SM11AA", [32, 45]), ("SM33CC", [10, 11]), ("SM44DD", [40, 41])
TRIES = 3
EXPIRE_AFTER = 10 * DAY

_WORDS = {
    "attempts_exceeded": "You have exceeded the number of allowed verification attempts.",
    "timeout": "Microdeposit timeout. Customer hasn't verified their bank account within the required 10 day period.",
}


def send_deposits(work: Work, kind: Kind, intent: Object, method: Row, mandate: str | None) -> Object:
    """The deposits are on their way: the intent waits. An account that takes none fails at once."""
    if BANK_ACCOUNTS[method.private["label"]].deposits_fail:
        message = "Microdeposits failed. Please check the account and routing numbers provided."
        raise give_up(work, kind, intent, invalid(message, None, "payment_method_microdeposit_failed"))
    action = {
        "type": "verify_with_microdeposits",
        "verify_with_microdeposits": {
            "arrival_date": start_of(bank_days_after(day_of(work.now), 1)),
            "hosted_verification_url": f"{work.origin}/_sandbox/verify/{intent['id']}?client_secret={intent['client_secret']}",
            "microdeposit_type": "amounts",
        },
    }
    waiting = {**intent, "next_action": action, "payment_method": method.object["id"], "status": "requires_action"}
    private = {"tries": TRIES, "due": work.now + EXPIRE_AFTER, "mandate": mandate}
    work.put(kind, waiting, {name: value for name, value in private.items() if value is not None})
    work.emit(f"{kind}.requires_action", waiting)
    return waiting


def check_deposits(work: Work, kind: Kind, intent_id: str, params: Params) -> Row:
    """The intent's row when the answer proves the account. Raises ApiError 400 otherwise, counting the try."""
    row = work.known(kind, intent_id)
    intent = row.object
    if (intent["next_action"] or {}).get("type") != "verify_with_microdeposits":
        raise _not_waiting(kind, intent)
    code, amounts = params.get("descriptor_code"), params.get("amounts")
    if (code is None) == (amounts is None):
        raise invalid("You must provide exactly one of `amounts` or `descriptor_code`.", "amounts", "parameter_missing")
    if amounts is not None and len(amounts) != 2:
        raise _wrong("amounts_invalid", "You must provide exactly two distinct microdeposit amounts.", "amounts")
    answer = code if code is not None else sorted(amounts or [])
    if answer in PROVED:
        return row
    raise _failed_try(work, kind, row, answer, by_code=code is not None)


def _failed_try(work: Work, kind: Kind, row: Row, answer: object, *, by_code: bool) -> ApiError:
    left = row.private.get("tries", TRIES) - 1
    if answer in TIMED_OUT:
        return give_up(work, kind, row.object, _wrong("timeout", _WORDS["timeout"]))
    if answer in TRIES_USED_UP or left <= 0:
        return give_up(work, kind, row.object, _wrong("attempts_exceeded", _WORDS["attempts_exceeded"]))
    work.note(kind, row.object["id"], tries=left)
    what = "descriptor_code" if by_code else "amounts"
    name = "descriptor code provided does" if by_code else "amounts provided do"
    sent = "descriptor code that was" if by_code else "amounts that were"
    return _wrong(
        f"{what}_mismatch",
        f"The {name} not match the {sent} sent to the bank account. You have {left} verification attempts remaining.",
    )


def _wrong(reason: str, message: str, param: str | None = None) -> ApiError:
    return invalid(message, param, f"payment_method_microdeposit_verification_{reason}")


def give_up(work: Work, kind: Kind, intent: Object, error: ApiError) -> ApiError:
    """The account could not be verified: the intent needs another method. Answers the error, carrying the intent."""
    field, event = ("last_payment_error", "payment_failed") if kind == "payment_intent" else ("last_setup_error", "setup_failed")
    failed = {
        **intent,
        field: error.body["error"],
        "next_action": None,
        "payment_method": None,
        "status": "requires_payment_method",
    }
    work.put(kind, failed, {})
    work.emit(f"{kind}.{event}", failed)
    carried: dict[str, Any] = {kind: failed}
    return ApiError(400, str(error), code=error.code, **carried)


def expire_deposits(work: Work, kind: Kind, intent_id: str) -> None:
    give_up(work, kind, work.known(kind, intent_id).object, _wrong("timeout", _WORDS["timeout"]))


def _not_waiting(kind: Kind, intent: Object) -> ApiError:
    if kind == "setup_intent":
        return invalid(
            f"This SetupIntent cannot be actioned on because it has a status of {intent['status']}. Only a SetupIntent with "
            'one of the following statuses may be actioned on: ["requires_action"].',
            None,
            "intent_invalid_state",
            setup_intent=intent,
        )
    return invalid(
        f"You cannot verify this PaymentIntent with microdeposits because it has a status of {intent['status']}.",
        None,
        "payment_intent_unexpected_state",
        payment_intent=intent,
    )
