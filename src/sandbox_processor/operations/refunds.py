"""Refunds: create, retrieve, update, list. A refund of a card is done at once, one of a bank debit takes banking days."""

from __future__ import annotations

from typing import Any

from sandbox_processor.clock import bank_days_after, day_of, start_of
from sandbox_processor.errors import ApiError, invalid
from sandbox_processor.known_numbers import CARDS
from sandbox_processor.lists import created_within, page
from sandbox_processor.operations.disputes import refusable
from sandbox_processor.operations.ledger import record
from sandbox_processor.parameters import EXPAND, PAGE, Spec, choice, created, integer, merge_metadata, metadata, text
from sandbox_processor.wire import Object, Params
from sandbox_processor.work import Work

CREATE: Spec = {
    **EXPAND,
    "amount": integer(1),
    "charge": text(),
    "metadata": metadata,
    "payment_intent": text(),
    "reason": choice("duplicate", "fraudulent", "requested_by_customer"),
}
UPDATE: Spec = {**EXPAND, "metadata": metadata}
LIST: Spec = {**PAGE, "charge": text(), "created": created, "payment_intent": text()}

BANK_REFUND_TAKES = 4
"""Banking days."""


def create(work: Work, params: Params) -> Object:
    charge = _charge(work, params)
    amount = _checked_amount(work, charge, params)
    bank = not charge["id"].startswith("ch_")
    fate = _fate(work, charge)
    refund = {
        "id": work.new_id("pyr_" if bank else "re_"),
        "object": "refund",
        "amount": amount,
        "balance_transaction": None,
        "charge": charge["id"],
        "created": work.now,
        "currency": charge["currency"],
        "destination_details": _destination(bank=bank),
        "metadata": merge_metadata({}, params.get("metadata", {})),
        "payment_intent": charge["payment_intent"],
        "reason": params.get("reason"),
        "receipt_number": None,
        "source_transfer_reversal": None,
        "status": "pending" if bank or fate else "succeeded",
        "transfer_reversal": None,
    }
    description = f"REFUND FOR {'PAYMENT' if bank else 'CHARGE'}"
    description += f" ({charge['description']})" if charge["description"] else ""
    refund["balance_transaction"] = record(work, "payment_refund" if bank else "refund", -amount, refund, description)
    work.put("refund", refund, _when(work, fate or ("settle" if bank else None)))
    work.move("refund", charge, amount, refund["id"])
    total = charge["amount_refunded"] + amount
    after = work.put("charge", {**charge, "amount_refunded": total, "refunded": total == charge["amount"]})
    work.emit("refund.created", refund)
    work.emit("charge.refunded", after, {"amount_refunded": charge["amount_refunded"], "refunded": charge["refunded"]})
    return refund


def _charge(work: Work, params: Params) -> Object:
    """The charge to refund: the one named, or the successful one of the intent named."""
    charge_id, intent_id = params.get("charge"), params.get("payment_intent")
    if charge_id and intent_id:
        raise invalid("You may only specify one of these parameters: charge, payment_intent.", "charge")
    if charge_id:
        return work.find("charge", charge_id, "id").object
    if not intent_id:
        raise invalid("One of the following params should be provided for this request: payment_intent or charge.")
    intent = work.find("payment_intent", intent_id, "payment_intent").object
    if intent["status"] == "requires_capture":
        raise _uncaptured(intent_id)
    if intent["latest_charge"] is None:
        raise _no_success(intent_id)
    return work.known("charge", intent["latest_charge"]).object


def _checked_amount(work: Work, charge: Object, params: Params) -> int:
    intent, left = charge["payment_intent"], charge["amount"] - charge["amount_refunded"]
    if charge["status"] == "succeeded" and not charge["captured"]:
        raise _uncaptured(intent)
    if charge["status"] != "succeeded":
        raise _no_success(intent)
    if charge["disputed"] and refusable(work, charge["id"]):
        raise invalid(f"Charge {charge['id']} has been charged back; cannot issue a refund.", None, "charge_disputed")
    if left <= 0:
        raise invalid(f"Charge {charge['id']} has already been refunded.", None, "charge_already_refunded")
    amount: int = params.get("amount", left)
    if amount > left:
        asked, open_still = _shown(amount, charge["currency"]), _shown(left, charge["currency"])
        what = "unrefunded amount on charge" if charge["amount_refunded"] else "charge amount"
        raise invalid(f"Refund amount ({asked}) is greater than {what} ({open_still})", "amount")
    return amount


