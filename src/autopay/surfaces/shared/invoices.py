"""Invoices as the screens show them. What is said is worked out from the rows the engine uses, never stored beside them (design 4.6)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from django.utils.translation import gettext as _

from autopay import sentences, words
from autopay.charging.charge import State, Trigger, Why
from autopay.clock import local_date
from autopay.database import Tx
from autopay.money import Money
from autopay.surfaces.shared.payment import Badge, Box, Payment, Shown, badge, box
from autopay.surfaces.shared.staff_payment import STAFF_SENTENCES

SOON = timedelta(seconds=30)
"""A charge that was to go out longer ago than this waits for something: the worker or the payment company."""
RETURNABLE = timedelta(days=60)
"""A consumer's bank can send a debit back for 60 days (rule N6)."""

INVOICES = """
    select i.id, i.uid, i.number, i.kind, i.payer_id as payer, i.currency, i.issued_on, i.due_on, v."on" as visit_on, b.zone,
           i.total, i.captured, i.returned, i.refunded, i.elsewhere, i.voided_at is not null as voided, i.blocked <> '' as blocked,
           case when i.voided_at is null then i.total - i.captured + i.returned - i.elsewhere else 0 end as open,
           i.why, i.why_until, a.cap_minor, coalesce(c.state, '') as state, coalesce(c.trigger, '') as trigger,
           coalesce(c.reason, '') as reason, coalesce(c.link, '') as link, coalesce(c.minor, c.asked_minor) as charged,
           c.run_at, c.sent_at, c.settled_at,
           coalesce(m.kind, '') as method_kind, coalesce(m.brand, '') as brand, coalesce(m.last4, '') as last4,
           case when c.state = 'paid' then c.uid end as receipt, c.uid as charge
    from invoice i
    join biller b on b.id = i.biller_id
    join agreement a on a.payer_id = i.payer_id
    left join visit v on v.id = i.visit_id
    left join lateral (
        select c.uid, coalesce(p.minor, c.minor) as minor, c.state, c.trigger, c.reason, c.link, c.asked_minor, c.run_at,
               c.sent_at, c.settled_at, coalesce(c.method_id, c.chosen_method_id) as method
        from charge_part p join charge c on c.id = p.charge_id
        where p.invoice_id = i.id and c.state <> 'withdrawn'
        order by p.live desc, c.id desc limit 1) c on true
    left join method m on m.id = c.method
"""


@dataclass(frozen=True, slots=True)
class Invoice:
    """Amounts in minor units. `state` to `last4` are its latest charge that was not withdrawn, empty without one."""

    id: int
    uid: UUID
    number: int
    kind: str
    payer: int
    currency: str
    issued_on: date
    due_on: date
    visit_on: date | None
    zone: str
    total: int
    captured: int
    returned: int
    refunded: int
    elsewhere: int
    voided: bool
    blocked: bool
    open: int
    why: str
    why_until: date | None
    cap_minor: int | None
    state: str
    trigger: str
    reason: str
    link: str
    charged: int | None
    run_at: datetime | None
    sent_at: datetime | None
    settled_at: datetime | None
    method_kind: str
    brand: str
    last4: str
    receipt: UUID | None
    """The charge whose receipt there is."""
    charge: UUID | None
    """The latest charge that was not withdrawn."""

    @property
    def total_money(self) -> Money:
        return Money(self.total, self.currency)

    @property
    def open_money(self) -> Money:
        return Money(self.open, self.currency)

    @property
    def paid_money(self) -> Money:
        return Money(self.captured - self.returned + self.elsewhere, self.currency)

    @property
    def refunded_money(self) -> Money:
        return Money(self.refunded, self.currency)

    @property
    def holds_no_money(self) -> bool:
        """It can be taken back: nothing was paid that is not sent back, nothing is on its way."""
        moved = self.captured - self.returned - self.refunded + self.elsewhere
        return not self.voided and moved == 0 and self.state not in _BY_STATE

    @property
    def method(self) -> str:
        return words.method(self.brand, self.last4, bank=self.method_kind == "bank") if self.last4 else ""

    @property
    def title(self) -> str:
        if self.visit_on:
            return _("Visit on %(day)s") % {"day": words.short_day(self.visit_on)}
        return _("Bill of %(day)s") % {"day": words.short_day(self.issued_on)}

    @property
    def why_sentence(self) -> str:
        if self.blocked and self.state not in _BY_STATE:
            return sentences.why(sentences.Story(Why.BLOCKED, self.kind == "visit"))
        if self.state == State.PAID and self.trigger == Trigger.PAY_NOW and self.open > 0:
            part = words.money(Money(self.charged or 0, self.currency))
            told = {"part": part, "open": words.money(self.open_money)}
            return _("%(part)s of it was paid with Pay Now. %(open)s is still open.") % told
        limit = None if self.cap_minor is None else Money(self.cap_minor, self.currency)
        story = sentences.Story(
            self.why, self.kind == "visit", self.trigger, self.state, self.reason, self.method, self.why_until, limit
        )
        return sentences.why(story)


