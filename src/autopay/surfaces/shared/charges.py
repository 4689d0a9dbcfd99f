"""Every charge of one payer, whatever became of it, and the holds that checked its cards, which are no charges (A56, A60)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.utils.translation import gettext as _

from autopay import sentences, words
from autopay.charging.charge import State, Trigger
from autopay.database import Tx
from autopay.money import Money
from autopay.sentences import Story, because
from autopay.surfaces.shared.payment import Badge, Shown, badge

CHARGES = """
    select c.uid, c.trigger, c.state, c.reason, c.currency, c.created_at, c.run_at, c.sent_at, c.settled_at,
           coalesce(c.minor, c.asked_minor, case when c.state = 'due' then covered.open end)::bigint as minor,
           covered.numbers, covered.invoices,
           coalesce(m.kind, '') as method_kind, coalesce(m.brand, '') as brand, coalesce(m.last4, '') as last4
    from charge c
    join lateral (
        select array_agg(i.number order by i.number) as numbers, array_agg(i.uid::text order by i.number) as invoices,
               sum(i.total - i.captured + i.returned - i.elsewhere) as open
        from charge_part p join invoice i on i.id = p.invoice_id where p.charge_id = c.id) covered on true
    left join method m on m.id = coalesce(c.method_id, c.chosen_method_id)
    where c.payer_id = %(payer)s order by c.id desc limit %(limit)s
"""
HOLDS = """
    select m.kind as method_kind, m.brand, m.last4, m.hold_minor as minor, b.currency, m.hold_placed_at as placed_at,
           m.hold_released_at as released_at
    from method m join biller b on b.id = m.biller_id
    where m.payer_id = %(payer)s and m.hold_placed_at is not null and m.hold_minor is not null order by m.id desc
"""
SHOWN = {
    State.SENDING: Shown.BEING_PAID,
    State.NEEDS_PAYER: Shown.CONFIRM,
    State.UNKNOWN: Shown.NOT_KNOWN,
    State.PENDING: Shown.ON_ITS_WAY,
    State.PAID: Shown.PAID,
    State.FAILED: Shown.FAILED,
    State.RETURNED: Shown.SENT_BACK,
    State.DUE: Shown.WAITING,
}


@dataclass(frozen=True, slots=True)
class Charge:
    """`minor`: what was or will be taken; of a due one what stands open now; None of one that was never sent.

    `numbers` and `invoices` (public ids) go together.
    """

    uid: UUID
    trigger: str
    state: str
    reason: str
    currency: str
    created_at: datetime
    run_at: datetime
    sent_at: datetime | None
    settled_at: datetime | None
    minor: int | None
    numbers: list[int]
    invoices: list[str]
    method_kind: str
    brand: str
    last4: str

    @property
    def at(self) -> datetime:
        """When it was sent; before that, when it is to be."""
        return self.sent_at or (self.run_at if self.state == State.DUE else self.created_at)

    @property
    def amount(self) -> Money | None:
        return None if self.minor is None else Money(self.minor, self.currency)

    @property
    def bills(self) -> list[tuple[int, str]]:
        return list(zip(self.numbers, self.invoices, strict=True))

    @property
    def method(self) -> str:
        return words.method(self.brand, self.last4, bank=self.method_kind == "bank") if self.last4 else ""

    @property
    def by(self) -> str:
        return _("Pay Now") if self.trigger == Trigger.PAY_NOW else _("Autopay")

    @property
    def badge(self) -> Badge:
        if self.state == State.WITHDRAWN:
            return Badge("off", "ban", _("Not sent"))
        return badge(SHOWN[State(self.state)])

    @property
    def sentence(self) -> str:
        """Why it came to nothing; empty while there is nothing to explain."""
        if self.state == State.WITHDRAWN:
            return sentences.why(Story(self.reason, visit=False)) or _("It was taken back before it was sent.")
        if self.state in (State.FAILED, State.RETURNED):
            return because(self.reason)
        return _("The payment company did not answer. We are asking it.") if self.state == State.UNKNOWN else ""


@dataclass(frozen=True, slots=True)
class CardHold:
    """A small authorization that checked a card before it was saved (A22)."""

    method_kind: str
    brand: str
    last4: str
    minor: int
    currency: str
    placed_at: datetime
    released_at: datetime | None

    @property
    def amount(self) -> Money:
        return Money(self.minor, self.currency)

    @property
    def method(self) -> str:
        return words.method(self.brand, self.last4, bank=self.method_kind == "bank")


def charges(tx: Tx, payer: int, limit: int = 200) -> list[Charge]:
    return tx.all(Charge, CHARGES, payer=payer, limit=limit)


def card_holds(tx: Tx, payer: int) -> list[CardHold]:
    return tx.all(CardHold, HOLDS, payer=payer)
