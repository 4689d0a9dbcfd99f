"""One patient: the Billing tab with methods, preferences and invoices, and what was changed (V20, V21, V23, V27)."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from autopay.agreements.method_link import waiting_link
from autopay.money import Money
from autopay.parties.permissions import Act
from autopay.surfaces.office.entrance import for_staff
from autopay.surfaces.office.frame import frame
from autopay.surfaces.office.methods_of import consented_methods
from autopay.surfaces.shared.invoices import Invoice, invoice_badge, open_and_recent, payable
from autopay.surfaces.shared.log import log, person
from autopay.surfaces.shared.pages import shown
from autopay.surfaces.shared.payment import Badge
from autopay.surfaces.shared.standing import Standing
from autopay.surfaces.shared.visitor import Visitor

RECENT, MORE = 25, 50
"""Invoices listed at first beside all that are open, and how many a press on Show more adds."""


@dataclass(frozen=True, slots=True)
class Row:
    invoice: Invoice
    badge: Badge
    payable: bool


@for_staff
def billing(request: HttpRequest, visitor: Visitor, uid: UUID) -> HttpResponse:
    visitor.must_be_allowed(Act.SEE_PAYERS)
    with visitor.reading() as tx:
        found = frame(tx, visitor, uid)
        house, patient = found.biller, found.patient
        methods = consented_methods(tx, patient.id)
        recent = shown(request.GET.get("bills", ""), RECENT)
        bills, older = open_and_recent(tx, patient.id, recent)
        logged = log(tx, patient.id)
        link = waiting_link(tx, patient.id, visitor.now)
        set_by = who_set(found.standing)
    page = found.page | {
        "methods": methods,
        "default": next((each for each in methods if each.saved.is_default), None),
        "sent_link": link,
        "today": house.today(visitor),
        "set_by": set_by,
        "rows": [Row(each, invoice_badge(each, visitor.now), house.connected and payable(each, visitor.now)) for each in bills],
        "next_bills": recent + MORE if older else None,
        "open": Money(sum(each.open for each in bills), house.currency),
        "failed": next(
            (each for each in bills if each.open > 0 and not each.blocked and each.state in ("failed", "returned")), None
        ),
        "log": logged,
    }
    return render(request, "office/patient.html", page)


def who_set(standing: Standing) -> str:
    """The person who last changed this patient's switch; empty while nobody has."""
    return person(standing.changed_by) if standing.number > 1 else ""


@for_staff
def changes(request: HttpRequest, visitor: Visitor, uid: UUID) -> HttpResponse:
    visitor.must_be_allowed(Act.SEE_PAYERS)
    with visitor.reading() as tx:
        found = frame(tx, visitor, uid)
        logged = log(tx, found.patient.id, limit=200)
    return render(request, "office/changes.html", found.page | {"log": logged})
