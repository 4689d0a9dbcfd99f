"""The two figures of an account as of last night, and the payments they do not show yet (A40, A52). Nothing is charged from them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from autopay.billing.bank_days import add_bank_days
from autopay.billing.bill import shown_before
from autopay.charging.charge import IN_FLIGHT, State
from autopay.clock import local_date, start_of
from autopay.database import Tx
from autopay.money import Money
from autopay.surfaces.shared.biller import Biller

SHOWN_BY = 3
"""Bank days after which an online payment shows in the balance at the latest: 2-3, so it is told with the later one."""

MOVING = f"""
    select coalesce(c.minor, c.asked_minor) as minor, coalesce(c.settled_at, c.sent_at, c.run_at) as at, c.state, c.uid as charge
    from charge c
    where c.payer_id = %(payer)s and coalesce(c.minor, c.asked_minor) is not null
      and (c.state in ('{"', '".join(sorted(IN_FLIGHT))}') or (c.state = 'due' and c.trigger = 'pay_now')
           or (c.state = 'paid' and c.trigger = 'pay_now' and c.settled_at >= %(since)s))
    order by c.id desc
"""


@dataclass(frozen=True, slots=True)
class Figures:
    """`due` is what was open, `balance` the same before the online payments of the last bank days; `as_of` an instant."""

    due: Money
    balance: Money
    as_of: datetime


@dataclass(frozen=True, slots=True)
class OnItsWay:
    """Paid online, or being paid, and not in the balance yet. Local dates of the biller; `charge` (public id) is the page that follows it."""

    amount: Money
    on: date
    shows_by: date
    state: str
    charge: UUID

    @property
    def paid(self) -> bool:
        return self.state == State.PAID

    @property
    def unknown(self) -> bool:
        """Nobody may say that it is on its way, nor that it is not (design 4.8)."""
        return self.state == State.UNKNOWN

    @property
    def to_confirm(self) -> bool:
        return self.state == State.NEEDS_PAYER


@dataclass(frozen=True, slots=True)
class _Row:
    due_minor: int
    minor: int
    as_of: datetime


def figures(tx: Tx, payer: int, house: Biller) -> Figures | None:
    """As the last night left them; None before an account's first night."""
    row = tx.one(_Row, "select due_minor, minor, as_of from balance where payer_id = %(payer)s", payer=payer)
    return Figures(Money(row.due_minor, house.currency), Money(row.minor, house.currency), row.as_of) if row else None


@dataclass(frozen=True, slots=True)
class _Moving:
    minor: int
    at: datetime
    state: str
    charge: UUID


def on_its_way(tx: Tx, payer: int, house: Biller, night: date) -> list[OnItsWay]:
    """Charges in flight, and the online payments which the figures of `night`, by its own rule, do not count yet."""
    since = start_of(shown_before(night), house.zone)
    return [_told(each, house) for each in tx.all(_Moving, MOVING, payer=payer, since=since)]


def _told(each: _Moving, house: Biller) -> OnItsWay:
    on = local_date(each.at, house.zone)
    return OnItsWay(Money(each.minor, house.currency), on, add_bank_days(on, SHOWN_BY), each.state, each.charge)
