"""Patients: search, filter, and how each one stands (screens 3.8)."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _

from autopay.money import Money
from autopay.parties.permissions import Act
from autopay.surfaces.office.entrance import for_staff
from autopay.surfaces.shared.alerts import alerts
from autopay.surfaces.shared.biller import biller
from autopay.surfaces.shared.pages import after, page_number, pager
from autopay.surfaces.shared.payers import Row, Search, any_at_all, found
from autopay.surfaces.shared.standing import Standing
from autopay.surfaces.shared.visitor import Visitor

AUTO_PAY = {"": _("All"), "on": _("On"), "stuck": _("On, cannot charge"), "off": _("Off"), "follow": _("Never set")}
BALANCE = {"": _("All"), "open": _("Open"), "failed": _("Failed")}


@dataclass(frozen=True, slots=True)
class Listed:
    row: Row
    standing: Standing
    balance: Money


@for_staff
def home(request: HttpRequest, visitor: Visitor) -> HttpResponse:
    return redirect("office:dashboard")


@for_staff
def patients(request: HttpRequest, visitor: Visitor) -> HttpResponse:
    visitor.must_be_allowed(Act.SEE_PAYERS)
    wanted = {name: request.GET.get(name, "") for name in ("q", "autopay", "balance")}
    page = page_number(request.GET.get("page", ""))
    begin = request.GET.get("after", "")
    search = Search("patient", wanted["q"], wanted["balance"], wanted["autopay"], after(begin))
    with visitor.reading() as tx:
        house = biller(tx)
        told = alerts(tx, visitor)
        matching = found(tx, search, page)
        any_patient = bool(matching.total) or any_at_all(tx, "patient")
    listed = [Listed(row, standing, Money(row.open, house.currency)) for row, standing in matching.listed]
    return render(
        request,
        "office/patients.html",
        {"visitor": visitor, "biller": house, "listed": listed, "wanted": wanted, "any": any_patient}
        | {"alerts": told}
        | {"autopays": AUTO_PAY.items(), "balances": BALANCE.items()}
        | pager(
            matching.total,
            matching.page,
            wanted | ({"after": begin} if begin else {}),
            matching.onward if matching.beyond else None,
        ),
    )
