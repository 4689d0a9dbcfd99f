"""A forecast in words: the account's name, the amount, the method, or why it is not charged (A60, A63)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from autopay import words
from autopay.charging.charge import Hold, Why
from autopay.charging.forecast import Expected
from autopay.database import Tx
from autopay.money import Money
from autopay.surfaces.shared.payment import Badge

PEOPLE = """
    select p.id, p.uid, p.name, p.sort_key, coalesce(m.kind, '') as method_kind, coalesce(m.brand, '') as brand, coalesce(m.last4, '') as last4
    from payer p left join method m on m.payer_id = p.id and m.is_default where p.id = any(%(payers)s::bigint[])
"""
CHARGED, HELD, LEFT = "charged", "held", "left"
NOT_CHARGED: dict[Why, Promise] = {
    Why.NOT_ENROLLED: gettext_lazy("Not enrolled in autopay, so the bill waits for a payment."),
    Why.BEFORE_ENROLLMENT: gettext_lazy("Older than the enrollment, so autopay does not take it."),
    Why.NO_DEFAULT: gettext_lazy("Enrolled, but no card or bank account is the default."),
    Why.NO_CONSENT: gettext_lazy("Enrolled, but no consent to charge the default is on record."),
    Why.BEING_VERIFIED: gettext_lazy("The bank account is still being checked. It is charged when that is done."),
    Why.NOTICE_FIRST: gettext_lazy("It must be announced first."),
    Why.OVER_CAP: gettext_lazy("Above the limit the account set; it waits for the account's OK."),
    Why.QUARANTINE: gettext_lazy("The books were restored or copied: nothing is sent for now."),
    Why.NO_PROCESSOR: gettext_lazy("No payment company is connected."),
    Why.BLOCKED: gettext_lazy("A person must look at this bill before anybody pays it."),
    Why.NOTHING_OPEN: gettext_lazy("There is nothing to pay."),
}


@dataclass(frozen=True, slots=True)
class Person:
    """An account and its default method."""

    id: int
    uid: UUID
    name: str
    sort_key: str
    method_kind: str
    brand: str
    last4: str

    @property
    def method(self) -> str:
        return words.method(self.brand, self.last4, bank=self.method_kind == "bank") if self.last4 else ""


@dataclass(frozen=True, slots=True)
class Said:
    """One line of a run before it happens."""

    person: Person
    expected: Expected

    @property
    def kind(self) -> str:
        if self.expected.charged:
            return CHARGED
        return HELD if isinstance(self.expected.decision, Hold) else LEFT

    @property
    def on(self) -> date:
        return self.expected.on

    @property
    def amount(self) -> Money:
        return Money(self.expected.minor, self.expected.currency)

    @property
    def badge(self) -> Badge:
        return {
            CHARGED: Badge("info", "calendar-check", _("Will be charged")),
            HELD: Badge("warn", "hand", _("Held")),
            LEFT: Badge("off", "circle-minus", _("Not charged")),
        }[self.kind]

    @property
    def sentence(self) -> str:
        """On what it is charged, or why it is not."""
        if self.expected.charged:
            return self.person.method
        cap, until = self.expected.cap_minor, self.expected.until
        if self.expected.why is Why.OVER_CAP and cap is not None:
            limit = words.money(Money(cap, self.expected.currency))
            return _("Above the limit of %(limit)s that the account set; it waits for the account's OK.") % {"limit": limit}
        if self.expected.why is Why.NOTICE_FIRST and until is not None:
            return _("It must be announced first. It is charged on %(day)s.") % {"day": words.day(until)}
        return str(NOT_CHARGED[self.expected.why])


def in_words(tx: Tx, expected: Sequence[Expected]) -> list[Said]:
    """By day, then by name. One statement."""
    people = {each.id: each for each in tx.all(Person, PEOPLE, payers=list({each.payer for each in expected}))}
    said = [Said(people[each.payer], each) for each in expected]
    return sorted(said, key=lambda each: (each.on, each.person.sort_key, each.person.id))
