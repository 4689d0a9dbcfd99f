"""Saved cards and bank accounts as the screens list them. A card typed for one payment is not among them."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from django.utils.translation import gettext as _

from autopay import words
from autopay.database import Tx

SOON = timedelta(days=30)

METHODS = """
    select m.id, m.uid, m.payer_id as payer, m.kind, m.brand, m.last4, m.exp_month, m.exp_year, m.verified, m.is_default,
           coalesce((select c.state in ('failed', 'returned') from charge c
                     where c.method_id = m.id and c.state in ('paid', 'pending', 'failed', 'returned') order by c.id desc limit 1),
                    false) as last_failed
    from method m
    where m.payer_id = any(%(payers)s::bigint[]) and m.state = 'usable' and {which}
    order by m.is_default desc, m.id
"""
KEPT = METHODS.format(which="not m.once")
TYPED = METHODS.format(which="m.once and m.uid = %(uid)s and not exists (select from charge c where c.chosen_method_id = m.id)")


@dataclass(frozen=True, slots=True)
class Saved:
    id: int
    uid: UUID
    payer: int
    kind: str
    brand: str
    last4: str
    exp_month: int | None
    exp_year: int | None
    verified: bool
    is_default: bool
    last_failed: bool

    @property
    def bank(self) -> bool:
        return self.kind == "bank"

    @property
    def name(self) -> str:
        return words.method(self.brand, self.last4, bank=self.bank)

    @property
    def expires(self) -> str:
        return (
            _("Expires %(month)02d/%(year)02d") % {"month": self.exp_month, "year": (self.exp_year or 0) % 100}
            if self.exp_month
            else ""
        )

    def expired(self, today: date) -> bool:
        """From the first day after its month."""
        return self.exp_year is not None and (self.exp_year, self.exp_month or 12) < (today.year, today.month)

    def expires_soon(self, today: date) -> bool:
        """It can be charged until the last day of its month; a month before that it is time for another."""
        if self.exp_year is None or self.exp_month is None or self.expired(today):
            return False
        last = date(self.exp_year, self.exp_month, monthrange(self.exp_year, self.exp_month)[1])
        return today >= last - SOON

    def expires_this_month(self, today: date) -> bool:
        return (self.exp_year, self.exp_month) == (today.year, today.month)


def saved_methods(tx: Tx, payers: Iterable[int]) -> list[Saved]:
    return tx.all(Saved, KEPT, payers=list(payers))


def typed_once(tx: Tx, payer: int, uid: UUID) -> Saved | None:
    """A card that was typed for one payment and has not paid yet."""
    return tx.one(Saved, TYPED, payers=[payer], uid=uid)
