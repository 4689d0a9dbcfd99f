"""What a call that raised comes to. No body, message or exception leaves this file: they could carry what may not be logged."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import aiohttp
import stripe

from autopay.processors.protocol import Declined, NotSent, Outcome, Reason, Unknown
from autopay.processors.stripe.reasons import is_known, reason_of

REFUSED_PAUSE = 900.0
"""Seconds before a request that Stripe refused as a request is sent again; see `_refused`."""
LONGEST_WAIT = 3600.0
"""Seconds of a Retry-After that are believed, as of its account (processors/pace.py)."""

_MONEY_MAY_HAVE_MOVED = {"succeeded", "processing", "requires_capture"}
_CANNOT_BE_PAID = {
    "amount_too_small",
    "amount_too_large",
    "charge_already_refunded",
    "charge_disputed",
    "refund_disputed_payment",
}
_METHOD_PARAMS = {"payment_method", "customer"}


@dataclass(frozen=True, slots=True)
class Failure:
    """`status` is 0 when no answer came; `unsent` is only true when not one byte of the request can have left."""

    name: str
    status: int = 0
    unsent: bool = False
    retry_after: float = 0.0
    kind: str = ""
    code: str = ""
    decline_code: str = ""
    param: str = ""
    intent: str = ""
    intent_status: str = ""
    replayed: bool = False
    """Stripe repeated what it had stored under the key: whatever is sent under it from now on does nothing."""

    @property
    def why(self) -> str:
        """For the journal and the worklist: names and codes only."""
        return " ".join(filter(None, [self.name, str(self.status or ""), self.code or self.kind, self.param]))

    @property
    def is_refusal(self) -> bool:
        """Stripe says itself that the request was not carried out."""
        return self.status == 403 or (self.status in (400, 404) and self.kind == "invalid_request_error")

    @property
    def is_key_used(self) -> bool:
        return self.kind == "idempotency_error" or self.code == "idempotency_key_in_use"

    @property
    def is_other_body(self) -> bool:
        """The key belongs to another request; a key whose first request still runs is answered 409."""
        return self.is_key_used and self.status != 409

    @property
    def is_missing(self) -> bool:
        return self.is_refusal and self.code == "resource_missing"


def as_outcome(failure: Failure) -> Outcome:
    """Refused connections, 429 and 401 were never counted (error-low-level); a decline is definite; the rest is unknown."""
    if failure.unsent or _came_too_early(failure):
        return NotSent(failure.why, failure.retry_after, too_fast=failure.status == 429)
    if failure.kind == "card_error" and failure.status < 500:
        return _declined(failure)
    if failure.is_other_body:
        return Unknown("key used with other body")
    if failure.is_refusal:
        return _refused(failure)
    return Unknown(failure.why)


def read_failure(error: Exception) -> Failure:
    """From the SDK's exception, or whatever else was raised between the call and the reading of its answer."""
    cause = error.__cause__ or error
    if not isinstance(error, stripe.StripeError) or not error.http_status:
        return Failure(type(cause).__name__, unsent=_never_connected(cause))
    said = _error_object(error.json_body)
    intent = _mapping(said.get("payment_intent")) or _mapping(said.get("setup_intent"))
    return Failure(
        name=type(error).__name__,
        status=error.http_status,
        retry_after=_seconds(error.headers),
        kind=_word(said.get("type")),
        code=_word(said.get("code")),
        decline_code=_word(said.get("decline_code")),
        param=_word(said.get("param")),
        intent=_word(intent.get("id")),
        intent_status=_word(intent.get("status")),
        replayed=_is_replayed(error.headers),
    )


def _is_replayed(headers: Mapping[str, str] | None) -> bool:
    return any(name.lower() == "idempotent-replayed" and value == "true" for name, value in (headers or {}).items())


def plain_word(status: object) -> str:
    """A status is repeated in a reason only if it looks like one."""
    return status if isinstance(status, str) and status.isidentifier() and len(status) < 40 else "in an unreadable state"


def _came_too_early(failure: Failure) -> bool:
    """429 and 401 are answered before the idempotency layer, unless a lock deep inside was what was busy."""
    return failure.status == 401 or (failure.status == 429 and failure.code != "lock_timeout")


def _declined(failure: Failure) -> Declined | Unknown:
    if failure.intent_status in _MONEY_MAY_HAVE_MOVED:
        return Unknown(f"declined, yet the payment is {failure.intent_status}")
    return Declined(reason_of(failure.decline_code, failure.code), failure.intent)


def _refused(failure: Failure) -> Declined | NotSent:
    """Nothing moved. If the fault lies with this method or this amount, it is a decline: it will never work.

    Anything else is a fault of ours or of the account's settings and hits every charge alike. Failing them all would tell every
    payer of a decline that never was, so they wait as due: a pause between the tries, the reason on the worklist, none lost.
    """
    if is_known(failure.code):
        return Declined(reason_of(failure.code), failure.intent)
    if failure.param in _METHOD_PARAMS and failure.code in ("", "resource_missing"):
        return Declined(Reason.METHOD_GONE, failure.intent)
    if failure.code in _CANNOT_BE_PAID or (failure.param == "amount" and not failure.code):
        return Declined(Reason.DECLINED, failure.intent)
    return NotSent(f"refused: {failure.why}", REFUSED_PAUSE)


def _never_connected(cause: BaseException) -> bool:
    """Refused, not resolved, TLS not agreed, no connection in time. A kept-alive connection that broke is not among them."""
    return isinstance(cause, aiohttp.ClientConnectorError | aiohttp.ConnectionTimeoutError)


def _error_object(body: object) -> Mapping[str, Any]:
    return _mapping(_mapping(body).get("error"))


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _word(value: object) -> str:
    """A code or an id as Stripe writes them. Free text could repeat what was sent, so it becomes nothing."""
    return value if isinstance(value, str) and re.fullmatch(r"[A-Za-z_][A-Za-z0-9_\[\].]{0,99}", value) else ""


def _seconds(headers: Mapping[str, str] | None) -> float:
    """Of Retry-After; 0 without one, and where it is a date (RFC 9110 10.2.3) or no number: whose clock would that be by?"""
    given = next((value for name, value in (headers or {}).items() if name.lower() == "retry-after"), "")
    return min(float(given), LONGEST_WAIT) if re.fullmatch(r"[0-9]{1,9}(\.[0-9]+)?", given) else 0.0