OPEN = "i.voided_at is null and i.total > i.captured - i.returned + i.elsewhere"


def invoices(tx: Tx, payers: Iterable[int], limit: int = 200) -> list[Invoice]:
    """The newest of these payers, newest first."""
    sql = INVOICES + " where i.payer_id = any(%(payers)s::bigint[]) order by i.number desc limit %(limit)s"
    return tx.all(Invoice, sql, payers=list(payers), limit=limit)


def open_invoices(tx: Tx, payers: Iterable[int], limit: int = 200) -> list[Invoice]:
    """What these payers still owe, newest first. Does not grow with history."""
    sql = INVOICES + f" where i.payer_id = any(%(payers)s::bigint[]) and {OPEN} order by i.number desc limit %(limit)s"
    return tx.all(Invoice, sql, payers=list(payers), limit=limit)


def open_and_recent(tx: Tx, payer: int, recent: int) -> tuple[list[Invoice], bool]:
    """What one payer still owes and the `recent` newest, newest first; and whether there are older ones that are not open."""
    sql = (
        INVOICES
        + f""" where i.payer_id = %(payer)s
        and (({OPEN}) or i.id in (select n.id from invoice n where n.payer_id = %(payer)s order by n.number desc limit %(recent)s))
        order by i.number desc limit %(limit)s"""
    )
    found = tx.all(Invoice, sql, payer=payer, recent=recent + 1, limit=recent + 200)
    return [*found[:recent], *(each for each in found[recent:] if each.open > 0)], len(found) > recent


def open_and_newest(tx: Tx, payer: int) -> list[Invoice]:
    """What one payer still owes, and the newest bill whatever became of it; newest first. Does not grow with history."""
    sql = (
        INVOICES
        + """ where i.payer_id = %(payer)s
        and ((i.voided_at is null and i.total > i.captured - i.returned + i.elsewhere)
             or i.number = (select max(n.number) from invoice n where n.payer_id = %(payer)s and n.voided_at is null))
        order by i.number desc"""
    )
    return tx.all(Invoice, sql, payer=payer)


def invoices_of(tx: Tx, ids: Iterable[int]) -> dict[int, Invoice]:
    return {each.id: each for each in tx.all(Invoice, INVOICES + " where i.id = any(%(ids)s::bigint[])", ids=list(ids))}


def invoice(tx: Tx, uid: UUID) -> Invoice | None:
    return tx.one(Invoice, INVOICES + " where i.uid = %(uid)s", uid=uid)


