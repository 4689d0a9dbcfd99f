"""One payment in plain words: the same box and badge on every surface, in each of its states."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from autopay import words
from autopay.money import Money
from autopay.sentences import because, not_taken


class Shown(StrEnum):
    """What a person sees of an invoice's payment; `facts` works it out from the rows the engine uses."""

    OPEN = "open"
    BEING_PAID = "being_paid"
    PAID = "paid"
    FAILED = "failed"
    NOT_KNOWN = "not_known"
    ON_ITS_WAY = "on_its_way"
    SENT_BACK = "sent_back"
    WAITING = "waiting"
    NEEDS_OK = "needs_ok"
    CONFIRM = "confirm"
    REFUNDED = "refunded"
    NOTHING = "nothing"
    VOID = "void"
    NOT_MADE = "not_made"
    DIFFERS = "differs"


@dataclass(frozen=True, slots=True)
class Payment:
    """The facts of one payment. `amount` is what is or was to be paid, `on` its local date, `until` the date it waits for."""

    shown: Shown
    amount: Money
    method: str = ""
    """In words, such as `Visa ending in 4242`; empty when none is known."""
    bank: bool = False
    account: bool = False
    """Of a practice's account, whose next charge takes along what is open."""
    on: date | None = None
    until: date | None = None
    reason: str = ""
    """A processors.protocol.Reason."""
    limit: Money | None = None
    todo: str = ""
    """What the person looking can do about a failure; for a patient that is not the same as for the office."""
    asked_at: datetime | None = None
    zone: str = "UTC"
    paid: Money | None = None
    """What of an open bill was paid before."""


Sentences = Callable[[Payment], tuple[str, str]]
"""Head and text of a box."""


@dataclass(frozen=True, slots=True)
class Badge:
    tone: str
    icon: str
    word: str
    strong: bool = False


@dataclass(frozen=True, slots=True)
class Box:
    badge: Badge
    head: str
    text: str
    note: str = ""
    spin: bool = False


def box(payment: Payment, said: Mapping[Shown, Sentences] | None = None) -> Box:
    """The box of screens 3.9: what happened, then what to do. `said` has other words for some states, those for staff."""
    shown = payment.shown
    head, text = ((said or {}).get(shown) or _SENTENCES[shown])(payment)
    asked = shown is Shown.NOT_KNOWN and payment.asked_at
    note = _("Last asked at %(time)s.") % {"time": words.clock_time(asked, payment.zone)} if asked else ""
    return Box(badge(shown), head, text, note, spin=shown is Shown.BEING_PAID)


_BADGES = {
    Shown.OPEN: ("warn", "receipt-text", gettext_noop("Open")),
    Shown.BEING_PAID: ("info", "loader-circle", gettext_noop("Processing")),
    Shown.PAID: ("ok", "circle-check", gettext_noop("Paid")),
    Shown.FAILED: ("bad", "circle-x", gettext_noop("Failed")),
    Shown.NOT_KNOWN: ("warn", "circle-question-mark", gettext_noop("Not known yet")),
    Shown.ON_ITS_WAY: ("info", "landmark", gettext_noop("Processing")),
    Shown.SENT_BACK: ("bad", "undo-2", gettext_noop("Sent back")),
    Shown.WAITING: ("off", "calendar-clock", gettext_noop("Waiting")),
    Shown.NEEDS_OK: ("warn", "hand", gettext_noop("Needs your OK")),
    Shown.CONFIRM: ("warn", "shield-check", gettext_noop("Confirm at your bank")),
    Shown.REFUNDED: ("off", "rotate-ccw", gettext_noop("Refunded")),
    Shown.NOTHING: ("off", "circle-check", gettext_noop("Nothing to pay")),
    Shown.VOID: ("off", "ban", gettext_noop("Void")),
    Shown.NOT_MADE: ("off", "ban", gettext_noop("Not made")),
    Shown.DIFFERS: ("warn", "circle-question-mark", gettext_noop("Being checked")),
}


def badge(shown: Shown) -> Badge:
    tone, icon, word = _BADGES[shown]
    return Badge(tone, icon, _(word), strong=shown is Shown.FAILED)


def _open(p: Payment) -> tuple[str, str]:
    before = _("%(amount)s of this bill was paid.") % {"amount": words.money(p.paid)} if p.paid else _("Nothing was charged yet.")
    return _("%(amount)s is open") % _amount(p), before


