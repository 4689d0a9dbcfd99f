"""A practice's account as each of its products shows it: amount due, this bill, what is on its way, what comes next (A6, A50, A52)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.http import Http404

from autopay.billing.bill_day import BillDay, bill_day
from autopay.clock import local_date
from autopay.database import Tx
from autopay.money import Money
from autopay.surfaces.shared.balance import Figures, OnItsWay, figures, on_its_way
from autopay.surfaces.shared.biller import Biller, biller
from autopay.surfaces.shared.coming import Coming, coming
from autopay.surfaces.shared.invoices import PAYABLE, Invoice, Line, invoice, invoice_lines, open_and_newest, payable, shown
from autopay.surfaces.shared.payment import Shown
from autopay.surfaces.shared.standing import Standing, standings
from autopay.surfaces.shared.visitor import Visitor


@dataclass(frozen=True, slots=True)
class Practice:
    id: int
    uid: UUID
    name: str
    bill_day: int


@dataclass(frozen=True, slots=True)
class Account:
    biller: Biller
    practice: Practice
    standing: Standing
    figure: Figures
    bills: list[Invoice]
    """The open ones and the newest, newest first; all of them are in the history."""
    lines: list[Line]
    on_its_way: list[OnItsWay]
    coming: Coming | None
    payable: tuple[Invoice, ...]
    """The open bills that Pay Now would pay, all together."""
    next_bill: date
    now: datetime

    @property
    def today(self) -> date:
        """Local to the biller."""
        return local_date(self.now, self.biller.zone)

    @property
    def enrolled(self) -> bool:
        """The one question behind the red and the green box: nothing else makes it green (A19, A46)."""
        return self.standing.switch == "on"

    @property
    def open_now(self) -> Money:
        """Of all bills, this moment; `figure` is what the account sees."""
        return Money(sum(each.open for each in self.bills), self.biller.currency)

    @property
    def cap(self) -> Money | None:
        """Above it a charge waits for the account's yes."""
        minor = self.standing.cap_minor
        return None if minor is None else Money(minor, self.biller.currency)

    @property
    def late(self) -> Invoice | None:
        """The oldest open bill whose due day has passed and for which nothing is on its way or being looked at."""
        passed = [each for each in self.bills if each.due_on < self.today and shown(each, self.now) in PAYABLE]
        return passed[-1] if passed else None

    @property
    def looked_at(self) -> bool:
        """The payment company's books and ours differ about an open bill: a person looks at it first."""
        return any(shown(each, self.now) is Shown.DIFFERS for each in self.bills)

    @property
    def days_late(self) -> int:
        return (self.today - self.late.due_on).days if self.late else 0

    @property
    def due_on(self) -> date | None:
        """The next day on which something open is due; None while nothing is open."""
        return min((each.due_on for each in self.bills if each.open > 0), default=None)

    @property
    def newest(self) -> Invoice | None:
        return self.bills[0] if self.bills else None

    @property
    def to_pay(self) -> Money:
        return Money(sum(each.open for each in self.payable), self.biller.currency)


def account(tx: Tx, visitor: Visitor) -> Account:
    """The account whose own people look."""
    return account_of(tx, visitor.payer, visitor.now)


def account_of(tx: Tx, payer: int | None, now: datetime) -> Account:
    house = biller(tx)
    practice = tx.one(
        Practice, "select id, uid, name, bill_day from payer where id = %(payer)s and kind = 'account'", payer=payer
    )
    if practice is None:
        raise Http404
    today = local_date(now, house.zone)
    standing = standings(tx, [practice.id])[practice.id]
    bills = open_and_newest(tx, practice.id)
    nightly = figures(tx, practice.id, house)
    night = local_date(nightly.as_of, house.zone) if nightly else today
    moving = on_its_way(tx, practice.id, house, night)
    next_bill = (bill_day(tx, practice.id, today) or BillDay(practice.bill_day, practice.bill_day)).after(today)
    return Account(
        house,
        practice,
        standing,
        nightly or _figures_now(bills, moving, house, now),
        bills,
        invoice_lines(tx, bills[0].id) if bills else [],
        moving,
        coming(tx, standing, today, house.currency, next_bill),
        tuple(each for each in bills if standing.connected and payable(each, now)),
        next_bill,
        now,
    )


def bill_of(tx: Tx, visitor: Visitor, uid: UUID) -> Invoice:
    """One bill of the visitor's own account, however old; Http404 for anybody else's."""
    found = invoice(tx, uid)
    if found is None or found.payer != visitor.payer:
        raise Http404
    return found


def _figures_now(bills: list[Invoice], moving: list[OnItsWay], house: Biller, now: datetime) -> Figures:
    """Before the first night there are no figures yet: then they are made this moment, by the rule of the night."""
    due = sum(each.open for each in bills)
    paid = sum(each.amount.minor for each in moving if each.paid)
    return Figures(Money(due, house.currency), Money(due + paid, house.currency), now)
