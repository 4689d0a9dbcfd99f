"""How a payment intent ends: captured, or canceled and what was held released."""

from __future__ import annotations

from sandbox_processor.errors import invalid
from sandbox_processor.operations.intent_rules import unexpected_state
from sandbox_processor.operations.outcomes import book_capture
from sandbox_processor.parameters import merge_metadata
from sandbox_processor.wire import Object, Params
from sandbox_processor.work import Work

OPEN = ("requires_payment_method", "requires_confirmation", "requires_action")


def capture(work: Work, params: Params, intent_id: str) -> Object:
    intent = find_intent(work, intent_id)
    if intent["status"] != "requires_capture":
        already = intent["status"] == "succeeded"
        raise unexpected_state(
            intent,
            "This PaymentIntent could not be captured because it has already been captured."
            if already
            else f"This PaymentIntent could not be captured because it has a status of {intent['status']}. Only a PaymentIntent "
            "with one of the following statuses may be captured: requires_capture.",
        )
    amount = int(params.get("amount_to_capture") or intent["amount_capturable"])
    if amount > intent["amount_capturable"]:
        raise invalid(
            f"The provided capture amount ({amount}) is greater than the amount that can be captured "
            f"({intent['amount_capturable']}).",
            "amount_to_capture",
            "amount_too_large",
        )
    return _capture(work, intent, amount, params)


def _capture(work: Work, intent: Object, amount: int, params: Params) -> Object:
    kept = merge_metadata(intent["metadata"], params["metadata"]) if "metadata" in params else intent["metadata"]
    done = {**intent, "amount_capturable": 0, "amount_received": amount, "metadata": kept, "status": "succeeded"}
    work.put("payment_intent", done, {})
    charge = work.known("charge", intent["latest_charge"]).object
    charge = {**charge, "amount_captured": amount, "captured": True, "amount_refunded": charge["amount"] - amount}
    charge = book_capture(work, charge)
    work.emit("charge.captured", charge)
    work.emit("payment_intent.succeeded", done)
    return done


def cancel(work: Work, params: Params, intent_id: str) -> Object:
    intent = find_intent(work, intent_id)
    if intent["status"] not in (*OPEN, "requires_capture"):
        raise unexpected_state(
            intent,
            f"You cannot cancel this PaymentIntent because it has a status of {intent['status']}. Only a PaymentIntent with one "
            "of the following statuses may be canceled: requires_payment_method, requires_capture, requires_confirmation, "
            "requires_action.",
        )
    return release(work, intent, params.get("cancellation_reason"))


def release(work: Work, intent: Object, reason: str | None) -> Object:
    """Cancel; an authorization held is given back and never becomes a charge."""
    if intent["status"] == "requires_capture":
        charge = work.known("charge", intent["latest_charge"]).object
        back = {**charge, "amount_refunded": charge["amount"], "refunded": True}
        work.put("charge", back, {})
        work.emit("charge.expired" if reason == "automatic" else "charge.refunded", back)
    done = {
        **intent,
        "amount_capturable": 0,
        "canceled_at": work.now,
        "cancellation_reason": reason,
        "next_action": None,
        "status": "canceled",
    }
    work.put("payment_intent", done, {})
    work.emit("payment_intent.canceled", done)
    return done


def find_intent(work: Work, intent_id: str) -> Object:
    return work.find("payment_intent", intent_id, "intent").object
