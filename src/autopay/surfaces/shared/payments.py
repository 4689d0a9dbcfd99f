"""Payments that were made, as Payment History lists them: newest first (V9, A56)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.utils.translation import gettext as _

from autopay import words
from autopay.charging.charge import Trigger
from autopay.clock import local_date
from autopay.database import Tx
from autopay.money import Money
from autopay.surfaces.shared.invoices import RETURNABLE

PAYMENTS = """
    select c.uid as charge, i.uid as invoice, i.number, i.kind, i.payer_id as payer, i.currency, i.issued_on, v."on" as visit_on, b.zone,
           p.minor, coalesce(r.minor, 0) as refunded, c.settled_at as at, null::date as received_on, c.trigger, '' as how,
           m.kind as method_kind, m.brand, m.last4
    from unnest(%(payers)s::bigint[]) as mine (payer)
    cross join lateral (select c.* from charge c where c.payer_id = mine.payer and c.state = 'paid'
                        order by c.settled_at desc limit %(limit)s) c
    join charge_part p on p.charge_id = c.id
    join invoice i on i.id = p.invoice_id
    join biller b on b.id = i.biller_id
    join method m on m.id = c.method_id
    left join visit v on v.id = i.visit_id
    left join lateral (select sum(r.minor)::bigint as minor from refund r
                       where r.charge_id = c.id and r.invoice_id = i.id and r.state = 'done') r on true
    union all
    select null, i.uid, i.number, i.kind, i.payer_id, i.currency, i.issued_on, v."on", b.zone, e.minor, 0,
           null, e.received_on, '', e.how, '', '', ''
    from invoice i
    join elsewhere e on e.invoice_id = i.id
    join biller b on b.id = i.biller_id
    left join visit v on v.id = i.visit_id
    where i.payer_id = any(%(payers)s::bigint[])
    order by at desc nulls last, received_on desc, number desc
"""


@dataclass(frozen=True, slots=True)
class Made:
    """One payment of one invoice: by a charge (`at`, `trigger`, method), or elsewhere (`received_on`, `how`)."""

    charge: UUID | None
    invoice: UUID
    number: int
    kind: str
    payer: int
    currency: str
    issued_on: date
    visit_on: date | None
    zone: str
    minor: int
    refunded: int
    at: datetime | None
    received_on: date | None
    trigger: str
    how: str
    method_kind: str
    brand: str
    last4: str

    @property
    def on(self) -> date:
        return local_date(self.at, self.zone) if self.at else self.received_on or self.issued_on

    @property
    def amount(self) -> Money:
        return Money(self.minor, self.currency)

    @property
    def sent_back(self) -> Money:
        return Money(self.refunded, self.currency)

    @property
    def title(self) -> str:
        if self.visit_on:
            return _("Visit on %(day)s") % {"day": words.short_day(self.visit_on)}
        return _("Bill of %(day)s") % {"day": words.short_day(self.issued_on)}

    @property
    def by(self) -> str:
        """How it came about, in two words."""
        if self.how:
            return _("the office")
        if self.trigger == Trigger.PAY_NOW:
            return _("Pay Now")
        return _("Auto-Pay") if self.kind == "visit" else _("Autopay")

    @property
    def method(self) -> str:
        return self.how.capitalize() if self.how else words.method(self.brand, self.last4, bank=self.method_kind == "bank")

    @property
    def returnable_until(self) -> date | None:
        """A bank debit can still come back until then (V14)."""
        return self.on + RETURNABLE if self.method_kind == "bank" else None


def payments(tx: Tx, payers: Iterable[int], limit: int = 100) -> list[Made]:
    """The `limit` newest of each payer, by the day they were made, newest first."""
    made = sorted(tx.all(Made, PAYMENTS, payers=list(payers), limit=limit), key=lambda each: (each.on, each.number), reverse=True)
    kept: Counter[int] = Counter()
    newest = []
    for each in made:
        kept[each.payer] += 1
        if kept[each.payer] <= limit:
            newest.append(each)
    return newest


def newest_of(made: list[Made], payer: int) -> Made | None:
    """Of one payer; `made` is sorted by day, whichever way it was paid."""
    mine = sorted((each for each in made if each.payer == payer), key=lambda each: each.on, reverse=True)
    return mine[0] if mine else None


def still_returnable(each: Made, today: date) -> date | None:
    until = each.returnable_until
    return until if until and until > today else None
