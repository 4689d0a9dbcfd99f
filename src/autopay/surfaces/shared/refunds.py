"""Refunds of one invoice as the screens show them, and what could still be sent back (V37)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from autopay import words
from autopay.charging.refund import LEFT
from autopay.database import Tx
from autopay.money import Money
from autopay.sentences import because

REFUNDS = """
    select r.minor, r.state, r.note, r.reason, coalesce(r.sent_at, r.run_at) as at, i.currency, i.uid as invoice, i.number,
           m.kind as method_kind, m.brand, m.last4
    from refund r join invoice i on i.id = r.invoice_id join charge c on c.id = r.charge_id join method m on m.id = c.method_id
"""
SENDABLE = f"""
    select able.left, c.currency, m.kind as method_kind, m.brand, m.last4
    from ({LEFT}) able join charge c on c.id = able.charge join method m on m.id = c.method_id where able.left > 0
"""


@dataclass(frozen=True, slots=True)
class Refund:
    minor: int
    state: str
    note: str
    reason: str
    at: datetime
    currency: str
    invoice: UUID
    number: int
    method_kind: str
    brand: str
    last4: str

    @property
    def amount(self) -> Money:
        return Money(self.minor, self.currency)

    @property
    def method(self) -> str:
        return words.method(self.brand, self.last4, bank=self.method_kind == "bank")

    @property
    def open(self) -> bool:
        """An answer is still to come: the page follows it."""
        return self.state in ("due", "sending", "unknown")

    @property
    def unknown(self) -> bool:
        return self.state == "unknown"

    @property
    def because(self) -> str:
        return because(self.reason)


@dataclass(frozen=True, slots=True)
class Sendable:
    """What can be sent back at once, and where it came from."""

    amount: Money
    method: str


@dataclass(frozen=True, slots=True)
class _Source:
    left: int
    currency: str
    method_kind: str
    brand: str
    last4: str


def refunds(tx: Tx, invoice: int) -> list[Refund]:
    return tx.all(Refund, REFUNDS + " where r.invoice_id = %(invoice)s order by r.id desc", invoice=invoice)


def refunds_of_payer(tx: Tx, payer: int, limit: int = 200) -> list[Refund]:
    return tx.all(Refund, REFUNDS + " where c.payer_id = %(payer)s order by r.id desc limit %(limit)s", payer=payer, limit=limit)


def sendable(tx: Tx, invoice: int) -> Sendable | None:
    """The engine's own answer to what is left to refund."""
    source = tx.one(_Source, SENDABLE, invoice=invoice)
    if source is None:
        return None
    method = words.method(source.brand, source.last4, bank=source.method_kind == "bank")
    return Sendable(Money(source.left, source.currency), method)
