"""The new Service Center: Account Management, the Pay Bill screen, history with why (A1, A2, A50, A52, A56)."""

from __future__ import annotations

from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from autopay.database import Tx
from autopay.surfaces.shared.account import account
from autopay.surfaces.shared.invoices import following, invoice_box, invoice_lines
from autopay.surfaces.shared.place import for_accounts, place_of
from autopay.surfaces.shared.products import NEW, products
from autopay.surfaces.shared.visitor import Visitor

for_practices = for_accounts


@for_practices
def home(request: HttpRequest, visitor: Visitor) -> HttpResponse:
    """Straight to the bill; a practice that does not have the Service Center lands in the product it has."""
    with visitor.reading() as tx:
        first = products(tx, visitor.payer or 0)[0]
    return redirect(first.url)


@for_practices
def account_management(request: HttpRequest, visitor: Visitor) -> HttpResponse:
    return render(request, "service_center/account_management.html", _read(visitor))


@for_practices
def pay_bill(request: HttpRequest, visitor: Visitor) -> HttpResponse:
    return render(request, "service_center/pay_bill.html", _read(visitor))


@for_practices
def history(request: HttpRequest, visitor: Visitor) -> HttpResponse:
    return render(request, "service_center/history.html", _read(visitor))


@for_practices
def bill(request: HttpRequest, visitor: Visitor, uid: UUID) -> HttpResponse:
    """One bill: its lines with where each price comes from, and its payment followed to the end."""
    with visitor.reading() as tx:
        page = page_of(tx, visitor)
        found = next((each for each in account(tx, visitor).bills if each.uid == uid), None)
        if found is None:
            raise Http404
        lines = invoice_lines(tx, found.id)
    told = {"invoice": found, "lines": lines, "box": invoice_box(found, visitor.now), "waiting": following(found)}
    return render(request, "service_center/bill.html", page | told)


def page_of(tx: Tx, visitor: Visitor) -> dict[str, object]:
    """What every page of this surface shows. A practice without the Service Center does not see it (A6)."""
    return place_of(tx, visitor, NEW).page


def _read(visitor: Visitor) -> dict[str, object]:
    with visitor.reading() as tx:
        return page_of(tx, visitor)
