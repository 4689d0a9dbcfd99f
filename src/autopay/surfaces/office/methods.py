"""Payment Methods of a patient: set the default, remove (V20, V31). A new default charges nothing by itself (V32)."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from autopay import words
from autopay.charging.remove_method import remove_method
from autopay.database import Tx
from autopay.money import Money
from autopay.parties.permissions import Act
from autopay.refusal import Refusal
from autopay.sentences import refused
from autopay.surfaces.office.entrance import for_staff
from autopay.surfaces.shared.biller import Biller, biller
from autopay.surfaces.shared.payers import PAYER, Payer
from autopay.surfaces.shared.visitor import Visitor
from autopay.surfaces.shared.wallet import Saved, saved_methods
from autopay.tenancy import WebDatabase
from autopay.wallet import default as wallet


@dataclass(frozen=True, slots=True)
class Found:
    biller: Biller
    patient: Payer
    method: Saved


@require_POST
@for_staff
def default(request: HttpRequest, visitor: Visitor, uid: UUID) -> HttpResponse:
    visitor.must_be_allowed(Act.METHODS)
    with visitor.reading() as tx:
        found = _find(tx, uid)
    try:
        wallet.set_default(WebDatabase(), visitor.biller, found.method.id, visitor.by)
        said = _("%(method)s is now the default. No old invoice was charged.") % {"method": found.method.name}
        messages.success(request, said)
    except Refusal as refusal:
        messages.warning(request, refused(refusal))
    return redirect("office:patient", found.patient.uid)


@for_staff
def remove(request: HttpRequest, visitor: Visitor, uid: UUID) -> HttpResponse:
    """First a page that says what stops, then the deed."""
    visitor.must_be_allowed(Act.METHODS)
    with visitor.reading() as tx:
        found = _find(tx, uid)
    if request.method != "POST":
        return render(request, "office/remove_method.html", {"visitor": visitor, "biller": found.biller, "found": found})
    try:
        done = remove_method(WebDatabase(), visitor.biller, found.method.id, visitor.by, told=False)
        said = _("%(method)s was removed.") % {"method": found.method.name}
        if found.method.is_default:
            said += " " + _("No card is the default now. Auto-Pay cannot charge until you set one.")
        messages.success(request, said)
        for each in done.on_its_way:
            amount = words.money(Money(each.minor, each.currency))
            messages.warning(request, _("Already on its way: %(amount)s. It cannot be stopped.") % {"amount": amount})
    except Refusal as refusal:
        messages.warning(request, refused(refusal))
    return redirect("office:patient", found.patient.uid)


def _find(tx: Tx, uid: UUID) -> Found:
    owned = f"{PAYER} where id = (select payer_id from method where uid = %(uid)s)"
    patient = tx.one(Payer, owned, uid=uid)
    method = next((each for each in saved_methods(tx, [patient.id]) if each.uid == uid), None) if patient else None
    if patient is None or method is None:
        raise Http404
    return Found(biller(tx), patient, method)
