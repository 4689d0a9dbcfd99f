"""The account's balance: one transaction per movement, with its fee, and the payout of each banking day."""

from __future__ import annotations

from sandbox_processor.clock import bank_days_after, day_of, start_of
from sandbox_processor.wire import Object
from sandbox_processor.work import Work

AVAILABLE_AFTER = 2
"""Banking days from a movement to its payout (T+2)."""

DISPUTE_FEE = 1_500
"""Cents, kept whether the dispute is won or lost."""


def fee_of(kind: str, amount: int) -> int:
    """Cents: 2.9% + 30 for cards, 0.8% up to 500 for bank debits, halves rounded up; disputes a fixed fee, the rest none."""
    if kind == "charge":
        return (amount * 29 + 500) // 1000 + 30
    if kind == "payment":
        return min((amount * 8 + 500) // 1000, 500)
    return DISPUTE_FEE if kind == "adjustment" and amount < 0 else 0


def record_capture(work: Work, charge: Object, amount: int) -> str:
    kind = "charge" if charge["id"].startswith("ch_") else "payment"
    return record(work, kind, amount, charge, charge["description"])


def record(work: Work, kind: str, amount: int, source: Object, description: str | None) -> str:
    """A balance transaction of `amount` (minor units, negative takes away); answers its id."""
    fee = fee_of(kind, amount)
    available_on = start_of(bank_days_after(day_of(work.now), AVAILABLE_AFTER)) if kind != "payout" else work.now
    transaction = {
        "id": work.new_id("txn_"),
        "object": "balance_transaction",
        "amount": amount,
        "available_on": available_on,
        "balance_type": "payments",
        "created": work.now,
        "currency": source["currency"],
        "description": description,
        "exchange_rate": None,
        "fee": fee,
        "fee_details": _fee_details(fee, source["currency"], kind),
        "net": amount - fee,
        "reporting_category": _category(kind, amount),
        "source": source["id"],
        "status": "pending",
        "type": kind,
    }
    due = {} if kind == "payout" else {"due": available_on}
    work.put("balance_transaction", transaction, due)
    return str(transaction["id"])


def _fee_details(fee: int, currency: str, kind: str) -> list[Object]:
    if not fee:
        return []
    description = "Dispute fee" if kind == "adjustment" else "Stripe processing fees"
    return [
        {"amount": fee, "application": None, "currency": currency, "description": description, "type": "stripe_fee"},
    ]


def _category(kind: str, amount: int) -> str:
    if kind == "adjustment":
        return "dispute" if amount < 0 else "dispute_reversal"
    return {
        "payment": "charge",
        "payment_refund": "refund",
        "payment_failure_refund": "charge_failure",
        "refund_failure": "refund_failure",
    }.get(kind, kind)


def pay_out(work: Work) -> None:
    """Pay out what has become available and was not yet paid out, per currency. A balance below zero waits."""
    table = work.holdings().table("balance_transaction")
    ready = [row for row in table.rows.values() if row.private.get("due", work.now + 1) <= work.now]
    for currency in sorted({row.object["currency"] for row in ready}):
        rows = [row for row in ready if row.object["currency"] == currency]
        waiting = [row for row in table.rows.values() if row.private.get("carried") and row.object["currency"] == currency]
        total = sum(row.object["net"] for row in rows + waiting)
        if total > 0:
            _pay(work, currency, total, [row.object["id"] for row in waiting + rows])
        else:
            for row in rows:
                work.note("balance_transaction", row.object["id"], due=None, carried=True)


def _pay(work: Work, currency: str, total: int, transactions: list[str]) -> None:
    payout: Object = {
        "id": work.new_id("po_"),
        "object": "payout",
        "amount": total,
        "application_fee": None,
        "application_fee_amount": None,
        "arrival_date": work.now,
        "automatic": True,
        "balance_transaction": None,
        "created": work.now,
        "currency": currency,
        "description": "STRIPE PAYOUT",
        "destination": None,
        "failure_balance_transaction": None,
        "failure_code": None,
        "failure_message": None,
        "livemode": False,
        "metadata": {},
        "method": "standard",
        "original_payout": None,
        "payout_method": None,
        "reconciliation_status": "completed",
        "reversed_by": None,
        "source_type": "card",
        "statement_descriptor": None,
        "status": "in_transit",
        "trace_id": None,
        "type": "bank_account",
    }
    own = record(work, "payout", -total, payout, "STRIPE PAYOUT")
    for transaction in [own, *transactions]:
        work.note("balance_transaction", transaction, due=None, carried=None, payout=payout["id"])
    payout = work.put("payout", {**payout, "balance_transaction": own})
    work.emit("payout.created", payout)
    work.emit("payout.paid", work.put("payout", {**payout, "status": "paid"}))
