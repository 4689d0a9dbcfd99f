"""The receipt in each house: portal, Service Center, classic. The same page, found through the visitor's own rights."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from autopay.charging.receipt_copy import ask_for_copy
from autopay.database import Tx
from autopay.parties.mail_address import mail_address
from autopay.parties.models import Role
from autopay.parties.permissions import Act
from autopay.refusal import Refusal
from autopay.sentences import refused
from autopay.surfaces.patient_portal.people import patients
from autopay.surfaces.receipts.cancellation import cancellation
from autopay.surfaces.receipts.receipt import Receipt, receipt
from autopay.surfaces.shared.account import account
from autopay.surfaces.shared.biller import biller
from autopay.surfaces.shared.products import products
from autopay.surfaces.shared.visitor import Visitor, for_roles
from autopay.tenancy import WebDatabase


@for_roles(Role.PATIENT, Role.BILLING_CONTACT)
def portal(request: HttpRequest, visitor: Visitor, uid: UUID) -> HttpResponse:
    visitor.must_be_allowed(Act.SEE_OWN)
    with visitor.reading() as tx:
        mine = [each.id for each in patients(tx, visitor)]
        page = {"visitor": visitor, "agency": biller(tx)} | _told(tx, visitor, uid, mine)
    return _shown(request, visitor, "receipts/portal.html", page)


@for_roles(Role.ACCOUNT_OWNER)
def service_center(request: HttpRequest, visitor: Visitor, uid: UUID) -> HttpResponse:
    return _shown(request, visitor, "receipts/service_center.html", _receipt_of(visitor, uid, "service-center"))


@for_roles(Role.ACCOUNT_OWNER)
def classic(request: HttpRequest, visitor: Visitor, slug: str, uid: UUID) -> HttpResponse:
    return _shown(request, visitor, "receipts/classic.html", _receipt_of(visitor, uid, slug))


@for_roles(Role.ACCOUNT_OWNER)
def service_center_cancellation(request: HttpRequest, visitor: Visitor, reference: int) -> HttpResponse:
    return render(request, "receipts/service_center_cancellation.html", _cancellation_of(visitor, reference, "service-center"))


@for_roles(Role.ACCOUNT_OWNER)
def classic_cancellation(request: HttpRequest, visitor: Visitor, slug: str, reference: int) -> HttpResponse:
    return render(request, "receipts/classic_cancellation.html", _cancellation_of(visitor, reference, slug))


def _receipt_of(visitor: Visitor, uid: UUID, slug: str) -> dict[str, object]:
    with visitor.reading() as tx:
        return _house(tx, visitor, slug) | _told(tx, visitor, uid, [visitor.payer or 0])


def _cancellation_of(visitor: Visitor, reference: int, slug: str) -> dict[str, object]:
    with visitor.reading() as tx:
        told = cancellation(tx, reference, visitor.payer or 0)
        return _house(tx, visitor, slug) | {"told": told, "number": reference, "account_uid": told.account_uid}


def _house(tx: Tx, visitor: Visitor, slug: str) -> dict[str, object]:
    """A product the account does not have is not found (A6)."""
    visitor.must_be_allowed(Act.SEE_OWN)
    found = products(tx, visitor.payer or 0)
    current = next((each for each in found if each.slug == slug), None)
    if current is None:
        raise Http404
    shown = account(tx, visitor)
    return {"visitor": visitor, "account": shown, "biller": shown.biller, "products": found, "product": current}


def _told(tx: Tx, visitor: Visitor, uid: UUID, payers: list[int]) -> dict[str, object]:
    """`mail_to` only for the payer: somebody who pays for others does not learn their addresses."""
    told = receipt(tx, uid, payers, visitor.now)
    mine = visitor.payer is not None and not told.payment.returned
    return {"receipt": told, "mail_to": mail_address(tx, visitor.biller, visitor.payer) if mine and visitor.payer else ""}


def _shown(request: HttpRequest, visitor: Visitor, template: str, page: dict[str, object]) -> HttpResponse:
    """[Email it] comes back to its own page."""
    if request.method != "POST":
        return render(request, template, page)
    told = page["receipt"]
    if not isinstance(told, Receipt) or not page["mail_to"]:
        raise Http404
    try:
        address = ask_for_copy(WebDatabase(), visitor.biller, told.payment.id, visitor.by)
        messages.success(request, _("A copy of this receipt is on its way to %(address)s.") % {"address": address})
    except Refusal as refusal:
        messages.warning(request, refused(refusal))
    return redirect(request.path)
