"""Overview of one patient: how they stand, how to reach them, who else sees and pays (V12, V29)."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from autopay.money import Money
from autopay.parties.permissions import Act
from autopay.surfaces.office.entrance import for_staff
from autopay.surfaces.office.frame import frame
from autopay.surfaces.office.who_sees import contacts_of, logins_of, open_invitations_of
from autopay.surfaces.shared.invoices import invoice_badge, invoices
from autopay.surfaces.shared.payers import rows
from autopay.surfaces.shared.visitor import Visitor

NEWEST = 5


@for_staff
def overview(request: HttpRequest, visitor: Visitor, uid: UUID) -> HttpResponse:
    visitor.must_be_allowed(Act.SEE_PAYERS)
    with visitor.reading() as tx:
        found = frame(tx, visitor, uid)
        payer = found.patient.id
        row = rows(tx, [payer])[0]
        page = found.page | {
            "row": row,
            "open": Money(row.open, found.biller.currency),
            "newest": [(each, invoice_badge(each, visitor.now)) for each in invoices(tx, [payer], NEWEST)],
            "logins": logins_of(tx, visitor.biller, payer),
            "contacts": contacts_of(tx, visitor.biller, payer),
            "invited": open_invitations_of(tx, payer, visitor.now),
        }
    return render(request, "office/overview.html", page)
