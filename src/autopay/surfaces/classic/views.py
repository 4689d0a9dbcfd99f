"""Pay Bill in the classic skins (A3 to A6, A40 to A42, A46): the same account, the guide's own words."""

from __future__ import annotations

from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from autopay.database import Tx
from autopay.parties.permissions import Act
from autopay.surfaces.shared.account import Account, bill_of
from autopay.surfaces.shared.approving import say_yes
from autopay.surfaces.shared.history_page import history_page
from autopay.surfaces.shared.invoices import following, invoice_box, invoice_lines
from autopay.surfaces.shared.place import for_accounts, place_of
from autopay.surfaces.shared.products import NEW
from autopay.surfaces.shared.visitor import Visitor

for_practices = for_accounts


@for_practices
def pay_bill(request: HttpRequest, visitor: Visitor, slug: str) -> HttpResponse:
    return render(request, "classic/pay_bill.html", _read(visitor, slug))


@require_POST
@for_practices
def approve(request: HttpRequest, visitor: Visitor, slug: str) -> HttpResponse:
    visitor.must_be_allowed(Act.PAY_OWN)
    say_yes(request, visitor)
    return redirect("classic:pay_bill", slug)


@for_practices
def manage_office(request: HttpRequest, visitor: Visitor, slug: str) -> HttpResponse:
    """Practice Mate and EHR 24/7 reach Pay Bill over this page (A4, A5)."""
    return render(request, "classic/manage_office.html", _read(visitor, slug))


@for_practices
def history(request: HttpRequest, visitor: Visitor, slug: str) -> HttpResponse:
    with visitor.reading() as tx:
        page = page_of(tx, visitor, slug)[1] | history_page(request, tx, visitor)
    return render(request, "classic/history.html", page)


@for_practices
def bill(request: HttpRequest, visitor: Visitor, slug: str, uid: UUID) -> HttpResponse:
    with visitor.reading() as tx:
        page, found = page_of(tx, visitor, slug)[1], bill_of(tx, visitor, uid)
        lines = invoice_lines(tx, found.id)
    told = {"invoice": found, "lines": lines, "box": invoice_box(found, visitor.now), "waiting": following(found)}
    return render(request, "classic/bill.html", page | told)


def _read(visitor: Visitor, slug: str) -> dict[str, object]:
    with visitor.reading() as tx:
        return page_of(tx, visitor, slug)[1]


def page_of(tx: Tx, visitor: Visitor, slug: str) -> tuple[Account, dict[str, object]]:
    """A product the account does not have is not found (A6)."""
    if slug == NEW:
        raise Http404
    place = place_of(tx, visitor, slug)
    return place.account, place.page
