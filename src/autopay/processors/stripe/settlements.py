"""Payouts and what they are made of."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

from stripe.params import BalanceTransactionListParams, PayoutListParams

from autopay.processors.book import Amount, Settlement, SettlementLine
from autopay.processors.stripe.client import Reply
from autopay.processors.stripe.movements import read_booked

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
    lines = tuple(
        SettlementLine(moved.ref, moved.kind, moved.settled, moved.fee, moved.booking)
        for moved in read_booked(transactions)
        if moved.settled and moved.fee
    )
    total = Amount(payout["amount"], str(payout["currency"]).upper())
    return Settlement(str(payout["id"]), datetime.fromtimestamp(payout["arrival_date"], UTC).date(), lines, total)


def _midnight(day: date) -> int:
    return int(datetime.combine(day, time(), UTC).timestamp())
