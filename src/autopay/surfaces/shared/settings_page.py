"""What every screen that enrolls or edits shows (A10 to A23): terms, form, first charge, card frames; and what came of a Submit."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from django.http import HttpRequest
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from autopay.agreements.enroll import BillingInformation
from autopay.agreements.in_force import in_force, terms_in_force
from autopay.database import Tx
from autopay.money import Money
from autopay.surfaces.shared.account import Account
from autopay.surfaces.shared.billing_form import BillingForm
from autopay.surfaces.shared.card_fields import Fields
from autopay.surfaces.shared.enrolling import Enrolled, Outcome, Stale
from autopay.surfaces.shared.first_charge import first_charge
from autopay.surfaces.shared.human_check import human_check
from autopay.surfaces.shared.method_form import CARD, SAVED
from autopay.surfaces.shared.saving_method import Problem, problem_in_words
from autopay.surfaces.shared.visitor import Visitor
from autopay.surfaces.shared.wallet import Saved, saved_methods

AGREED = """
    select c.text, t.language, t.version, c.at, exists (
               select from terms n where n.kind = t.kind and (n.language = t.language and n.version > t.version
                                                              or n.language = 'en' and n.version > t.translates)) as superseded
    from consent c join method m on m.id = c.method_id join terms t on t.id = c.terms_id
    where m.payer_id = %(payer)s and m.is_default and not exists (select from consent_end e where e.consent_id = c.id)
    order by c.id desc limit 1
"""


@dataclass(frozen=True, slots=True)
class Agreed:
    """The text the enrolled method is charged under: its own copy, whatever was published since (C9)."""

    text: str
    language: str
    version: int
    at: datetime
    superseded: bool


def form_for(request: HttpRequest, tx: Tx, visitor: Visitor, account: Account, fields: Fields | None) -> BillingForm:
    """Filled with what was just typed, else with what the account said before."""
    wallet, banks = saved_methods(tx, [account.practice.id]), fields is None or fields.banks
    known: dict[str, Any] = {"wallet": wallet, "today": account.today, "banks": banks, "currency": account.biller.currency}
    if request.method == "POST":
        return BillingForm(request.POST, **known)
    limit = account.standing.cap_minor
    before = {"cap": "" if limit is None else str(Money(limit, account.biller.currency).decimal)}
    return BillingForm(initial=before | _known_before(tx, visitor, account) | _method_before(account, wallet), **known)


def _method_before(account: Account, wallet: list[Saved]) -> dict[str, object]:
    """An edit starts with the enrolled method, so that an address can be changed alone (A21)."""
    enrolled = next((each for each in wallet if each.is_default), None)
    if account.enrolled and enrolled is not None:
        return {"kind": SAVED, "saved": enrolled.uid, "agree": True}
    return {"kind": CARD}


def _known_before(tx: Tx, visitor: Visitor, account: Account) -> dict[str, object]:
    names = ", ".join(BillingInformation.__dataclass_fields__)
    kept = tx.one(BillingInformation, f"select {names} from billing_information where payer_id = %(p)s", p=account.practice.id)
    if kept:
        return asdict(kept)
    first, _space, last = visitor.name.partition(" ")
    contact = tx.record("select email, phone from payer where id = %(p)s", p=account.practice.id) or {}
    return {**contact, "company": account.practice.name, "first_name": first, "last_name": last, "country": "US"}


def context(tx: Tx, account: Account, form: BillingForm) -> dict[str, object]:
    language = get_language() or "en"
    return {
        "form": form,
        "terms": in_force(tx, language),
        "first": first_charge(tx, account),
        "terms_in_force": terms_in_force(tx, language),
        "agreed": agreed(tx, account),
        "human_check": human_check().render(),
        "version": account.standing.number,
    }


def agreed(tx: Tx, account: Account) -> Agreed | None:
    return tx.one(Agreed, AGREED, payer=account.practice.id)


def problem_of(outcome: Outcome, enrolled: bool) -> Problem:
    """Why a Submit did not enroll, with how things stand now."""
    if isinstance(outcome, Stale):
        head = _("Things changed since you opened this page. Nothing was charged. Please look again.")
        return Problem("warn", "circle-alert", head)
    if isinstance(outcome, Enrolled):
        raise AssertionError(outcome)
    if enrolled:
        kept = _("We could not save this payment method. Nothing was charged, and your autopay has not changed.")
        return problem_in_words(outcome, kept, _("Your autopay has not changed so far."))
    head = _("We could not save this payment method. Nothing was charged, and you are not enrolled.")
    return problem_in_words(outcome, head, _("You are not enrolled until this page shows green."))
