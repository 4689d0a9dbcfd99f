"""Pay Now (V7): one page with a saved method or a card used once, one sentence, the amount on the button; then the payment to its end.

Only its button charges, and it charges once: it carries what the page was about (charging/reviewed.py), and whoever sends the same
again is led to the first payment.
"""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from autopay.charging.reviewed import first_result
from autopay.parties.permissions import Act
from autopay.refusal import Refusal
from autopay.surfaces.patient_portal.billing import InvoicePage, invoice_page
from autopay.surfaces.patient_portal.views import for_patients
from autopay.surfaces.shared import once
from autopay.surfaces.shared.card_fields import Fields, field_errors, fields_of, shown
from autopay.surfaces.shared.once import Again, Counter, OnceForm
from autopay.surfaces.shared.saving_method import Problem
from autopay.surfaces.shared.visitor import Visitor
from autopay.surfaces.shared.wallet import Saved


@dataclass(frozen=True, slots=True)
class Place:
    """The page of one invoice, and what it takes to pay it."""

    page: InvoicePage
    counter: Counter
    fields: Fields | None
    first: str | None
    """The payment that this very page led to before."""

    @property
    def invoice(self) -> UUID:
        return self.page.invoice.uid

    def again(self, method: Saved) -> HttpResponse:
        return redirect(reverse("patient_portal:pay", args=[self.invoice]) + "?" + urlencode({"card": method.uid}))


@for_patients
def pay(request: HttpRequest, visitor: Visitor, uid: UUID) -> HttpResponseBase:
    visitor.must_be_allowed(Act.PAY_OWN)
    place = _place(request, visitor, uid)
    if place.first:
        return redirect("patient_portal:payment", uid)
    if not place.page.payable:
        if request.method == "POST":
            messages.info(request, _("There is nothing to pay here right now. Nothing was charged."))
        return redirect("patient_portal:invoice", uid)
    form = once.once_form(place.counter, place.fields, request.POST if request.method == "POST" else None)
    if request.method == "POST" and request.POST.get("check"):
        return field_errors(form)
    problem = None
    if form.is_bound and form.is_valid():
        done = _sent(request, visitor, place, form)
        if isinstance(done, HttpResponse):
            return done
        problem = done
    page = _context(visitor, place.page) | once.page_of(place.counter, form, problem)
    return shown(request, "patient_portal/pay.html", page, place.fields, 422 if form.is_bound else 200)


@for_patients
def payment(request: HttpRequest, visitor: Visitor, uid: UUID) -> HttpResponse:
    """The payment on its way: the page asks again by itself until it has an end."""
    with visitor.reading() as tx:
        page = invoice_page(tx, visitor, uid)
    return render(request, "patient_portal/payment.html", _context(visitor, page))


def _place(request: HttpRequest, visitor: Visitor, uid: UUID) -> Place:
    fields = fields_of(visitor.biller)
    with visitor.reading() as tx:
        page = invoice_page(tx, visitor, uid)
        today = page.agency.today(visitor)
        wanted = request.POST.get("saved") or request.GET.get("card", "")
        counter = once.counter(tx, [page.invoice], today, page.agency.name, wanted)
        first = first_result(tx, page.invoice.payer, request.POST.get("review", ""))
    return Place(page, counter, fields, first)


def _sent(request: HttpRequest, visitor: Visitor, place: Place, form: OnceForm) -> HttpResponse | Problem:
    """Pay, or say why not; a card that was typed meanwhile is not typed again."""
    method = None
    try:
        found = once.method_of(request, visitor, place.counter, form)
        if isinstance(found, Again):
            return place.again(found.method)
        if not isinstance(found, Saved):
            return once.not_paid(found)
        method = found
        once.pay(visitor, place.counter, method, request.POST)
    except Refusal as refusal:
        messages.warning(request, _(refusal.text))
        if refusal.code == "in_flight":
            return redirect("patient_portal:invoice", place.invoice)
        return place.again(method) if method else redirect("patient_portal:pay", place.invoice)
    return redirect("patient_portal:payment", place.invoice)


def _context(visitor: Visitor, page: InvoicePage) -> dict[str, object]:
    return {"visitor": visitor, "agency": page.agency, "page": page, "invoice": page.invoice}
