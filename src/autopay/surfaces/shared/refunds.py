"""Refunds of one invoice as the screens show them, and what could still be sent back (V37)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from autopay.database import Tx
from autopay.money import Money
from autopay.sentences import because

REFUNDS = """
    select r.minor, r.state, r.note, r.reason, r.created_at as at, i.currency from refund r join invoice i on i.id = r.invoice_id
    where r.invoice_id = %(invoice)s order by r.id desc
"""


@dataclass(frozen=True, slots=True)
class Refund:
    minor: int
    state: str
    note: str
    reason: str
    at: datetime
    currency: str

    @property
    def amount(self) -> Money:
        return Money(self.minor, self.currency)

    @property
    def open(self) -> bool:
        return self.state in ("due", "sending")

    @property
    def because(self) -> str:
        return because(self.reason)


def refunds(tx: Tx, invoice: int) -> list[Refund]:
    return tx.all(Refund, REFUNDS, invoice=invoice)