def _uncaptured(intent: str) -> ApiError:
    return invalid(
        f"This PaymentIntent ({intent}) has an uncaptured charge. You must cancel the PaymentIntent to release the funds "
        "instead of refunding it.",
        "payment_intent",
    )


def _no_success(intent: str) -> ApiError:
    return invalid(f"This PaymentIntent ({intent}) does not have a successful charge to refund.", "payment_intent")


def _shown(amount: int, money: str) -> str:
    sign = {"usd": "$", "eur": "€", "gbp": "£"}.get(money)
    return f"{sign}{amount // 100:,}.{amount % 100:02d}" if sign else f"{amount} {money}"


def _fate(work: Work, charge: Object) -> str | None:
    """What a test card does to its refunds: `settle` later or `fail`."""
    method = work.row("payment_method", charge["payment_method"])
    if method is None or method.object["type"] != "card":
        return None
    return {"pending": "settle", "failed": "fail"}.get(CARDS[method.private["label"]].refund or "")


def _when(work: Work, fate: str | None) -> dict[str, Any]:
    if fate is None:
        return {}
    return {"fate": fate, "due": start_of(bank_days_after(day_of(work.now), BANK_REFUND_TAKES))}


def _destination(*, bank: bool) -> Object:
    if bank:
        return {"type": "us_bank_transfer", "us_bank_transfer": {"reference": None, "reference_status": "pending"}}
    card = {"reference_status": "pending", "reference_type": "acquirer_reference_number", "type": "refund"}
    return {"card": card, "type": "card"}


def finish(work: Work, refund_id: str) -> None:
    """A pending refund has reached its day."""
    row = work.known("refund", refund_id)
    if row.private["fate"] == "fail":
        _fail(work, row.object)
        return
    done = work.put("refund", {**row.object, "status": "succeeded"}, {})
    work.emit("refund.updated", done, {"status": row.object["status"]})
    work.emit("charge.refund.updated", done, {"status": row.object["status"]})


def _fail(work: Work, refund: Object) -> None:
    amount = refund["amount"]
    transaction = record(work, "refund_failure", amount, refund, f"REFUND FAILURE ({refund['charge']})")
    failed = {**refund, "status": "failed", "failure_reason": "unknown", "failure_balance_transaction": transaction}
    work.put("refund", failed, {})
    charge = work.known("charge", refund["charge"]).object
    work.put("charge", {**charge, "amount_refunded": charge["amount_refunded"] - amount, "refunded": False})
    work.move("refund_failed", charge, amount, refund["id"])
    work.emit("refund.failed", failed)
    work.emit("charge.refund.updated", failed, {"status": refund["status"]})


def retrieve(work: Work, params: Params, refund_id: str) -> Object:
    return work.find("refund", refund_id, "refund").object


def update(work: Work, params: Params, refund_id: str) -> Object:
    before = work.find("refund", refund_id, "refund").object
    if "metadata" not in params:
        return before
    after = work.put("refund", {**before, "metadata": merge_metadata(before["metadata"], params["metadata"])})
    work.emit("refund.updated", after, {"metadata": before["metadata"]})
    return after


def listing(work: Work, params: Params) -> Object:
    wanted, charge, intent = created_within(params), params.get("charge"), params.get("payment_intent")
    by, value = ("charge", charge) if charge else ("payment_intent", intent) if intent else (None, None)
    rows = (row for row in work.rows("refund", by, value) if wanted(row) and intent in (None, row.object["payment_intent"]))
    return page(work, "refund", "/v1/refunds", params, rows)