def _being_paid(p: Payment) -> tuple[str, str]:
    return _("We are taking your payment of %(amount)s") % _amount(p), _(
        "This can take a minute. You can leave this page. Do not pay twice."
    )


def _paid(p: Payment) -> tuple[str, str]:
    said = _("We charged %(amount)s to %(method)s on %(day)s.") % _all(p) if p.method and p.on else ""
    if p.bank and p.until:
        return _("Paid, may still be returned by the bank until %(day)s") % {"day": words.day(p.until)}, said
    return _("Paid"), said


def _failed(p: Payment) -> tuple[str, str]:
    said = _join(because(p.reason), not_taken(p.account), p.todo)
    return _("We could not charge %(method)s") % _all(p), said


def _not_known(p: Payment) -> tuple[str, str]:
    head = _("We do not know yet whether this payment went through. Please do not pay it again.")
    return head, _("We are asking the payment company and will tell you when we know.")


def _on_its_way(p: Payment) -> tuple[str, str]:
    expected = _("Expected by %(day)s.") % {"day": words.day(p.until)} if p.until else ""
    sent = _("It was sent on %(day)s. Banks take 2-3 business days.") % {"day": words.day(p.on)} if p.on else ""
    return _("Your bank payment of %(amount)s is on its way") % _amount(p), _join(sent, expected)


def _sent_back(p: Payment) -> tuple[str, str]:
    owed = _("You still owe %(amount)s.") % _amount(p)
    return _("Your bank sent back the payment of %(amount)s") % _amount(p), _join(because(p.reason), owed)


def _waiting(p: Payment) -> tuple[str, str]:
    if p.until is None:
        return _("We will charge %(amount)s") % _amount(p), _("It waits for the payment company. You need do nothing.")
    return _("We will charge %(amount)s on %(day)s") % (_amount(p) | {"day": words.day(p.until)}), _("You can pay sooner.")


def _needs_ok(p: Payment) -> tuple[str, str]:
    over = _("It is %(amount)s. Your limit is %(limit)s.") % (_amount(p) | {"limit": words.money(p.limit)}) if p.limit else ""
    return _("This bill needs your OK"), _join(over, _("Nothing is charged until you say yes."))


def _confirm(p: Payment) -> tuple[str, str]:
    return _("Your bank wants you to confirm this payment"), _(
        "Nothing is charged until you confirm it. After 30 minutes it is cancelled."
    )


def _refunded(p: Payment) -> tuple[str, str]:
    sent = _("We sent %(amount)s back to %(method)s on %(day)s.") % _all(p) if p.on else ""
    return _("%(amount)s sent back") % _amount(p), _join(sent, _("Your bank may need 5 to 10 days."))


def _nothing(p: Payment) -> tuple[str, str]:
    return _("Nothing to pay"), _("This bill comes to $0.00. Nothing was charged.")


def _void(p: Payment) -> tuple[str, str]:
    return _("The office took this bill back"), _("You owe nothing for it.")


def _not_made(p: Payment) -> tuple[str, str]:
    return _("This payment of %(amount)s was not made") % _amount(p), _join(because(p.reason), _("Nothing was charged."))


def _differs(p: Payment) -> tuple[str, str]:
    head = _("We are checking what was paid of this bill. Please do not pay it again.")
    return head, _(
        "The payment company's books and ours differ. A person is looking at it. Nothing is charged until that is done."
    )


_SENTENCES: dict[Shown, Sentences] = {
    Shown.OPEN: _open,
    Shown.BEING_PAID: _being_paid,
    Shown.PAID: _paid,
    Shown.FAILED: _failed,
    Shown.NOT_KNOWN: _not_known,
    Shown.ON_ITS_WAY: _on_its_way,
    Shown.SENT_BACK: _sent_back,
    Shown.WAITING: _waiting,
    Shown.NEEDS_OK: _needs_ok,
    Shown.CONFIRM: _confirm,
    Shown.REFUNDED: _refunded,
    Shown.NOTHING: _nothing,
    Shown.VOID: _void,
    Shown.NOT_MADE: _not_made,
    Shown.DIFFERS: _differs,
}


def _amount(p: Payment) -> dict[str, str]:
    return {"amount": words.money(p.amount)}


def _all(p: Payment) -> dict[str, str]:
    return _amount(p) | {"method": p.method or _("the payment method"), "day": words.day(p.on) if p.on else ""}


def _join(*sentences: str) -> str:
    return " ".join(sentence for sentence in sentences if sentence)
