"""A practice's account as each of its products shows it: amount due, this bill, what is on its way, what comes next (A6, A50, A52)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.http import Http404

from autopay.billing.bank_days import add_bank_days
from autopay.billing.bill import days_in_month
from autopay.charging import monthly
from autopay.charging.charge import ChargeNow, Hold, Why
from autopay.charging.facts import gather
from autopay.clock import local_date
from autopay.database import Tx
from autopay.money import Money
from autopay.sentences import Story, why
from autopay.surfaces.shared.biller import Biller, biller
from autopay.surfaces.shared.invoices import Invoice, Line, invoice_lines, invoices, payable
from autopay.surfaces.shared.standing import Standing, standings
from autopay.surfaces.shared.visitor import Visitor

SHOWN_AFTER = 3
"""Bank days until an online payment shows in the balance: 2-3, so it is told with the later one (A52)."""


@dataclass(frozen=True, slots=True)
class Practice:
    id: int
    uid: UUID
    name: str
    bill_day: int


@dataclass(frozen=True, slots=True)
class Figure:
    """The amount due as of its last refresh: display only (A52)."""

    amount: Money
    as_of: datetime


@dataclass(frozen=True, slots=True)
class OnItsWay:
    """Paid online, or being paid, and not in the balance yet."""

    amount: Money
    on: date
    shows_by: date
    paid: bool
    charge: UUID


@dataclass(frozen=True, slots=True)
class Coming:
    """The next automatic charge as the engine would decide it on that day; `why` when it would not be made."""

    amount: Money
    on: date
    method: str
    why: str


@dataclass(frozen=True, slots=True)
class Account:
    biller: Biller
    practice: Practice
    standing: Standing
    figure: Figure
    bills: list[Invoice]
    lines: list[Line]
    on_its_way: list[OnItsWay]
    coming: Coming | None
    payable: tuple[Invoice, ...]
    """The open bills that Pay Now would pay, all together."""
    next_bill: date
    now: datetime

    @property
    def enrolled(self) -> bool:
        """The one question behind the red and the green box: nothing else makes it green (A19, A46)."""
        return self.standing.switch == "on"

    @property
    def late(self) -> Invoice | None:
        """The oldest open bill whose due day has passed."""
        today = local_date(self.now, self.biller.zone)
        passed = [each for each in self.bills if each.open > 0 and each.due_on < today]
        return passed[-1] if passed else None

    @property
    def days_late(self) -> int:
        return (local_date(self.now, self.biller.zone) - self.late.due_on).days if self.late else 0

    @property
    def newest(self) -> Invoice | None:
        return self.bills[0] if self.bills else None

    @property
    def to_pay(self) -> Money:
        return Money(sum(each.open for each in self.payable), self.biller.currency)


def account(tx: Tx, visitor: Visitor) -> Account:
    house = biller(tx)
    practice = tx.one(
        Practice, "select id, uid, name, bill_day from payer where id = %(payer)s and kind = 'account'", payer=visitor.payer
    )
    if practice is None:
        raise Http404
    standing = standings(tx, [practice.id])[practice.id]
    bills = invoices(tx, [practice.id])
    return Account(
        house,
        practice,
        standing,
        _figure(tx, practice.id, house, bills, visitor.now),
        bills,
        invoice_lines(tx, bills[0].id) if bills else [],
        _on_its_way(tx, practice.id, house, visitor),
        _coming(tx, standing, bills, house, visitor.now),
        tuple(each for each in bills if standing.connected and payable(each, visitor.now)),
        next_bill_day(practice.bill_day, house.today(visitor)),
        visitor.now,
    )


@dataclass(frozen=True, slots=True)
class _Balance:
    minor: int
    as_of: datetime


def next_bill_day(anchor: int, today: date) -> date:
    """The first bill day after today; an anchor day of 29 to 31 falls on the last day of a shorter month (design 4.13)."""
    this = today.replace(day=min(anchor, days_in_month(today)))
    if this > today:
        return this
    following = date(today.year + today.month // 12, today.month % 12 + 1, 1)
    return following.replace(day=min(anchor, days_in_month(following)))


def _figure(tx: Tx, payer: int, house: Biller, bills: list[Invoice], now: datetime) -> Figure:
    """Before the first night there is no figure yet: then it is made this moment."""
    row = tx.one(_Balance, "select minor, as_of from balance where payer_id = %(payer)s", payer=payer)
    if row is None:
        return Figure(Money(sum(each.open for each in bills), house.currency), now)
    return Figure(Money(row.minor, house.currency), row.as_of)


@dataclass(frozen=True, slots=True)
class _Moving:
    minor: int
    at: datetime
    paid: bool
    uid: UUID


def _on_its_way(tx: Tx, payer: int, house: Biller, visitor: Visitor) -> list[OnItsWay]:
    """Charges in flight, and payments made online since the last days that the balance may not show yet."""
    moving = tx.all(
        _Moving,
        """select coalesce(minor, asked_minor) as minor, coalesce(settled_at, sent_at, created_at) as at, state = 'paid' as paid, uid
           from charge
           where payer_id = %(payer)s and coalesce(minor, asked_minor) is not null
             and (state in ('sending', 'pending') or (state = 'paid' and trigger = 'pay_now' and settled_at > %(now)s - interval '8 days'))
           order by id desc""",
        payer=payer,
        now=visitor.now,
    )
    today = house.today(visitor)
    told = [_told(each, house) for each in moving]
    return [each for each in told if each.shows_by >= today]


def _told(each: _Moving, house: Biller) -> OnItsWay:
    on = local_date(each.at, house.zone)
    return OnItsWay(Money(each.minor, house.currency), on, add_bank_days(on, SHOWN_AFTER), each.paid, each.uid)


def _coming(tx: Tx, standing: Standing, bills: list[Invoice], house: Biller, now: datetime) -> Coming | None:
    """What the engine would do on the next charge day with the bills that are open now; None when nothing is to come."""
    today = local_date(now, house.zone)
    open_ones = [each for each in bills if each.open > 0]
    days = [each.due_on for each in open_ones if each.due_on >= today]
    if standing.switch != "on" or not days:
        return None
    on = min(days)
    facts = gather(tx, [each.id for each in open_ones])
    decision = monthly.decide(facts, on) if facts else None
    if isinstance(decision, ChargeNow):
        return Coming(Money(decision.minor, house.currency), on, standing.method_words, "")
    total = Money(sum(each.open for each in open_ones), house.currency)
    limit = None if standing.cap_minor is None else Money(standing.cap_minor, house.currency)
    reason = decision.why if decision else Why.NOTHING_OPEN
    until = decision.until if isinstance(decision, Hold) else None
    return Coming(total, on, standing.method_words, why(Story(reason, visit=False, until=until, limit=limit)))
