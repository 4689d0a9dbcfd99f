"""One bill in the console (A60, A62): the page of every biller's staff, in the console's frame."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_POST

from autopay.parties.permissions import Act
from autopay.surfaces.shared import staff_bill
from autopay.surfaces.shared.staff_bill import Desk
from autopay.surfaces.shared.visitor import Visitor
from autopay.surfaces.vendor.entrance import for_vendors

DESK = Desk(
    page="vendor:bill",
    void="vendor:void",
    refund="vendor:refund",
    record="vendor:record",
    template="vendor/bill.html",
    refund_template="vendor/refund.html",
)


@for_vendors
def bill(request: HttpRequest, visitor: Visitor, uid: UUID) -> HttpResponse:
    visitor.must_be_allowed(Act.SEE_PAYERS)
    return staff_bill.show(request, visitor, staff_bill.read(visitor, uid), DESK)


@require_POST
@for_vendors
def void(request: HttpRequest, visitor: Visitor, uid: UUID) -> HttpResponse:
    visitor.must_be_allowed(Act.VOID)
    return staff_bill.void(request, visitor, uid, DESK)


@for_vendors
def refund(request: HttpRequest, visitor: Visitor, uid: UUID) -> HttpResponse:
    visitor.must_be_allowed(Act.REFUND)
    return staff_bill.refund(request, visitor, uid, DESK)


@require_POST
@for_vendors
def record(request: HttpRequest, visitor: Visitor, uid: UUID) -> HttpResponse:
    visitor.must_be_allowed(Act.RECORD_PAYMENT)
    return staff_bill.record(request, visitor, uid, DESK)
