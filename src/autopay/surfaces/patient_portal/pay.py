"""Pay Now: choose a saved method, confirm the amount, and see the payment to its end (V7)."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from autopay.parties.permissions import Act
from autopay.refusal import Refusal
from autopay.sentences import refused
from autopay.surfaces.patient_portal.billing import InvoicePage, invoice_page
from autopay.surfaces.patient_portal.views import for_patients
from autopay.surfaces.shared.paying import Till, confirm, till
from autopay.surfaces.shared.visitor import Visitor


@for_patients
def pay(request: HttpRequest, visitor: Visitor, uid: UUID) -> HttpResponse:
    """The page before the money: one sentence, the amount on the button."""
    visitor.must_be_allowed(Act.PAY_OWN)
    with visitor.reading() as tx:
        page = invoice_page(tx, visitor, uid)
        counter = till(tx, page.invoice.payer, (page.invoice.id,), page.invoice.open_money)
    if request.method == "POST":
        return _confirmed(request, visitor, uid, counter)
    if not page.payable:
        return redirect("patient_portal:invoice", uid)
    return render(request, "patient_portal/pay.html", _context(visitor, page) | {"till": counter})


@for_patients
def payment(request: HttpRequest, visitor: Visitor, uid: UUID) -> HttpResponse:
    """The payment on its way: the page asks again by itself until it has an end."""
    with visitor.reading() as tx:
        page = invoice_page(tx, visitor, uid)
    return render(request, "patient_portal/payment.html", _context(visitor, page))


def _confirmed(request: HttpRequest, visitor: Visitor, uid: UUID, counter: Till) -> HttpResponse:
    try:
        confirm(request, visitor, counter)
    except Refusal as refusal:
        messages.warning(request, refused(refusal))
        return redirect("patient_portal:invoice" if refusal.code == "in_flight" else "patient_portal:pay", uid)
    return redirect("patient_portal:payment", uid)


def _context(visitor: Visitor, page: InvoicePage) -> dict[str, object]:
    return {"visitor": visitor, "agency": page.agency, "page": page, "invoice": page.invoice}
