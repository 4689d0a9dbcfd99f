"""Auto-bill visits of one patient: on, off, or as the company has it (V21, V23). Turned on without a default, it asks which card (V24)."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from autopay import words
from autopay.agreements.models import Switch
from autopay.charging.switch import Changed, set_switch, turn_on_with
from autopay.money import Money
from autopay.parties.permissions import Act
from autopay.refusal import Refusal
from autopay.sentences import refused
from autopay.surfaces.office.entrance import for_staff
from autopay.surfaces.office.frame import frame
from autopay.surfaces.office.methods_of import consented_methods
from autopay.surfaces.shared.visitor import Visitor
from autopay.tenancy import WebDatabase


@require_POST
@for_staff
def switch(request: HttpRequest, visitor: Visitor, uid: UUID) -> HttpResponse:
    """`to` is what it becomes. `anyway`: on, although no method is the default."""
    visitor.must_be_allowed(Act.SWITCH_PAYER)
    wanted = request.POST.get("to", "")
    if wanted not in Switch.values:
        raise Http404
    with visitor.reading() as tx:
        found = frame(tx, visitor, uid)
    if wanted == Switch.ON and found.standing.method is None and not request.POST.get("anyway"):
        return redirect("office:which_card", uid)
    changed = set_switch(WebDatabase(), visitor.biller, found.patient.id, Switch(wanted), visitor.by)
    _tell(request, Switch(wanted), changed)
    return redirect("office:patient", uid)


@for_staff
def which_card(request: HttpRequest, visitor: Visitor, uid: UUID) -> HttpResponse:
    """Which card should Auto-Pay charge? The default and the switch are set together, or neither is."""
    visitor.must_be_allowed(Act.SWITCH_PAYER)
    with visitor.reading() as tx:
        found = frame(tx, visitor, uid)
        methods = consented_methods(tx, found.patient.id)
    wrong = ""
    if request.method == "POST":
        picked = next((each for each in methods if str(each.saved.uid) == request.POST.get("method")), None)
        if picked is not None:
            try:
                changed = turn_on_with(WebDatabase(), visitor.biller, found.patient.id, picked.saved.id, visitor.by)
            except Refusal as refusal:
                messages.warning(request, refused(refusal))
                return redirect("office:which_card", uid)
            messages.success(
                request, _("%(method)s is now the default. No old invoice was charged.") % {"method": picked.saved.name}
            )
            _tell(request, Switch.ON, changed)
            return redirect("office:patient", uid)
        wrong = _("Please choose a card or bank account, or turn it on without one.")
    page = found.page | {"methods": methods, "wrong": wrong}
    return render(request, "office/which_card.html", page, status=422 if wrong else 200)


def _tell(request: HttpRequest, wanted: Switch, changed: Changed) -> None:
    messages.success(request, _said(wanted, changed.reference))
    for each in changed.on_its_way:
        amount = words.money(Money(each.minor, each.currency))
        messages.warning(request, _("Already on its way: %(amount)s. It cannot be stopped.") % {"amount": amount})


def _said(wanted: Switch, reference: int) -> str:
    text = {
        Switch.ON: _("Auto-bill visits is on for this patient. Nothing was charged."),
        Switch.OFF: _("Auto-bill visits is off for this patient. No new charge will start."),
        Switch.FOLLOW: _("This patient now follows the company setting. Nothing was charged."),
    }[wanted]
    return f"{text} " + _("Reference %(reference)s.") % {"reference": reference}
