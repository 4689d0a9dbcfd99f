"""What a patient or billing contact reads. Nothing here changes a switch or a card: card and banner are read-only (V6)."""

from __future__ import annotations

import hashlib
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from autopay.parties.models import Role
from autopay.surfaces.patient_portal.billing import billings, invoice_page, pick
from autopay.surfaces.patient_portal.people import patients
from autopay.surfaces.shared.biller import biller
from autopay.surfaces.shared.pages import shown
from autopay.surfaces.shared.visitor import Visitor, for_roles

RECENT, RECENT_OF_SEVERAL, MORE = 20, 5, 50
"""Payments listed at first, of one patient and of each of several; and how many a press on Show more adds."""
OLDEST = 9999
for_patients = for_roles(Role.PATIENT, Role.BILLING_CONTACT)


@for_patients
def billing(request: HttpRequest, visitor: Visitor) -> HttpResponse:
    """The Billing page (V1 to V5, V7 to V12). A billing contact picks a patient, or sees all of them."""
    wanted = request.GET.get("patient", "")
    with visitor.reading() as tx:
        mine, office = patients(tx, visitor), biller(tx)
        picked = pick(mine, wanted)
        recent = shown(request.GET.get("history", ""), RECENT if len(picked) == 1 else RECENT_OF_SEVERAL, OLDEST)
        pages = billings(tx, picked, office, visitor.now, recent)
    stands = hashlib.sha256("\n".join(each.stands for each in pages).encode()).hexdigest()[:16]
    if request.headers.get("HX-Request") and request.GET.get("seen") == stands:
        return HttpResponse(status=204)  # no news: what the person reads, and where they are on it, stays as it is
    page = {"visitor": visitor, "agency": office, "patients": mine, "pages": pages, "wanted": wanted, "stands": stands}
    page |= {"waiting": any(each.following for each in pages), "payable": sum(len(each.payable) for each in pages)}
    page |= {"next_history": recent + MORE, "newer_history": recent - MORE}
    return render(request, "patient_portal/billing.html", page)


@for_patients
def invoice(request: HttpRequest, visitor: Visitor, uid: UUID) -> HttpResponse:
    """One invoice: what it is for, what became of it and why."""
    with visitor.reading() as tx:
        page = invoice_page(tx, visitor, uid)
    return render(
        request, "patient_portal/invoice.html", {"visitor": visitor, "agency": page.agency, "page": page, "invoice": page.invoice}
    )
