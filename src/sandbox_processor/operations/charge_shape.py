"""A charge as it is born: captured, held, pending or declined."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox_processor.clock import DAY
from sandbox_processor.known_numbers import Decline
from sandbox_processor.state import Row
from sandbox_processor.wire import Object
from sandbox_processor.work import Work


@dataclass(frozen=True, slots=True)
class Course:
    """How the attempt went: captured at once or only held, on its way at the bank, or declined."""

    captured: bool = True
    pending: bool = False
    decline: Decline | None = None
    mandate: str | None = None


def new_charge(work: Work, intent: Object, method: Row, course: Course) -> Object:
    decline, pending = course.decline, course.pending
    went_through = decline is None and not pending
    taken = course.captured and went_through
    return {
        "id": work.new_id("ch_" if method.object["type"] == "card" else "py_"),
        "object": "charge",
        "amount": intent["amount"],
        "amount_captured": intent["amount"] if taken else 0,
        "amount_refunded": 0,
        "application": None,
        "application_fee": None,
        "application_fee_amount": None,
        "balance_transaction": None,
        "billing_details": method.object["billing_details"],
        "calculated_statement_descriptor": _on_the_statement(intent),
        "captured": taken or pending,
        "created": work.now,
        "currency": intent["currency"],
        "customer": intent["customer"],
        "description": intent["description"],
        "disputed": False,
        "failure_balance_transaction": None,
        "failure_code": decline.code if decline else None,
        "failure_message": decline.message if decline else None,
        "fraud_details": {},
        "livemode": False,
        "metadata": intent["metadata"],
        "on_behalf_of": None,
        "outcome": _outcome(decline, pending=pending),
        "paid": went_through,
        "payment_intent": intent["id"],
        "payment_method": method.object["id"],
        "payment_method_details": _details(work, intent, method, course.mandate, held=went_through and not course.captured),
        "radar_options": {},
        "receipt_email": intent["receipt_email"],
        "receipt_number": None,
        "receipt_url": None,
        "refunded": False,
        "review": None,
        "shipping": intent["shipping"],
        "source_transfer": None,
        "statement_descriptor": intent["statement_descriptor"],
        "statement_descriptor_suffix": intent["statement_descriptor_suffix"],
        "status": "failed" if decline else "pending" if pending else "succeeded",
        "transfer_data": None,
        "transfer_group": None,
    }


def _on_the_statement(intent: Object) -> str:
    suffix = intent["statement_descriptor_suffix"]
    return f"SANDBOX* {suffix}" if suffix else "SANDBOX"


def _outcome(decline: Decline | None, *, pending: bool) -> Object:
    if decline is None:
        return {
            "advice_code": None,
            "network_advice_code": None,
            "network_decline_code": None,
            "network_status": "approved_by_network",
            "reason": None,
            "risk_level": "not_assessed" if pending else "normal",
            "seller_message": "Payment complete.",
            "type": "authorized",
        }
    return {
        "advice_code": decline.advice,
        "network_advice_code": None,
        "network_decline_code": decline.network_code,
        "network_status": "not_sent_to_network" if decline.blocked else "declined_by_network",
        "reason": "highest_risk_level" if decline.blocked else decline.decline_code,
        "risk_level": "highest" if decline.blocked else "normal",
        "seller_message": "The sandbox blocked this payment as too risky."
        if decline.blocked
        else f"The bank returned the decline code `{decline.decline_code}`.",
        "type": "blocked" if decline.blocked else "issuer_declined",
    }


def _details(work: Work, intent: Object, method: Row, mandate: str | None, *, held: bool) -> Object:
    if method.object["type"] == "card":
        return {"type": "card", "card": _card(work, intent, method.object["card"], held=held)}
    bank = method.object["us_bank_account"]
    kept = ("account_holder_type", "account_type", "bank_name", "fingerprint", "last4", "routing_number")
    details = {name: bank[name] for name in kept} | {"payment_reference": None}
    return {"type": "us_bank_account", "us_bank_account": details | ({"mandate": mandate} if mandate else {})}


def _card(work: Work, intent: Object, card: Object, *, held: bool) -> Object:
    details: Object = {
        "amount_authorized": intent["amount"],
        "authorization_code": None,
        "brand": card["brand"],
        "checks": {**card["checks"], "cvc_check": "pass" if card["checks"]["cvc_check"] else None},
        "country": card["country"],
        "exp_month": card["exp_month"],
        "exp_year": card["exp_year"],
        "extended_authorization": {"status": "disabled"},
        "fingerprint": card["fingerprint"],
        "funding": card["funding"],
        "incremental_authorization": {"status": "unavailable"},
        "installments": None,
        "last4": card["last4"],
        "mandate": None,
        "multicapture": {"status": "unavailable"},
        "network": card["brand"],
        "network_token": {"used": False},
        "network_transaction_id": work.new_id("", 15),
        "overcapture": {"maximum_amount_capturable": intent["amount"], "status": "unavailable"},
        "regulated_status": card["regulated_status"],
        "three_d_secure": None,
        "wallet": None,
    }
    return details | ({"capture_before": work.now + 7 * DAY} if held else {})
