"""What a receipt says: what was paid, when, with what, for which invoices, and what was sent back (A54, V40). No word about care."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.http import Http404

from autopay import sentences, words
from autopay.clock import local_date
from autopay.database import Tx
from autopay.money import Money
from autopay.surfaces.shared.invoices import RETURNABLE

PAYMENT = """
    select c.id, c.uid, p.name as payer, c.state = 'returned' as returned, c.reason, c.minor, c.currency,
           coalesce(told.at, c.settled_at) as at, c.settled_at as ended, m.kind = 'bank' as bank, m.brand, m.last4,
           b.name as payee, b.descriptor, b.phone, b.email, b.hours, b.zone
    from charge c
    join payer p on p.id = c.payer_id
    join method m on m.id = c.method_id
    join biller b on b.id = c.biller_id
    left join lateral (select e.at from journal_entry e
                       where e.biller_id = c.biller_id and e.object = 'charge' and e.object_id = c.id and e.action = 'charge paid'
                       order by e.id limit 1) told on true
    where c.uid = %(uid)s and c.payer_id = any(%(payers)s::bigint[])
      and (c.state = 'paid' or (c.state = 'returned' and told.at is not null))
"""
PARTS = """
    select i.number, i.issued_on, p.minor from charge_part p join invoice i on i.id = p.invoice_id
    where p.charge_id = %(charge)s order by i.number
"""
REFUNDS = """
    select i.number, r.minor, coalesce(told.at, r.sent_at) as at
    from refund r
    join invoice i on i.id = r.invoice_id
    left join lateral (select e.at from journal_entry e
                       where e.biller_id = r.biller_id and e.object = 'refund' and e.object_id = r.id and e.action = 'refund done'
                       order by e.id limit 1) told on true
    where r.charge_id = %(charge)s and r.state = 'done' order by r.id
"""


@dataclass(frozen=True, slots=True)
class Payment:
    """A charge that was paid; `returned` if the bank sent it back later, then `ended` is when. Business instants."""

    id: int
    uid: UUID
    payer: str
    returned: bool
    reason: str
    minor: int
    currency: str
    at: datetime
    ended: datetime
    bank: bool
    brand: str
    last4: str
    payee: str
    descriptor: str
    phone: str
    email: str
    hours: str
    zone: str


@dataclass(frozen=True, slots=True)
class _Part:
    number: int
    issued_on: date
    minor: int


@dataclass(frozen=True, slots=True)
class _Refund:
    number: int
    minor: int
    at: datetime


@dataclass(frozen=True, slots=True)
class Line:
    """An invoice, or what was sent back of one, with its amount."""

    number: int
    on: date
    amount: Money


@dataclass(frozen=True, slots=True)
class Receipt:
    payment: Payment
    lines: list[Line]
    refunds: list[Line]
    today: date

    @property
    def number(self) -> str:
        return f"R-{self.payment.id}"

    @property
    def amount(self) -> Money:
        return Money(self.payment.minor, self.payment.currency)

    @property
    def moment(self) -> str:
        """Date and time in the biller's zone."""
        return words.moment(self.payment.at, self.payment.zone)

    @property
    def method(self) -> str:
        return words.method(self.payment.brand, self.payment.last4, bank=self.payment.bank)

    @property
    def left(self) -> Money:
        """What the payee kept."""
        kept = 0 if self.payment.returned else self.payment.minor - sum(each.amount.minor for each in self.refunds)
        return Money(kept, self.payment.currency)

    @property
    def returned_on(self) -> date | None:
        return local_date(self.payment.ended, self.payment.zone) if self.payment.returned else None

    @property
    def because(self) -> str:
        return sentences.because(self.payment.reason)

    @property
    def returnable_until(self) -> date | None:
        until = local_date(self.payment.at, self.payment.zone) + RETURNABLE
        return until if self.payment.bank and not self.payment.returned and until > self.today else None


def receipt(tx: Tx, uid: UUID, payers: Sequence[int], now: datetime) -> Receipt:
    """Of one of these payers; Http404 for anybody else's, and for what was never paid."""
    paid = tx.one(Payment, PAYMENT, uid=uid, payers=list(payers))
    if paid is None:
        raise Http404
    parts = [Line(p.number, p.issued_on, Money(p.minor, paid.currency)) for p in tx.all(_Part, PARTS, charge=paid.id)]
    refunds = tx.all(_Refund, REFUNDS, charge=paid.id)
    back = [Line(r.number, local_date(r.at, paid.zone), Money(r.minor, paid.currency)) for r in refunds]
    return Receipt(paid, parts, back, local_date(now, paid.zone))
