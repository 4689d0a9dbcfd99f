"""Saving: what an issuer or a bank says when a method is to be kept for a customer, and keeping it."""

from __future__ import annotations

from sandbox_processor.errors import ApiError, card_error, invalid
from sandbox_processor.known_numbers import CARDS, Decline
from sandbox_processor.state import Row
from sandbox_processor.wire import Object
from sandbox_processor.work import Work

USED_UP = (
    "The provided PaymentMethod was previously used with a PaymentIntent without Customer attachment, shared with a "
    "connected account without Customer attachment, or was detached from a Customer. It may not be used again. To use a "
    "PaymentMethod multiple times, you must attach it to a Customer first."
)
NOT_ATTACHABLE = (
    "This PaymentMethod was previously used without being attached to a Customer or was detached from a Customer, and may "
    "not be used again."
)


def attach_to(work: Work, row: Row, customer_id: str) -> Object:
    """Attach, with an issuer's check of a card. Raises ApiError 402 when the issuer refuses it."""
    method = row.object
    if method["customer"] == customer_id and not row.private.get("detached"):
        return method
    if row.private.get("used") or row.private.get("detached"):
        raise invalid(NOT_ATTACHABLE)
    if method["customer"] is not None:
        raise invalid("The payment method you provided has already been attached to a customer.", "payment_method")
    if method["type"] == "us_bank_account" and not row.private.get("verified"):
        raise invalid("PaymentMethods of type `us_bank_account` must be verified before they can be attached to a customer.")
    refusal = refusal_on_save(row)
    if refusal is not None:
        raise decline_error(refusal)
    return keep(work, row, customer_id)


def keep(work: Work, row: Row, customer_id: str) -> Object:
    """Attach without asking the issuer again: it has been checked by a set-up or a payment."""
    attached = {**row.object, "customer": customer_id}
    if attached["type"] == "card":
        checks = {**attached["card"]["checks"]}
        checks["cvc_check"] = "pass" if checks["cvc_check"] else None
        attached["card"] = {**attached["card"], "checks": checks}
    work.put("payment_method", attached)
    work.emit("payment_method.attached", attached)
    return attached


def refusal_on_save(row: Row) -> Decline | None:
    if row.object["type"] != "card":
        return None
    return CARDS[row.private["label"]].on_save


def decline_error(decline: Decline, **extra: object) -> ApiError:
    """402 as Stripe words it; `extra` carries charge, payment_intent, payment_method..."""
    return card_error(
        decline.message,
        decline.code,
        decline_code=decline.decline_code,
        advice_code=decline.advice,
        network_decline_code=decline.network_code,
        **extra,
    )
