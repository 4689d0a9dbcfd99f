"""Payouts and what they are made of."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

from stripe.params import BalanceTransactionListParams, PayoutListParams

from autopay.money import Money
from autopay.processors.protocol import Settlement, SettlementLine
from autopay.processors.stripe.client import Reply

_NEVER_ARRIVES = {"failed", "canceled"}


def arriving(since: date, until: date) -> PayoutListParams:
    """Stripe dates an arrival at midnight UTC; both days are included."""
    return {"arrival_date": {"gte": _midnight(since), "lt": _midnight(until + timedelta(days=1))}}


def those_that_arrive(payouts: list[Reply]) -> list[Reply]:
    return [payout for payout in payouts if payout["status"] not in _NEVER_ARRIVES]


def transactions_of(payout: Reply) -> BalanceTransactionListParams:
    return {"payout": str(payout["id"]), "expand": ["data.source"]}


def read_settlement(payout: Reply, transactions: list[Reply]) -> Settlement:
    """The payout is among its own balance transactions, as the money that leaves; it is no line."""
    lines = tuple(_line(one) for one in transactions if one["type"] != "payout")
    return Settlement(str(payout["id"]), datetime.fromtimestamp(payout["arrival_date"], UTC).date(), lines)


def _line(transaction: Reply) -> SettlementLine:
    currency = str(transaction["currency"]).upper()
    return SettlementLine(
        _about(transaction.get("source")),
        str(transaction["type"]),
        Money(transaction["amount"], currency),
        Money(transaction["fee"], currency),
    )


def _about(source: object) -> str:
    """Our reference: the payment of a charge or dispute, the refund itself, else whatever Stripe names."""
    if not isinstance(source, dict):
        return str(source or "")
    if source.get("object") in ("charge", "dispute") and source.get("payment_intent"):
        payment = source["payment_intent"]
        return str(payment["id"] if isinstance(payment, dict) else payment)
    return str(source["id"])


def _midnight(day: date) -> int:
    return int(datetime.combine(day, time(), UTC).timestamp())
