"""One enrollment for every account screen (A10 to A23, A44): save the method, then enroll with it, or say why not.

The web only saves and checks a method here. Nothing on this way charges anything (A21, A22).
"""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpRequest

from autopay.agreements.change import NO_LIMIT
from autopay.agreements.consent import Signature
from autopay.agreements.enroll import Enrollment, enroll
from autopay.agreements.in_force import language_of, terms_in_force
from autopay.money import Money
from autopay.refusal import Refusal
from autopay.sentences import refused
from autopay.surfaces.shared.billing_form import BillingForm
from autopay.surfaces.shared.client_address import client_address
from autopay.surfaces.shared.human_check import human_check
from autopay.surfaces.shared.method_form import SAVED
from autopay.surfaces.shared.saving_method import NotHuman, NotSaved, Refused, save_new, seen_before
from autopay.surfaces.shared.visitor import Visitor
from autopay.tenancy import WebDatabase


@dataclass(frozen=True, slots=True)
class Enrolled:
    """Committed, with the method it charges."""

    method: int


@dataclass(frozen=True, slots=True)
class Stale:
    """The agreement changed since the page was opened, elsewhere."""


Outcome = Enrolled | Refused | Stale


def enroll_account(request: HttpRequest, visitor: Visitor, payer: int, form: BillingForm) -> Outcome:
    """`form` is valid. Done twice with one token, it is one method and one enrollment: the second gets the first's answer."""
    method = _method(request, visitor, payer, form)
    if not isinstance(method, int):
        return method
    if seen_otherwise := _changed_since(request, visitor, payer, method):
        return seen_otherwise
    information = form.information()
    signature = Signature(
        f"{information.first_name} {information.last_name}",
        ip=client_address(request),
        user_agent=request.META.get("HTTP_USER_AGENT", "")[:300],
        language=language_of(request.POST.get("terms", "")),
    )
    limit: Money | None = form.cleaned_data["cap"]
    cap, seen = limit.minor if limit else NO_LIMIT, int(request.POST["seen"])
    wish = Enrollment(method, information, signature, cap, form.cleaned_data["take_open"], seen)
    try:
        enroll(WebDatabase(), visitor.biller, payer, wish, visitor.by)
    except Refusal as refusal:  # in this very moment removed from the wallet, or enrolled by another tab
        return _changed_since(request, visitor, payer, method) or NotSaved(refused(refusal))
    return Enrolled(method)


def _method(request: HttpRequest, visitor: Visitor, payer: int, form: BillingForm) -> int | Outcome:
    """The human check is used up only by what can still become an enrollment (A17)."""
    if form.cleaned_data["kind"] == SAVED:
        saved, check = int(form.cleaned_data["saved"].id), human_check()
        return _changed_since(request, visitor, payer, saved) or (saved if check.passed(request) else NotHuman(check.why))
    if not seen_before(visitor, form) and (otherwise := _changed_since(request, visitor, payer)):
        return otherwise
    return save_new(request, visitor, payer, form)


@dataclass(frozen=True, slots=True)
class _Now:
    version: int
    switch: str
    method: int | None


def _changed_since(request: HttpRequest, visitor: Visitor, payer: int, method: int = 0) -> Enrolled | Stale | None:
    """The page names the version of the agreement and the terms it showed. Another tab, or this form a moment ago, may have changed
    the one; the biller may have published the other: nobody agrees to a text they were not shown (C9)."""
    with visitor.reading() as tx:
        now = tx.one(
            _Now,
            """select a.version, a.switch, m.id as method from agreement a left join method m on m.payer_id = a.payer_id and m.is_default
               where a.payer_id = %(payer)s""",
            payer=payer,
        )
        named = request.POST.get("terms")
        shown = named is None or named == terms_in_force(tx, language_of(named))
    if now is None or str(now.version) == request.POST.get("seen", ""):
        return None if shown else Stale()
    return Enrolled(method) if now.switch == "on" and now.method == method else Stale()
