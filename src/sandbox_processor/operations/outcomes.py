"""What an attempt leaves behind on the intent: paid, held, or failed."""

from __future__ import annotations

from sandbox_processor.clock import DAY
from sandbox_processor.operations.ledger import record_capture
from sandbox_processor.operations.saving import keep
from sandbox_processor.state import Row
from sandbox_processor.wire import Object
from sandbox_processor.work import Work

HOLD_FOR = 7 * DAY
"""Seconds an uncaptured card authorization is held."""


def succeed(work: Work, intent: Object, charge: Object, *, manual: bool) -> Object:
    done = {
        **intent,
        "amount_capturable": intent["amount"] if manual else 0,
        "amount_received": 0 if manual else intent["amount"],
        "last_payment_error": None,
        "latest_charge": charge["id"],
        "next_action": None,
        "status": "requires_capture" if manual else "succeeded",
    }
    work.put("payment_intent", done, {"due": work.now + HOLD_FOR} if manual else {})
    work.emit("payment_intent.amount_capturable_updated" if manual else "payment_intent.succeeded", done)
    return done


def fail(work: Work, intent: Object, charge: Object | None, error: Object) -> Object:
    failed = {
        **intent,
        "last_payment_error": error,
        "latest_charge": charge["id"] if charge else intent["latest_charge"],
        "next_action": None,
        "payment_method": None,
        "status": "requires_payment_method",
    }
    work.put("payment_intent", failed, {})
    if charge is not None:
        work.emit("charge.failed", charge)
    work.emit("payment_intent.payment_failed", failed)
    return failed


def book_capture(work: Work, charge: Object) -> Object:
    """Store the charge with its balance transaction, and the money in the book."""
    captured = {**charge, "balance_transaction": record_capture(work, charge, charge["amount_captured"])}
    work.move("capture", captured, captured["amount_captured"], captured["id"])
    return work.put("charge", captured, {})


def keep_method(work: Work, intent: Object, method: Row) -> None:
    """Attach where future use was asked for; otherwise a method without a customer is used up."""
    if method.object["customer"] is not None:
        return
    if intent["customer"] and intent["setup_future_usage"]:
        keep(work, method, intent["customer"])
    else:
        work.note("payment_method", method.object["id"], used=True)
