"""Bank debits (ACH): mandate, verification, days on the way, success, and returns early or late."""

from __future__ import annotations

from typing import Any

from sandbox_processor.clock import bank_days_after, day_of, start_of
from sandbox_processor.errors import doc_url, invalid
from sandbox_processor.known_numbers import BANK_ACCOUNTS, RETURNS, BankReturn
from sandbox_processor.operations.behaviour import bank_return_of
from sandbox_processor.operations.charge_shape import Course, new_charge
from sandbox_processor.operations.disputes import open_dispute
from sandbox_processor.operations.ledger import record
from sandbox_processor.operations.mandates import new_mandate
from sandbox_processor.operations.outcomes import book_capture, fail, keep_method
from sandbox_processor.operations.verification import send_deposits
from sandbox_processor.state import Row
from sandbox_processor.wire import Object, Params
from sandbox_processor.work import Work

SETTLED_AFTER = 4
"""Banking days from a bank debit to its success."""

RETURNED_AFTER = 2
"""Banking days from a bank debit to its return, where the account returns it."""

NO_MANDATE = (
    "This PaymentIntent requires a mandate, but no existing mandate was found. Collect mandate acceptance from the customer "
    "and try again, providing acceptance data in the mandate_data parameter."
)


def debit(work: Work, intent: Object, method: Row, params: Params) -> Object:
    if intent["currency"] != "usd":
        raise invalid("Payments with `us_bank_account` support the following currencies: usd.", "currency")
    if intent["capture_method"] == "manual":
        raise invalid(
            "Payments with `us_bank_account` cannot be captured later: capture_method must not be manual.", "capture_method"
        )
    mandate = _mandate_of(work, intent, method, params)
    options = intent["payment_method_options"].get("us_bank_account", {})
    if not method.private.get("verified") and options.get("verification_method") != "instant":
        return send_deposits(work, "payment_intent", intent, method, mandate)
    work.note("payment_method", method.object["id"], verified=True)
    return start_debit(work, intent, work.known("payment_method", method.object["id"]), mandate)


def _mandate_of(work: Work, intent: Object, method: Row, params: Params) -> str:
    if params.get("mandate_data"):
        once = None if intent["setup_future_usage"] else intent["amount"]
        return new_mandate(work, method, params["mandate_data"], "active", once)
    standing = params.get("mandate") or method.private.get("mandate")
    if standing is None:
        raise invalid(NO_MANDATE, payment_intent=intent)
    row = work.find("mandate", standing, "mandate", 400)
    if row.object["status"] != "active" or row.object["payment_method"] != method.object["id"]:
        raise invalid(NO_MANDATE, payment_intent=intent)
    return str(standing)


def start_debit(work: Work, intent: Object, method: Row, mandate: str) -> Object:
    """The debit goes to the bank: `processing` until it settles or comes back."""
    back = bank_return_of(method)
    charge = new_charge(work, intent, method, Course(pending=True, mandate=mandate))
    private: dict[str, Any] = {"returns": back} if back else {}
    if not BANK_ACCOUNTS[method.private["label"]].stays_pending:
        private["due"] = _bank_instant(work.now, RETURNED_AFTER if back else SETTLED_AFTER)
    work.put("charge", charge, private)
    keep_method(work, intent, method)
    processing = {
        **intent,
        "last_payment_error": None,
        "latest_charge": charge["id"],
        "next_action": None,
        "status": "processing",
    }
    work.put("payment_intent", processing, {})
    work.emit("charge.pending", charge)
    work.emit("payment_intent.processing", processing)
    return processing


def _bank_instant(now: int, days: int) -> int:
    """The same time of day, so many banking days later."""
    day = day_of(now)
    return start_of(bank_days_after(day, days)) + (now - start_of(day))


def settle_debit(work: Work, charge_id: str) -> None:
    """A pending debit has reached its day."""
    row = work.known("charge", charge_id)
    if row.private.get("returns"):
        return_debit(work, charge_id, row.private["returns"])
    else:
        _complete_debit(work, row)


def _complete_debit(work: Work, row: Row) -> None:
    charge = {**row.object, "status": "succeeded", "paid": True, "captured": True, "amount_captured": row.object["amount"]}
    charge = book_capture(work, charge)
    intent = work.known("payment_intent", charge["payment_intent"]).object
    done = {**intent, "amount_received": charge["amount"], "status": "succeeded"}
    work.put("payment_intent", done, {})
    work.emit("charge.succeeded", charge)
    work.emit("payment_intent.succeeded", done)
    method = work.row("payment_method", charge["payment_method"])
    if method is not None and BANK_ACCOUNTS[method.private["label"]].dispute:
        open_dispute(work, charge["id"], "fraudulent")


def return_debit(work: Work, charge_id: str, network_code: str) -> Object:
    """The bank sends a debit back, pending or succeeded; the charge and its intent fail. Answers the intent."""
    row = work.known("charge", charge_id)
    back = RETURNS[network_code]
    charge = _failed(row.object, back)
    if row.object["status"] == "succeeded":
        charge = _taken_back(work, charge)
    work.put("charge", charge, {})
    method = work.row("payment_method", charge["payment_method"])
    error: Object = {
        "charge": charge_id,
        "code": back.code,
        "doc_url": doc_url(back.code),
        "message": back.message,
        "network_decline_code": network_code,
        "payment_method_type": "us_bank_account",
        "type": "invalid_request_error",
    }
    if method is not None:
        _note_blocked(work, method, back)
        error["payment_method"] = work.known("payment_method", charge["payment_method"]).object
    intent = {**work.known("payment_intent", charge["payment_intent"]).object, "amount_received": 0}
    return fail(work, intent, charge, error)


def _failed(charge: Object, back: BankReturn) -> Object:
    outcome = {
        **charge["outcome"],
        "network_decline_code": back.network_code,
        "network_status": "declined_by_network",
        "reason": back.code,
        "seller_message": back.message,
        "type": "issuer_declined",
    }
    return {
        **charge,
        "failure_code": back.code,
        "failure_message": back.message,
        "outcome": outcome,
        "paid": False,
        "status": "failed",
    }


def _taken_back(work: Work, charge: Object) -> Object:
    """A return after success takes the money out of the balance again."""
    amount = charge["amount_captured"] - charge["amount_refunded"]
    if amount <= 0:
        return charge
    description = f"Payment failure refund for {charge['id']}"
    transaction = record(work, "payment_failure_refund", -amount, charge, description)
    work.move("return", charge, amount, charge["id"])
    return {**charge, "failure_balance_transaction": transaction}


def _note_blocked(work: Work, method: Row, back: BankReturn) -> None:
    if back.blocks is None:
        return
    blocked = {"blocked": {"network_code": back.network_code, "reason": back.blocks}}
    details = {**method.object["us_bank_account"], "status_details": blocked}
    work.put("payment_method", {**method.object, "us_bank_account": details})
