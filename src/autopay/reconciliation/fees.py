"""What a payment should have cost by the biller's contract. Standard library only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Rates:
    """From the local date `since` on. Basis points of the amount plus a fixed sum; `bank_cap` bounds a debit's whole fee.

    Sums are minor units of `currency`; on other currencies no fee is expected.
    """

    since: date
    currency: str
    card_points: int
    card_fixed: int
    bank_points: int
    bank_fixed: int
    bank_cap: int | None
    dispute_fixed: int


def rates_on(rates: Sequence[Rates], day: date, currency: str) -> Rates | None:
    """Those in force; None: no contract is known, and the fee is not checked."""
    known = [each for each in rates if each.since <= day and each.currency == currency]
    return max(known, key=lambda each: each.since, default=None)


def payment_fee(rates: Rates, minor: int, *, bank: bool) -> int:
    """Halves are rounded up."""
    if not bank:
        return _part(minor, rates.card_points) + rates.card_fixed
    fee = _part(minor, rates.bank_points) + rates.bank_fixed
    return fee if rates.bank_cap is None else min(fee, rates.bank_cap)


def _part(minor: int, points: int) -> int:
    return (minor * points + 5_000) // 10_000
