"""The new Service Center: Account Management, the Pay Bill screen, history with why (A1, A2, A50, A52, A56)."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from autopay.database import Tx
from autopay.parties.permissions import Act
from autopay.surfaces.shared.account import bill_of
from autopay.surfaces.shared.approving import say_yes
from autopay.surfaces.shared.history_page import history_page
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


@require_POST
@for_practices
def approve(request: HttpRequest, visitor: Visitor) -> HttpResponse:
    visitor.must_be_allowed(Act.PAY_OWN)
    say_yes(request, visitor)
    return redirect("service_center:pay_bill")


@for_practices
def history(request: HttpRequest, visitor: Visitor) -> HttpResponse:
    with visitor.reading() as tx:
        page = page_of(tx, visitor) | history_page(request, tx, visitor)
    return render(request, "service_center/history.html", page)


@for_practices
def bill(request: HttpRequest, visitor: Visitor, uid: UUID) -> HttpResponse:
    """One bill: its lines with where each price comes from, and its payment followed to the end."""
    with visitor.reading() as tx:
        page, found = page_of(tx, visitor), bill_of(tx, visitor, uid)
        lines = invoice_lines(tx, found.id)
    told = {"invoice": found, "lines": lines, "box": invoice_box(found, visitor.now), "waiting": following(found)}
    return render(request, "service_center/bill.html", page | told)


def page_of(tx: Tx, visitor: Visitor) -> dict[str, object]:
    """What every page of this surface shows. A practice without the Service Center does not see it (A6)."""
    return place_of(tx, visitor, NEW).page


def _read(visitor: Visitor) -> dict[str, object]:
    with visitor.reading() as tx:
        return page_of(tx, visitor)
