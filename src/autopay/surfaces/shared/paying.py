"""What stands to be paid, with what, and what of it goes to which bill (V7, A53)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from autopay.database import Tx
from autopay.money import Money
from autopay.surfaces.shared.invoices import Invoice
from autopay.surfaces.shared.wallet import Saved, saved_methods


@dataclass(frozen=True, slots=True)
class Till:
    """What stands to be paid: one payer's invoices (ids), their open sum, and the saved methods, the default first."""

    payer: int
    invoices: tuple[int, ...]
    amount: Money
    methods: list[Saved]


@dataclass(frozen=True, slots=True)
class Share:
    """What of a payment goes to one bill."""

    bill: Invoice
    amount: Money

    @property
    def left(self) -> Money:
        return self.bill.open_money - self.amount


def oldest_first(bills: Iterable[Invoice], minor: int) -> list[Share]:
    """As the engine splits it at the claim (charging/send.py): the oldest bill first, until `minor` is used up."""
    shares = []
    for bill in sorted(bills, key=lambda each: each.id):
        part = min(minor, bill.open)
        minor -= part
        if part > 0:
            shares.append(Share(bill, Money(part, bill.currency)))
    return shares


def till(tx: Tx, payer: int, invoices: tuple[int, ...], amount: Money) -> Till:
    return Till(payer, invoices, amount, saved_methods(tx, [payer]))
