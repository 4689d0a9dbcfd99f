"""What every screen that enrolls or edits shows (A10 to A23): terms, form, first charge, card frames; and what came of a Submit."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from csp.constants import NONE
from csp.decorators import csp_replace, csp_update
from django.http import HttpRequest, HttpResponseBase, JsonResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from autopay.agreements.enroll import BillingInformation
from autopay.conf import conf
from autopay.database import Tx
from autopay.money import Money
from autopay.processors.accounts import keys_of
from autopay.surfaces.shared.account import Account
from autopay.surfaces.shared.billing_form import CARD, SAVED, BillingForm
from autopay.surfaces.shared.enrolling import NotHuman, NotKnown, NotNow, NotSaved, Outcome, Stale
from autopay.surfaces.shared.first_charge import first_charge
from autopay.surfaces.shared.human_check import human_check
from autopay.surfaces.shared.visitor import Visitor
from autopay.surfaces.shared.wallet import Saved, saved_methods
from autopay.tenancy import WebDatabase

TERMS = """
    select distinct on (kind) kind, text, version, published_at from terms
    where kind in ('account_card', 'account_bank') and language = 'en' order by kind, version desc
"""

AGREED = """
    select c.text from consent c join method m on m.id = c.method_id
    where m.payer_id = %(payer)s and m.is_default and not exists (select from consent_end e where e.consent_id = c.id)
    order by c.id desc limit 1
"""


@dataclass(frozen=True, slots=True)
class Terms:
    """One text in force; exactly this is recorded as agreed to."""

    kind: str
    text: str
    version: int
    published_at: datetime

    @property
    def bank(self) -> bool:
        return self.kind == "account_bank"


@dataclass(frozen=True, slots=True)
class Fields:
    """The payment company's own card fields: their script, the origin that script and frames come from, and the key that may be shown."""

    script: str
    origin: str
    key: str


def fields_of(biller: int) -> Fields | None:
    """None where no payment company is connected whose fields this page knows how to show."""
    keys = keys_of(WebDatabase(), biller, conf().secret)
    if keys is None or not keys.publishable.startswith("pk_test_") or not keys.api_base:
        return None
    parts = urlsplit(keys.api_base)
    origin = f"{parts.scheme}://{parts.netloc}"
    return Fields(f"{origin}/fields.js", origin, keys.publishable)


def form_for(request: HttpRequest, tx: Tx, visitor: Visitor, account: Account) -> BillingForm:
    """Filled with what was just typed, else with what the account said before."""
    wallet = saved_methods(tx, [account.practice.id])
    known: dict[str, Any] = {"wallet": wallet, "currency": account.biller.currency}
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
    return {
        "form": form,
        "terms": tx.all(Terms, TERMS),
        "first": first_charge(tx, account),
        "agreed": tx.value(AGREED, payer=account.practice.id) or "",
        "human_check": human_check().render(),
        "version": account.standing.version,
    }


def shown(
    request: HttpRequest, template: str, page: dict[str, object], fields: Fields | None, status: int = 200
) -> HttpResponseBase:
    """The page with what its card frames and its human check need of the browser, and nothing more."""
    origin, allowed = [fields.origin] if fields else [], human_check().allowed()
    frames = [*origin, *allowed.pop("frame-src", [])]
    scripts = [*origin, *allowed.pop("script-src", [])]

    @csp_replace({"frame-src": frames or [NONE]})
    @csp_update({"script-src": scripts, **allowed})
    def page_itself(asked: HttpRequest) -> HttpResponseBase:
        return render(asked, template, page | {"fields": fields}, status=status)

    return page_itself(request)


def field_errors(form: BillingForm) -> JsonResponse:
    """For the page's script: what is wrong with the fields, before the human check is used up (A17)."""
    return JsonResponse({"errors": {name: [str(each) for each in found] for name, found in form.errors.items()}})


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a Submit did not enroll; the page stays, with everything typed but the card."""

    tone: str
    icon: str
    head: str
    text: str = ""
    again: bool = False
    """Ask with the same token again: nothing more is known yet."""


def problem_in_words(outcome: Outcome, enrolled: bool) -> Problem:
    match outcome:
        case NotSaved(why):
            head = _("We could not save this payment method. Nothing was charged, and you are not enrolled.")
            kept = _("We could not save this payment method. Nothing was charged, and your autopay has not changed.")
            again = _("Please type your card details again. We never keep them here.")
            return Problem("bad", "circle-x", kept if enrolled else head, f"{why} {again}")
        case NotNow():
            head = _("We could not save this payment method. Nothing was charged, and you are not enrolled.")
            kept = _("We could not save this payment method. Nothing was charged, and your autopay has not changed.")
            return Problem("bad", "circle-x", kept if enrolled else head, _("Please try again later, or call us."))
        case NotKnown():
            head = _("We do not know yet if your card was saved.")
            until = _("You are not enrolled until this page shows green.")
            kept = _("Your autopay has not changed so far.")
            return Problem("warn", "circle-question-mark", head, kept if enrolled else until, again=True)
        case NotHuman(why):
            head = why or _("Please check the box “I'm not a robot” and press Submit again.")
            return Problem("bad", "shield-check", head, _("Nothing was saved or charged."))
        case Stale():
            head = _("Things changed since you opened this page. Nothing was charged. Please look again.")
            return Problem("warn", "circle-alert", head)
        case _:
            raise AssertionError(outcome)