def shown(each: Invoice, now: datetime) -> Shown:
    """What a person sees: an open question first, then money, then what waits."""
    if each.voided:
        return Shown.VOID
    if each.state in _BY_STATE:
        return _BY_STATE[each.state]
    if each.blocked:
        return Shown.DIFFERS
    if each.state == State.DUE and each.run_at is not None:
        return Shown.BEING_PAID if now - SOON <= each.run_at <= now and each.sent_at is None else Shown.WAITING
    if each.total == 0:
        return Shown.NOTHING
    if each.open <= 0:
        return Shown.REFUNDED if 0 < each.total <= each.refunded else Shown.PAID
    if each.state in _ENDED_BADLY:
        return _ENDED_BADLY[each.state]
    return Shown.NEEDS_OK if each.why == "over_cap" else Shown.OPEN


_BY_STATE: dict[str, Shown] = {
    State.SENDING: Shown.BEING_PAID,
    State.NEEDS_PAYER: Shown.CONFIRM,
    State.UNKNOWN: Shown.NOT_KNOWN,
    State.PENDING: Shown.ON_ITS_WAY,
}
_ENDED_BADLY: dict[str, Shown] = {State.FAILED: Shown.FAILED, State.RETURNED: Shown.SENT_BACK}
CHARGE_SHOWN: dict[str, Shown] = {**_BY_STATE, **_ENDED_BADLY, State.PAID: Shown.PAID}
"""Of one charge that was sent, whatever became of its invoice since."""
PAYABLE = frozenset({Shown.OPEN, Shown.FAILED, Shown.SENT_BACK, Shown.NEEDS_OK})


def payable(each: Invoice, now: datetime) -> bool:
    """Pay Now is offered: something is open, nothing is on its way, and nobody has to look at it first."""
    held = each.state == State.DUE and each.why_until is not None
    return each.open > 0 and not each.blocked and (held or shown(each, now) in PAYABLE)


def following(each: Invoice) -> bool:
    """An answer is on its way: the page asks again by itself."""
    sent = each.state in (State.SENDING, State.UNKNOWN)
    return sent or (each.state == State.DUE and each.why_until is None)


def invoice_badge(each: Invoice, now: datetime) -> Badge:
    return badge(shown(each, now))


def invoice_box(each: Invoice, now: datetime, todo: str = "") -> Box:
    return box(_payment(each, shown(each, now), todo))


def staff_box(each: Invoice, now: datetime) -> Box:
    """The same facts in the words for the biller's staff."""
    return box(_payment(each, shown(each, now), ""), STAFF_SENTENCES)


def _payment(each: Invoice, state: Shown, todo: str) -> Payment:
    bank = each.method_kind == "bank"
    at = each.settled_at or each.sent_at
    on = local_date(at, each.zone) if at else None
    until = on + RETURNABLE if bank and on and state is Shown.PAID else each.why_until
    minor = _amount(each, state)
    limit = None if each.cap_minor is None else Money(each.cap_minor, each.currency)
    paid = each.paid_money if each.paid_money.minor > 0 else None
    return Payment(
        state, Money(minor, each.currency), each.method, bank, on, until, each.reason, limit, todo, zone=each.zone, paid=paid
    )


def _amount(each: Invoice, state: Shown) -> int:
    if state is Shown.REFUNDED:
        return each.refunded
    if state in (Shown.OPEN, Shown.NEEDS_OK, Shown.WAITING, Shown.FAILED, Shown.VOID):
        return each.open or each.total
    return each.charged or each.open or each.total


@dataclass(frozen=True, slots=True)
class Line:
    text: str
    quantity: int
    unit_minor: int
    minor: int
    price_source: str
    currency: str

    @property
    def amount(self) -> Money:
        return Money(self.minor, self.currency)

    @property
    def unit(self) -> Money:
        return Money(self.unit_minor, self.currency)

    @property
    def source(self) -> str:
        return words.price_source(self.price_source)


def invoice_lines(tx: Tx, invoice_id: int) -> list[Line]:
    sql = """select l.text, l.quantity, l.unit_minor, l.minor, l.price_source, i.currency
             from invoice_line l join invoice i on i.id = l.invoice_id where l.invoice_id = %(invoice)s order by l.id"""
    return tx.all(Line, sql, invoice=invoice_id)
