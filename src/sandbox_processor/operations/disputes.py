"""Disputes: a payer's bank takes the money back; retrieve, update, close, list. The control API opens and decides them."""

from __future__ import annotations

from sandbox_processor.clock import DAY, day_of, start_of
from sandbox_processor.errors import invalid
from sandbox_processor.lists import created_within, page
from sandbox_processor.operations.ledger import record
from sandbox_processor.parameters import EXPAND, PAGE, Spec, boolean, clearable, created, group, merge_metadata, metadata, text
from sandbox_processor.wire import Object, Params
from sandbox_processor.work import Work

_FILES = (
    "cancellation_policy",
    "customer_communication",
    "customer_signature",
    "duplicate_charge_documentation",
    "receipt",
    "refund_policy",
    "service_documentation",
    "shipping_documentation",
    "uncategorized_file",
)
_TEXTS = (
    "access_activity_log",
    "billing_address",
    "cancellation_policy_disclosure",
    "cancellation_rebuttal",
    "customer_email_address",
    "customer_name",
    "customer_purchase_ip",
    "duplicate_charge_explanation",
    "duplicate_charge_id",
    "product_description",
    "refund_policy_disclosure",
    "refund_refusal_explanation",
    "service_date",
    "shipping_address",
    "shipping_carrier",
    "shipping_date",
    "shipping_tracking_number",
    "uncategorized_text",
)
EVIDENCE: Spec = {name: clearable(text(20_000)) for name in (*_FILES, *_TEXTS)}
UPDATE: Spec = {**EXPAND, "evidence": group(EVIDENCE), "metadata": metadata, "submit": boolean}
LIST: Spec = {**PAGE, "charge": text(), "created": created, "payment_intent": text()}

ANSWER_WITHIN = 8
"""Days."""

REASON_CODES = {"fraudulent": "10.4", "product_not_received": "13.1", "duplicate": "12.6.1", "subscription_canceled": "13.2"}


def open_dispute(work: Work, charge_id: str, reason: str, amount: int | None = None, status: str = "needs_response") -> Object:
    """The bank takes `amount` (cents; the whole by default) back, with a fee. A bank debit's dispute is lost at once."""
    charge = work.known("charge", charge_id).object
    taken = amount or charge["amount_captured"] - charge["amount_refunded"]
    dispute = _new(work, charge, reason, taken)
    transaction = record(work, "adjustment", -taken, dispute, f"Chargeback withdrawal for {charge_id}")
    dispute["balance_transactions"] = [work.known("balance_transaction", transaction).object]
    work.put("dispute", dispute, {})
    work.put("charge", {**charge, "disputed": True})
    work.move("dispute", charge, taken, dispute["id"])
    work.emit("charge.dispute.created", dispute)
    work.emit("charge.dispute.funds_withdrawn", dispute)
    return decide(work, dispute["id"], "lost") if status == "lost" else dispute


def _new(work: Work, charge: Object, reason: str, amount: int) -> Object:
    dispute: Object = {
        "id": work.new_id("du_"),
        "object": "dispute",
        "amount": amount,
        "balance_transactions": [],
        "charge": charge["id"],
        "created": work.now,
        "currency": charge["currency"],
        "enhanced_eligibility_types": [],
        "evidence": dict.fromkeys(sorted((*_FILES, *_TEXTS))) | {"enhanced_evidence": {}},
        "evidence_details": {
            "due_by": start_of(day_of(work.now + ANSWER_WITHIN * DAY)) + DAY - 1,
            "enhanced_eligibility": {},
            "has_evidence": False,
            "past_due": False,
            "submission_count": 0,
        },
        "is_charge_refundable": False,
        "livemode": False,
        "metadata": {},
        "payment_intent": charge["payment_intent"],
        "reason": reason,
        "status": "needs_response",
    }
    details = charge["payment_method_details"]
    if details["type"] == "card":
        code = REASON_CODES.get(reason, "10.4")
        card = {"brand": details["card"]["brand"], "case_type": "chargeback", "network_reason_code": code}
        dispute["payment_method_details"] = {"type": "card", "card": card}
    return dispute


def decide(work: Work, dispute_id: str, outcome: str) -> Object:
    """`won` gives the money back (the fee stays), `lost` ends it."""
    before = work.known("dispute", dispute_id).object
    after = {**before, "status": outcome, "is_charge_refundable": outcome == "won"}
    if outcome == "won":
        description = f"Chargeback reversal for {before['charge']}"
        transaction = record(work, "adjustment", before["amount"], before, description)
        rows = [*before["balance_transactions"], work.known("balance_transaction", transaction).object]
        after["balance_transactions"] = rows
        work.put("dispute", after, {})
        work.move("dispute_won", work.known("charge", before["charge"]).object, before["amount"], dispute_id)
        work.emit("charge.dispute.funds_reinstated", after)
    work.put("dispute", after, {})
    work.emit("charge.dispute.closed", after, {"status": before["status"]})
    return after


def retrieve(work: Work, params: Params, dispute_id: str) -> Object:
    return work.find("dispute", dispute_id, "dispute").object


def update(work: Work, params: Params, dispute_id: str) -> Object:
    before = _open(work, dispute_id)
    after = dict(before)
    if "metadata" in params:
        after["metadata"] = merge_metadata(before["metadata"], params["metadata"])
    if "evidence" in params:
        after["evidence"] = {**before["evidence"], **params["evidence"]}
        details = {**before["evidence_details"], "has_evidence": True}
        if params.get("submit", True):
            details["submission_count"] += 1
            after["status"] = "under_review"
        after["evidence_details"] = details
    work.put("dispute", after)
    work.emit("charge.dispute.updated", after, {name: before[name] for name in after if after[name] != before[name]})
    settled = {"winning_evidence": "won", "losing_evidence": "lost"}.get(after["evidence"]["uncategorized_text"] or "")
    return decide(work, dispute_id, settled) if settled and after["status"] == "under_review" else after


def close(work: Work, params: Params, dispute_id: str) -> Object:
    _open(work, dispute_id)
    return decide(work, dispute_id, "lost")


def _open(work: Work, dispute_id: str) -> Object:
    dispute = work.find("dispute", dispute_id, "dispute").object
    if dispute["status"] in ("won", "lost"):
        raise invalid("This dispute is already closed")
    return dispute


def refusable(work: Work, charge_id: str) -> bool:
    """Whether an open or lost dispute forbids a refund of the charge."""
    return any(not row.object["is_charge_refundable"] for row in work.rows("dispute", "charge", charge_id))


def listing(work: Work, params: Params) -> Object:
    wanted, charge, intent = created_within(params), params.get("charge"), params.get("payment_intent")
    by, value = ("charge", charge) if charge else ("payment_intent", intent) if intent else (None, None)
    rows = (row for row in work.rows("dispute", by, value) if wanted(row) and intent in (None, row.object["payment_intent"]))
    return page(work, "dispute", "/v1/disputes", params, rows)
