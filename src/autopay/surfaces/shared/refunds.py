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
LEFT = """
    select c.id as charge, least(
               i.captured - i.returned - i.refunded - coalesce((select sum(r.minor) from refund r
                   where r.invoice_id = i.id and r.state in ('due', 'sending', 'unknown')), 0),
               p.minor - coalesce((select sum(r.minor) from refund r
                   where r.charge_id = c.id and r.invoice_id = i.id and r.state <> 'failed'), 0))::bigint as left
    from charge_part p join charge c on c.id = p.charge_id join invoice i on i.id = p.invoice_id
    where p.invoice_id = %(invoice)s and c.state = 'paid' and p.minor is not null order by 2 desc, c.id desc limit 1
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


@dataclass(frozen=True, slots=True)
class Left:
    charge: int
    left: int


def refunds(tx: Tx, invoice: int) -> list[Refund]:
    return tx.all(Refund, REFUNDS, invoice=invoice)


def refundable(tx: Tx, invoice: int) -> tuple[int | None, int]:
    """The charge a refund would come from, and up to how many minor units; refunds under way count as refunded."""
    found = tx.one(Left, LEFT, invoice=invoice)
    return (found.charge, max(found.left, 0)) if found else (None, 0)
