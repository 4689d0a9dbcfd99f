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
from autopay.surfaces.shared.human_check import human_check
from autopay.surfaces.shared.processor_loop import processor_loop
from autopay.surfaces.shared.visitor import Visitor
from autopay.tenancy import WebDatabase
from autopay.wallet.limits import within_limits
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
class NotKnown:
    """The payment company did not answer in time. Asking again with the same token goes on where it stopped."""


@dataclass(frozen=True, slots=True)
class NotHuman:
    """The human check is missing, too old, or was used before."""


@dataclass(frozen=True, slots=True)
class Stale:
    """The agreement changed since the page was opened, elsewhere."""


Outcome = Enrolled | NotSaved | NotKnown | NotHuman | Stale


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
        ip=request.META.get("REMOTE_ADDR"),
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
    token = form.cleaned_data["token"]
    if form.cleaned_data["kind"] == SAVED:
        return int(form.cleaned_data["saved"].id) if human_check().passed(request) else NotHuman()
    known = _known(visitor, token)
    if known and known.payer != payer:
        return NotSaved(_("Please type your card details again."))
    if not known and not human_check().passed(request):
        return NotHuman()
    kind = Kind(form.cleaned_data["kind"])
    method = known.id if known else offer(WebDatabase(), visitor.biller, payer, kind, token, visitor.by)
    if not known and not within_limits(WebDatabase(), visitor.biller, payer, method, visitor.by):
        return NotSaved(_("There were too many tries. Please wait an hour, or call us."))
    return _saved(visitor, method)


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
        reason = tx.value("select refused_reason from method where id = %(id)s", id=method)
    return NotSaved(because(reason))


@dataclass(frozen=True, slots=True)
class _Now:
    version: int
    switch: str
    method: int | None


def _changed_since(request: HttpRequest, visitor: Visitor, payer: int, method: int) -> Enrolled | Stale | None:
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
