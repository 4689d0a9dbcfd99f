"""Messages from Stripe: the signature over the raw body is checked, then only ids are read (rule Z2)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import stripe

from autopay.processors.protocol import BadSignature, Event

TOLERANCE = 300
"""Seconds a signature stays good, by the machine clock."""
MAX_BODY = 256 * 1024


def read_event(body: bytes, headers: Mapping[str, str], secrets: tuple[str, ...]) -> Event:
    """Signed with any of `secrets` (several while they are rotated) no longer than 300 s ago; raises BadSignature otherwise."""
    if len(body) > MAX_BODY:
        raise BadSignature("the message is larger than 256 KB")
    signature = next((value for name, value in headers.items() if name.lower() == "stripe-signature"), "")
    if not any(_is_signed(body, signature, secret) for secret in secrets):
        raise BadSignature("the message was not signed with this account's webhook secret in the last 300 seconds")
    try:
        return _event(json.loads(body))
    except (ValueError, KeyError, TypeError, AttributeError):
        raise BadSignature("the message is signed but is not a Stripe event") from None


def _is_signed(body: bytes, signature: str, secret: str) -> bool:
    try:
        return bool(stripe.WebhookSignature.verify_header(body, signature, secret, TOLERANCE))
    except (stripe.SignatureVerificationError, ValueError):
        return False


def _event(event: Mapping[str, Any]) -> Event:
    thing = event["data"]["object"]
    return Event(str(event["id"]), str(event["type"]), str(thing.get("id") or ""), _payment(thing))


def _payment(thing: Mapping[str, Any]) -> str:
    """Charges, refunds and disputes name their payment, as an id or as the whole object."""
    if thing.get("object") == "payment_intent":
        return str(thing["id"])
    payment = thing.get("payment_intent")
    return str(payment["id"] if isinstance(payment, Mapping) else payment or "")
