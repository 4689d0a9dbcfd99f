"""One payment of an account, followed to its end, with the bills it covers (A53, A56). It shows an automatic charge as well."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from autopay import words
from autopay.billing.bank_days import add_bank_days
from autopay.charging.charge import State, Trigger
from autopay.clock import local_date
from autopay.money import Money
from autopay.parties.permissions import Act
from autopay.surfaces.shared.balance import SHOWN_BY
from autopay.surfaces.shared.invoices import RETURNABLE, SOON
from autopay.surfaces.shared.payment import Box, Payment, Shown, box
from autopay.surfaces.shared.place import for_accounts, place_of
from autopay.surfaces.shared.visitor import Visitor

CHARGE = """
    select c.id, c.uid, c.state, c.trigger, c.reason, c.link, c.currency, coalesce(c.minor, c.asked_minor) as minor,
           c.run_at, c.sent_at, c.settled_at, b.zone,
           coalesce(m.kind, '') as method_kind, coalesce(m.brand, '') as brand, coalesce(m.last4, '') as last4
    from charge c join biller b on b.id = c.biller_id left join method m on m.id = coalesce(c.method_id, c.chosen_method_id)
    where c.uid = %(uid)s and c.payer_id = %(payer)s
"""
PARTS = """
    select i.uid, i.number, p.minor, i.total, i.currency,
           case when i.voided_at is null then i.total - i.captured + i.returned - i.elsewhere else 0 end as open
    from charge_part p join invoice i on i.id = p.invoice_id where p.charge_id = %(charge)s order by i.id
"""


@dataclass(frozen=True, slots=True)
class Charge:
    """`minor` is None for an automatic charge that was not sent: its amount is fixed when it is."""

    id: int
    uid: UUID
    state: str
    trigger: str
    reason: str
    link: str
    currency: str
    minor: int | None
    run_at: datetime
    sent_at: datetime | None
    settled_at: datetime | None
    zone: str
    method_kind: str
    brand: str
    last4: str

    @property
    def bank(self) -> bool:
        return self.method_kind == "bank"

    @property
    def method(self) -> str:
        return words.method(self.brand, self.last4, bank=self.bank) if self.last4 else ""

    @property
    def by_person(self) -> bool:
        return self.trigger == Trigger.PAY_NOW

    @property
    def receipt(self) -> UUID | None:
        return self.uid if self.state == State.PAID else None

    @property
    def following(self) -> bool:
        """The page asks again by itself."""
        return self.state in (State.DUE, State.SENDING, State.UNKNOWN)

    @property
    def may_pay_again(self) -> bool:
        return self.state in (State.FAILED, State.RETURNED, State.WITHDRAWN)


@dataclass(frozen=True, slots=True)
class Part:
    """What of the payment goes to one invoice; before it is sent, what would go."""

    uid: UUID
    number: int
    minor: int | None
    total: int
    currency: str
    open: int

    @property
    def amount(self) -> Money:
        return Money(self.minor or 0, self.currency)

    @property
    def of(self) -> Money:
        return Money(self.total, self.currency)


@for_accounts
def payment(request: HttpRequest, visitor: Visitor, slug: str, uid: UUID) -> HttpResponse:
    visitor.must_be_allowed(Act.SEE_OWN)
    with visitor.reading() as tx:
        place = place_of(tx, visitor, slug)
        found = tx.one(Charge, CHARGE, uid=uid, payer=place.account.practice.id)
        if found is None:
            raise Http404
        parts = planned(found.minor, tx.all(Part, PARTS, charge=found.id))
    page = {"payment": found, "parts": parts, "box": box_of(found, parts, visitor.now), "waiting": found.following}
    return render(request, "pay/payment.html", place.page | page)


def planned(minor: int | None, parts: Sequence[Part]) -> list[Part]:
    """Until the claim fixes the parts they are what it would make of them: the oldest bill first."""
    if any(each.minor for each in parts):
        return [each for each in parts if each.minor]
    left = sum(each.open for each in parts) if minor is None else minor
    told = []
    for each in parts:
        share = min(left, each.open)
        left -= share
        if share > 0:
            told.append(Part(each.uid, each.number, share, each.total, each.currency, each.open))
    return told


_SHOWN: dict[str, Shown] = {
    State.SENDING: Shown.BEING_PAID,
    State.NEEDS_PAYER: Shown.CONFIRM,
    State.UNKNOWN: Shown.NOT_KNOWN,
    State.PENDING: Shown.ON_ITS_WAY,
    State.PAID: Shown.PAID,
    State.FAILED: Shown.FAILED,
    State.RETURNED: Shown.SENT_BACK,
    State.WITHDRAWN: Shown.NOT_MADE,
}


def box_of(charge: Charge, parts: Sequence[Part], now: datetime, account: bool = True) -> Box:
    """`account`: of a practice; what a patient owes waits for Pay Now (V32)."""
    state = _SHOWN.get(charge.state) or (Shown.BEING_PAID if now - SOON <= charge.run_at <= now else Shown.WAITING)
    at = charge.settled_at or charge.sent_at
    on = local_date(at, charge.zone) if at else None
    until = None
    if state is Shown.WAITING and charge.run_at > now:
        until = local_date(charge.run_at, charge.zone)
    elif on and charge.bank:
        until = add_bank_days(on, SHOWN_BY) if state is Shown.ON_ITS_WAY else on + RETURNABLE
    amount = Money(charge.minor or sum(each.amount.minor for each in parts), charge.currency)
    return box(Payment(state, amount, charge.method, charge.bank, account, on, until, charge.reason, zone=charge.zone))
