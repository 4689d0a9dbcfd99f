"""One invoice in the office (V36, V37, V38): the page of every biller's staff, in the office's frame."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_POST

from autopay.parties.permissions import Act
from autopay.surfaces.office.entrance import for_staff
from autopay.surfaces.shared import staff_bill
from autopay.surfaces.shared.staff_bill import Desk
from autopay.surfaces.shared.visitor import Visitor

DESK = Desk(
    page="office:invoice",
    void="office:void",
    refund="office:refund",
    record="office:record",
    template="office/invoice.html",
    refund_template="office/refund.html",
)


@for_staff
def invoice(request: HttpRequest, visitor: Visitor, uid: UUID) -> HttpResponse:
    visitor.must_be_allowed(Act.SEE_PAYERS)
    return staff_bill.show(request, visitor, staff_bill.read(visitor, uid), DESK)


@require_POST
@for_staff
def void(request: HttpRequest, visitor: Visitor, uid: UUID) -> HttpResponse:
    visitor.must_be_allowed(Act.VOID)
    return staff_bill.void(request, visitor, uid, DESK)


@for_staff
def refund(request: HttpRequest, visitor: Visitor, uid: UUID) -> HttpResponse:
    visitor.must_be_allowed(Act.REFUND)
    return staff_bill.refund(request, visitor, uid, DESK)


@require_POST
@for_staff
def record(request: HttpRequest, visitor: Visitor, uid: UUID) -> HttpResponse:
    visitor.must_be_allowed(Act.RECORD_PAYMENT)
    return staff_bill.record(request, visitor, uid, DESK)
