"""Save a new card or bank account from a form: one step for enrolling, paying once and the wallet. It checks, it never charges (A22)."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

from django.http import HttpRequest
from django.utils.translation import gettext as _

from autopay.database import Tx
from autopay.journal.write import By
from autopay.processors.protocol import Kind
from autopay.sentences import because
from autopay.surfaces.shared.human_check import human_check
from autopay.surfaces.shared.method_form import MethodForm
from autopay.surfaces.shared.processor_loop import processor_loop
from autopay.tenancy import WebDatabase
from autopay.wallet.limits import may_offer, reason_to_tell
from autopay.wallet.offer import Token, write_down


class Somebody(Protocol):
    """Who types: a visitor, or whoever opened the link of a mail."""

    @property
    def biller(self) -> int: ...
    @property
    def by(self) -> By: ...
    def reading(self) -> AbstractContextManager[Tx]: ...


@dataclass(frozen=True, slots=True)
class NotSaved:
    """The card or bank account was refused; nothing was saved. `why` is in plain words (A22)."""

    why: str


@dataclass(frozen=True, slots=True)
class NotKnown:
    """The payment company did not answer in time. Asking again with the same token goes on where it stopped."""


@dataclass(frozen=True, slots=True)
class NotNow:
    """Not saved, and nobody is told why: the one answer after the first tries, whatever the bank or the limits said (G4)."""


@dataclass(frozen=True, slots=True)
class NotHuman:
    """The human check is missing, too old, or was used before. `why` only where it could not be asked."""

    why: str = ""


Refused = NotSaved | NotNow | NotKnown | NotHuman


def save_new(request: HttpRequest, visitor: Somebody, payer: int, form: MethodForm, *, once: bool = False) -> int | Refused:
    """`form` is valid and names a new method by its token. Done twice with one token, it is one method. Returns its id.

    `once`: for one payment, so it goes again after that (charging/let_go.py)."""
    token, check = form.cleaned_data["token"], human_check()
    known = _known(visitor, token)
    if not token or (known and known.payer != payer):
        return NotSaved(_("Please type your card details again."))
    if known:
        return _saved(visitor, known.id)
    if not check.passed(request):
        return NotHuman(check.why)
    if not may_offer(WebDatabase(), visitor.biller, payer, visitor.by):  # asked after the check (G2)
        return NotNow()
    typed = Token(Kind(form.cleaned_data["kind"]), token, once)
    return _saved(visitor, write_down(WebDatabase(), visitor.biller, payer, typed, visitor.by))


def seen_before(visitor: Somebody, form: MethodForm) -> bool:
    """This very token was sent before, by this page or another."""
    return _known(visitor, form.cleaned_data["token"]) is not None


@dataclass(frozen=True, slots=True)
class _Known:
    id: int
    payer: int


def _known(visitor: Somebody, token: str) -> _Known | None:
    """A token that was sent before has passed the human check."""
    with visitor.reading() as tx:
        return tx.one(_Known, "select id, payer_id as payer from method where token = %(token)s", token=token)


def _saved(visitor: Somebody, method: int) -> int | Refused:
    state = processor_loop().save(method, visitor.biller)
    if state == "usable":
        return method
    if state not in ("refused", "detached"):
        return NotKnown()
    with visitor.reading() as tx:
        reason = reason_to_tell(tx, method)
    return NotNow() if reason is None else NotSaved(because(reason))


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a form did not get through; the page stays, with everything typed but the card."""

    tone: str
    icon: str
    head: str
    text: str = ""
    again: bool = False
    """Ask with the same token again: nothing more is known yet."""


def problem_in_words(outcome: Refused, not_saved: str, not_known: str) -> Problem:
    """`not_saved` and `not_known` say how things stand then: who is not enrolled, what was not charged."""
    match outcome:
        case NotSaved(why):
            again = _("Please type your card details again. We never keep them here.")
            return Problem("bad", "circle-x", not_saved, f"{why} {again}")
        case NotNow():
            return Problem("bad", "circle-x", not_saved, _("Please try again later, or call us."))
        case NotKnown():
            head = _("We do not know yet if your card was saved.")
            return Problem("warn", "circle-question-mark", head, not_known, again=True)
        case NotHuman(why):
            head = why or _("Please check the box “I'm not a robot” and press the button again.")
            return Problem("bad", "shield-check", head, _("Nothing was saved or charged."))
