"""Pay Bill in the classic skins (A3 to A6, A40 to A42, A46): the same account, the guide's own words."""

from __future__ import annotations

from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from autopay.database import Tx
from autopay.surfaces.shared.account import Account
from autopay.surfaces.shared.invoices import following, invoice_box, invoice_lines
from autopay.surfaces.shared.place import for_accounts, place_of
from autopay.surfaces.shared.products import NEW
from autopay.surfaces.shared.visitor import Visitor

for_practices = for_accounts


@for_practices
def pay_bill(request: HttpRequest, visitor: Visitor, slug: str) -> HttpResponse:
    return render(request, "classic/pay_bill.html", _read(visitor, slug))


@for_practices
def manage_office(request: HttpRequest, visitor: Visitor, slug: str) -> HttpResponse:
    """Practice Mate and EHR 24/7 reach Pay Bill over this page (A4, A5)."""
    return render(request, "classic/manage_office.html", _read(visitor, slug))


@for_practices
def history(request: HttpRequest, visitor: Visitor, slug: str) -> HttpResponse:
    return render(request, "classic/history.html", _read(visitor, slug))


@for_practices
def bill(request: HttpRequest, visitor: Visitor, slug: str, uid: UUID) -> HttpResponse:
    with visitor.reading() as tx:
        shown, page = page_of(tx, visitor, slug)
        found = next((each for each in shown.bills if each.uid == uid), None)
        if found is None:
            raise Http404
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
