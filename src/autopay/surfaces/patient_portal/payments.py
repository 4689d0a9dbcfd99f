"""The payments that were just made, side by side, followed to their ends (V12). An address that names somebody else's finds nothing."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from autopay.parties.permissions import Act
from autopay.surfaces.patient_portal.people import Patient, patients
from autopay.surfaces.patient_portal.views import for_patients
from autopay.surfaces.shared.biller import biller
from autopay.surfaces.shared.payment import Box
from autopay.surfaces.shared.payment_page import CHARGE, PARTS, Charge, Part, box_of, planned
from autopay.surfaces.shared.visitor import Visitor

MOST = 50


@dataclass(frozen=True, slots=True)
class Shown:
    patient: Patient
    charge: Charge
    parts: list[Part]
    box: Box


@for_patients
def payments(request: HttpRequest, visitor: Visitor) -> HttpResponse:
    visitor.must_be_allowed(Act.SEE_OWN)
    try:
        wanted = [UUID(each) for each in request.GET.getlist("payment")[:MOST]]
    except ValueError:
        raise Http404 from None
    with visitor.reading() as tx:
        agency, mine = biller(tx), patients(tx, visitor)
        found = []
        for patient in mine:
            for charge in filter(None, (tx.one(Charge, CHARGE, uid=uid, payer=patient.id) for uid in wanted)):
                parts = planned(charge.minor, tx.all(Part, PARTS, charge=charge.id))
                found.append(Shown(patient, charge, parts, box_of(charge, parts, visitor.now, account=False)))
    if not found or len(found) != len(set(wanted)):
        raise Http404
    waiting = any(each.charge.following for each in found)
    return render(
        request, "patient_portal/payments.html", {"visitor": visitor, "agency": agency, "shown": found, "waiting": waiting}
    )
