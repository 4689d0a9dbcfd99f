"""One patient: the Billing tab with methods, preferences and invoices, and what was changed (V20, V21, V23, V27)."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from autopay import words
from autopay.agreements.models import Switch
from autopay.charging.switch import set_switch
from autopay.money import Money
from autopay.parties.permissions import Act
from autopay.surfaces.office.entrance import for_staff
from autopay.surfaces.shared.biller import biller
from autopay.surfaces.shared.invoices import Invoice, invoice_badge, open_and_recent, payable
from autopay.surfaces.shared.log import log
from autopay.surfaces.shared.pages import shown
from autopay.surfaces.shared.payers import find_payer
from autopay.surfaces.shared.payment import Badge
from autopay.surfaces.shared.standing import Standing, obstacle_in_words, standings
from autopay.surfaces.shared.visitor import Visitor
from autopay.surfaces.shared.wallet import saved_methods
from autopay.tenancy import WebDatabase

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
        house, patient = biller(tx), find_payer(tx, uid)
        standing = standings(tx, [patient.id])[patient.id]
        methods = saved_methods(tx, [patient.id])
        recent = shown(request.GET.get("bills", ""), RECENT)
        bills, older = open_and_recent(tx, patient.id, recent)
        logged = log(tx, patient.id)
    page = {
        "visitor": visitor,
        "biller": house,
        "patient": patient,
        "standing": standing,
        "state": state_in_words(standing),
        "methods": methods,
        "rows": [Row(each, invoice_badge(each, visitor.now), house.connected and payable(each, visitor.now)) for each in bills],
        "next_bills": recent + MORE if older else None,
        "open": Money(sum(each.open for each in bills), house.currency),
        "failed": next((each for each in bills if each.open > 0 and each.state in ("failed", "returned")), None),
        "log": logged,
        "may": {act.name: visitor.may(act) for act in Act},
    }
    return render(request, "office/patient.html", page)


def state_in_words(standing: Standing) -> str:
    """How this patient stands, in the words of screens 3.8."""
    if standing.able:
        return _("Auto-Pay is on and will charge %(method)s.") % {"method": standing.method_words}
    if standing.on:
        return _("Auto-Pay is on, but cannot charge: %(why)s.") % {"why": obstacle_in_words(standing.obstacle)}
    if standing.switch == "off":
        return _("Auto-Pay is off: this patient's own setting.")
    return _("Auto-Pay is off: the company switch is off and this patient follows it.")


@for_staff
def changes(request: HttpRequest, visitor: Visitor, uid: UUID) -> HttpResponse:
    visitor.must_be_allowed(Act.SEE_PAYERS)
    with visitor.reading() as tx:
        house, patient = biller(tx), find_payer(tx, uid)
        logged = log(tx, patient.id, limit=200)
    return render(request, "office/changes.html", {"visitor": visitor, "biller": house, "patient": patient, "log": logged})


@require_POST
@for_staff
def switch(request: HttpRequest, visitor: Visitor, uid: UUID) -> HttpResponse:
    """This patient's own Auto-bill visits: on, off, or follow the company."""
    visitor.must_be_allowed(Act.SWITCH_PAYER)
    wanted = request.POST.get("to", "")
    if wanted not in Switch.values:
        raise Http404
    with visitor.reading() as tx:
        patient = find_payer(tx, uid)
    changed = set_switch(WebDatabase(), visitor.biller, patient.id, Switch(wanted), visitor.by)
    messages.success(request, _said(Switch(wanted), changed.reference))
    for each in changed.on_its_way:
        amount = words.money(Money(each.minor, each.currency))
        messages.warning(request, _("Already on its way: %(amount)s. It cannot be stopped.") % {"amount": amount})
    return redirect("office:patient", uid)


def _said(wanted: Switch, reference: int) -> str:
    text = {
        Switch.ON: _("Auto-bill visits is on for this patient. Nothing was charged."),
        Switch.OFF: _("Auto-bill visits is off for this patient. No new charge will start."),
        Switch.FOLLOW: _("This patient now follows the company setting. Nothing was charged."),
    }[wanted]
    return f"{text} " + _("Reference %(reference)s.") % {"reference": reference}
