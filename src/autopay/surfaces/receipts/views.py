"""The receipt in each house: portal, Service Center, classic. The same page, found through the visitor's own rights."""

from __future__ import annotations

from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from autopay.parties.models import Role
from autopay.parties.permissions import Act
from autopay.surfaces.patient_portal.people import patients
from autopay.surfaces.receipts.receipt import receipt
from autopay.surfaces.shared.account import account
from autopay.surfaces.shared.biller import biller
from autopay.surfaces.shared.products import products
from autopay.surfaces.shared.visitor import Visitor, for_roles


@for_roles(Role.PATIENT, Role.BILLING_CONTACT)
def portal(request: HttpRequest, visitor: Visitor, uid: UUID) -> HttpResponse:
    visitor.must_be_allowed(Act.SEE_OWN)
    with visitor.reading() as tx:
        mine = [each.id for each in patients(tx, visitor)]
        page = {"visitor": visitor, "agency": biller(tx), "receipt": receipt(tx, uid, mine, visitor.now)}
    return render(request, "receipts/portal.html", page)


@for_roles(Role.ACCOUNT_OWNER)
def service_center(request: HttpRequest, visitor: Visitor, uid: UUID) -> HttpResponse:
    return render(request, "receipts/service_center.html", _practice(visitor, uid, "service-center"))


@for_roles(Role.ACCOUNT_OWNER)
def classic(request: HttpRequest, visitor: Visitor, slug: str, uid: UUID) -> HttpResponse:
    return render(request, "receipts/classic.html", _practice(visitor, uid, slug))


def _practice(visitor: Visitor, uid: UUID, slug: str) -> dict[str, object]:
    """A product the account does not have is not found (A6)."""
    visitor.must_be_allowed(Act.SEE_OWN)
    with visitor.reading() as tx:
        found = products(tx, visitor.payer or 0)
        current = next((each for each in found if each.slug == slug), None)
        if current is None:
            raise Http404
        shown, told = account(tx, visitor), receipt(tx, uid, [visitor.payer or 0], visitor.now)
    house = {"visitor": visitor, "account": shown, "biller": shown.biller, "products": found, "product": current}
    return house | {"receipt": told}
