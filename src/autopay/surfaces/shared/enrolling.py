"""One enrollment for every account screen (A10 to A23, A44): save the method, then enroll with it, or say why not.

The web only saves and checks a method here. Nothing on this way charges anything (A21, A22).
"""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpRequest
from django.utils.translation import gettext as _

from autopay.agreements.change import NO_LIMIT
from autopay.agreements.consent import Signature
from autopay.agreements.enroll import Enrollment, enroll
from autopay.money import Money
from autopay.processors.protocol import Kind
from autopay.refusal import Refusal
from autopay.sentences import because
from autopay.surfaces.shared.billing_form import SAVED, BillingForm
from autopay.surfaces.shared.client_address import client_address
from autopay.surfaces.shared.human_check import human_check
from autopay.surfaces.shared.processor_loop import processor_loop
from autopay.surfaces.shared.visitor import Visitor
from autopay.tenancy import WebDatabase
from autopay.wallet.limits import may_offer, reason_to_tell
from autopay.wallet.save import offer


@dataclass(frozen=True, slots=True)
class Enrolled:
    """Committed, with the method it charges."""

    method: int


@dataclass(frozen=True, slots=True)
class NotSaved:
    """The card or bank account was refused; nothing was saved and nobody is enrolled. `why` is in plain words (A22)."""

    why: str


@dataclass(frozen=True, slots=True)
class NotNow:
    """Not saved, and nobody is told why: the one answer after the first tries, whatever the bank or the limits said (G4)."""


@dataclass(frozen=True, slots=True)
class NotKnown:
    """The payment company did not answer in time. Asking again with the same token goes on where it stopped."""


@dataclass(frozen=True, slots=True)
class NotHuman:
    """The human check is missing, too old, or was used before. `why` only where it could not be asked."""

    why: str = ""


@dataclass(frozen=True, slots=True)
class Stale:
    """The agreement changed since the page was opened, elsewhere."""


Outcome = Enrolled | NotSaved | NotNow | NotKnown | NotHuman | Stale


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
    )
    limit: Money | None = form.cleaned_data["cap"]
    wish = Enrollment(method, information, signature, limit.minor if limit else NO_LIMIT, form.cleaned_data["take_open"])
    try:
        enroll(WebDatabase(), visitor.biller, payer, wish, visitor.by)
    except Refusal as refusal:  # removed from the wallet a moment ago
        return NotSaved(_(refusal.text))
    return Enrolled(method)


def _method(request: HttpRequest, visitor: Visitor, payer: int, form: BillingForm) -> int | Outcome:
    """The human check is used up only by what can still become an enrollment; limits are asked after it (G2)."""
    token, check = form.cleaned_data["token"], human_check()
    if form.cleaned_data["kind"] == SAVED:
        saved = int(form.cleaned_data["saved"].id)
        return _changed_since(request, visitor, payer, saved) or (saved if check.passed(request) else NotHuman(check.why))
    known = _known(visitor, token)
    if not token or (known and known.payer != payer):
        return NotSaved(_("Please type your card details again."))
    if known:
        return _saved(visitor, known.id)
    if seen_otherwise := _changed_since(request, visitor, payer):
        return seen_otherwise
    if not check.passed(request):
        return NotHuman(check.why)
    if not may_offer(WebDatabase(), visitor.biller, payer, visitor.by):
        return NotNow()
    return _saved(visitor, offer(WebDatabase(), visitor.biller, payer, Kind(form.cleaned_data["kind"]), token, visitor.by))


@dataclass(frozen=True, slots=True)
class _Known:
    id: int
    payer: int


def _known(visitor: Visitor, token: str) -> _Known | None:
    """A token that was sent before has passed the human check."""
    with visitor.reading() as tx:
        return tx.one(_Known, "select id, payer_id as payer from method where token = %(token)s", token=token)


def _saved(visitor: Visitor, method: int) -> int | Outcome:
    state = processor_loop().save(method, visitor.biller)
    if state == "usable":
        return method
    if state not in ("refused", "detached"):
        return NotKnown()
    with visitor.reading() as tx:
        reason = reason_to_tell(tx, method)
    return NotNow() if reason is None else NotSaved(because(reason))


@dataclass(frozen=True, slots=True)
class _Now:
    version: int
    switch: str
    method: int | None


def _changed_since(request: HttpRequest, visitor: Visitor, payer: int, method: int = 0) -> Enrolled | Stale | None:
    """The page names the version of the agreement it showed. Another tab, or this form a moment ago, may have changed it."""
    with visitor.reading() as tx:
        now = tx.one(
            _Now,
            """select a.version, a.switch, m.id as method from agreement a left join method m on m.payer_id = a.payer_id and m.is_default
               where a.payer_id = %(payer)s""",
            payer=payer,
        )
    if now is None or str(now.version) == request.POST.get("seen", ""):
        return None
    return Enrolled(method) if now.switch == "on" and now.method == method else Stale()
