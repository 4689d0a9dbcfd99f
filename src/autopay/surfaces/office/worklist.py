"""The worklist: what needs a person, and the one next step of each (V26)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from autopay import words
from autopay.clock import local_date
from autopay.money import Money
from autopay.parties.permissions import Act
from autopay.sentences import because
from autopay.surfaces.office import work
from autopay.surfaces.office.entrance import for_staff
from autopay.surfaces.office.requests import asked_in_words
from autopay.surfaces.office.work import Work
from autopay.surfaces.shared.biller import Biller, biller
from autopay.surfaces.shared.pages import PAGE, page_number, pager
from autopay.surfaces.shared.visitor import Visitor

TABS = {
    "failed": gettext_lazy("Failed"),
    "no-card": gettext_lazy("No card"),
    "no-consent": gettext_lazy("No consent"),
    "expires": gettext_lazy("Card expires"),
    "sent-back": gettext_lazy("Sent back"),
    "unknown": gettext_lazy("Not known"),
    "differs": gettext_lazy("Books differ"),
    "requests": gettext_lazy("Requests"),
}


@dataclass(frozen=True, slots=True)
class Tab:
    """`count` as it is told."""

    slug: str
    word: str
    count: str


@dataclass(frozen=True, slots=True)
class Step:
    """The one next thing to do, one click away."""

    word: str
    address: str


@dataclass(frozen=True, slots=True)
class Row:
    work: Work
    amount: Money | None
    since: date | None
    why: str
    step: Step


@for_staff
def worklist(request: HttpRequest, visitor: Visitor) -> HttpResponse:
    """Opens on the first kind that holds something."""
    visitor.must_be_allowed(Act.SEE_PAYERS)
    page = page_number(request.GET.get("page", ""))
    with visitor.reading() as tx:
        house = biller(tx)
        today = house.today(visitor)
        asked = request.GET.get("kind", "")
        counted = work.counts(tx, today, asked if asked in TABS else "failed", page)
        kind = asked if asked in TABS else next((slug for slug in TABS if counted[slug]), "failed")
        if kind not in (asked, "failed"):
            counted = work.counts(tx, today, kind, page)
        found = work.page(tx, kind, today, (page - 1) * PAGE, PAGE)
    most = work.most(kind, kind, page)
    context: dict[str, object] = {
        "visitor": visitor,
        "biller": house,
        "tabs": [
            Tab(slug, str(word), work.told(counted[slug], work.most(slug, kind, page)) or "0") for slug, word in TABS.items()
        ],
        "kind": kind,
        "to_do": work.told(sum(counted.values()), work.TOLD),
        "may_answer": visitor.may(Act.METHODS),
        "nothing": not any(counted.values()),
        "rows": [_row(each, kind, house, visitor) for each in found],
    }
    more = "" if counted[kind] >= most else None
    return render(request, "office/worklist.html", context | pager(min(counted[kind], most - 1), page, {"kind": kind}, more))


def _row(each: Work, kind: str, house: Biller, visitor: Visitor) -> Row:
    amount = Money(each.minor, house.currency) if each.minor else None
    since = local_date(each.since, house.zone) if each.since else None
    return Row(each, amount, since, _why(each), _step(each, kind, visitor))


def _why(each: Work) -> str:
    method = words.method(each.brand, each.last4, bank=each.method_kind == "bank") if each.last4 else ""
    ours = {
        "no_default": _("Auto-Pay is on, and no card is the default."),
        "no_consent": _("We may not charge yet: no consent on record.") + (f" {method}" if method else ""),
        "expired": _("%(method)s has expired.") % {"method": method},
        "expires": _("%(method)s expires soon.") % {"method": method},
        "unknown": _("The payment company did not answer. We are asking it."),
        "refund": _("The payment company did not answer about a refund. Do not refund again."),
        "blocked": _("The payment company's books and ours differ. Nobody can pay it until somebody has looked."),
    }
    if each.why.startswith("asks_"):
        return asked_in_words(each.why.removeprefix("asks_"))
    return ours.get(each.why) or because(each.why, method)


def _step(each: Work, kind: str, visitor: Visitor) -> Step:
    """Who may not do it, looks."""
    may = visitor.may(Act.METHODS)
    add = reverse("office:add_method", args=[each.payer])
    if may and (kind == "expires" or (kind == "failed" and each.why in ("expired", "declined"))):
        return Step(_("Ask for another card"), add)
    if may and kind == "no-card":
        return Step(_("Add a card"), reverse("office:patient", args=[each.payer]) + "#methods")
    if may and kind == "no-consent":
        return Step(_("Get the consent"), add)
    if kind == "requests":
        return Step(_("Open Billing"), _details(None, each.payer))
    return Step(_("See details"), _details(each.invoice, each.payer))


def _details(invoice: UUID | None, payer: UUID) -> str:
    return reverse("office:invoice", args=[invoice]) if invoice else reverse("office:patient", args=[payer])
