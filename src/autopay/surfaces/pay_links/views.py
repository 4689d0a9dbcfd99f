"""Where the link of a failure notice leads: Pay Now for that one bill, without a log-in (V40).

It shows agency, amount, date, and the methods it can be paid with by brand and last four, as the mail did (rule H4); nothing about care,
no name, no other bill. A human check comes before every payment, and a day takes five tries.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse

from autopay.charging.pay_link import Asked, read_ticket
from autopay.charging.reviewed import first_result
from autopay.database import Tx
from autopay.journal.write import By
from autopay.refusal import Refusal
from autopay.running import clock
from autopay.sentences import refused
from autopay.surfaces.shared import once
from autopay.surfaces.shared.biller import Biller, biller
from autopay.surfaces.shared.card_fields import Fields, field_errors, fields_of, shown
from autopay.surfaces.shared.client_address import network_of_client
from autopay.surfaces.shared.human_check import human_check
from autopay.surfaces.shared.invoices import Invoice, following, invoice, invoice_box, payable
from autopay.surfaces.shared.language import read_in
from autopay.surfaces.shared.method_form import SAVED
from autopay.surfaces.shared.once import Again, Counter, OnceForm
from autopay.surfaces.shared.payment import Box
from autopay.surfaces.shared.saving_method import NotHuman, NotNow, Problem
from autopay.surfaces.shared.wallet import Saved
from autopay.tenancy import tenant_transaction

ACTOR = "link in a mail"
TRIES_A_DAY = 5
TRIED = """
    select count(*) from charge c join charge_part p on p.charge_id = c.id
    where p.invoice_id = %(invoice)s and c.requested_by = %(actor)s and c.created_at > now() - interval '1 day'
"""


@dataclass(frozen=True, slots=True)
class Guest:
    """Whoever opened the link: nobody we know."""

    biller: int
    now: datetime
    network: str

    @property
    def by(self) -> By:
        return By(ACTOR, self.now, self.network)

    def reading(self) -> AbstractContextManager[Tx]:
        return tenant_transaction(self.biller)


@dataclass(frozen=True, slots=True)
class Page:
    agency: Biller
    bill: Invoice
    box: Box
    counter: Counter
    fields: Fields | None
    first: str | None
    tries: int

    @property
    def waiting(self) -> bool:
        return following(self.bill)


def pay_link(request: HttpRequest, ticket: str) -> HttpResponseBase:
    asked = read_ticket(ticket)
    guest = Guest(asked.biller, clock().now(), network_of_client(request)) if asked else None
    page = _read(request, guest, asked) if asked and guest else None
    if guest is None or page is None:
        return render(request, "pay_links/too_late.html", status=404)
    here = reverse("pay_link", args=[ticket])
    if page.first:
        return redirect(here + "?sent=1")
    if not (page.agency.connected and payable(page.bill, guest.now)):
        return _how_it_stands(request, page)
    form = once.once_form(page.counter, page.fields, request.POST if request.method == "POST" else None)
    if request.method == "POST" and request.POST.get("check"):
        return field_errors(form)
    problem = None
    if form.is_bound and form.is_valid():
        done = _sent(request, guest, page, form, here)
        if isinstance(done, HttpResponse):
            return done
        problem = done
    context = {"agency": page.agency, "page": page, "sent": "sent" in request.GET} | once.page_of(page.counter, form, problem)
    return shown(request, "pay_links/pay.html", context, page.fields, 422 if form.is_bound else 200)


def _read(request: HttpRequest, guest: Guest, asked: Asked) -> Page | None:
    fields = fields_of(guest.biller)
    with guest.reading() as tx:
        bill = invoice(tx, UUID(asked.invoice))
        if bill is None:
            return None
        read_in(request, tx.value("select language from payer where id = %(payer)s", payer=bill.payer))
        agency = biller(tx)
        wanted = request.POST.get("saved") or request.GET.get("card", "")
        counter = once.counter(tx, [bill], agency.today_at(guest.now), agency.name, wanted)
        first = first_result(tx, bill.payer, request.POST.get("review", ""))
        tries = tx.value(TRIED, invoice=bill.id, actor=ACTOR)
    return Page(agency, bill, invoice_box(bill, guest.now), counter, fields, first, tries)


def _sent(request: HttpRequest, guest: Guest, page: Page, form: OnceForm, here: str) -> HttpResponse | Problem:
    """A saved method needs the human check as well: this page asks nobody who they are."""
    if page.tries >= TRIES_A_DAY:
        return once.not_paid(NotNow())
    if form.cleaned_data["kind"] == SAVED:
        check = human_check()
        if not check.passed(request):
            return once.not_paid(NotHuman(check.why))
    method = None
    try:
        found = once.method_of(request, guest, page.counter, form, may_keep=False)
        if isinstance(found, Again):
            return redirect(f"{here}?card={found.method.uid}")
        if not isinstance(found, Saved):
            return once.not_paid(found)
        method = found
        once.pay(guest, page.counter, method, request.POST)
    except Refusal as refusal:
        messages.warning(request, refused(refusal))
        return redirect(f"{here}?card={method.uid}" if method else here)
    return redirect(here + "?sent=1")


def _how_it_stands(request: HttpRequest, page: Page) -> HttpResponse:
    """`sent`: they have just paid; else the link was opened after the bill was paid another way or taken back."""
    context = {"agency": page.agency, "page": page, "sent": "sent" in request.GET}
    return render(request, "pay_links/stands.html", context)
