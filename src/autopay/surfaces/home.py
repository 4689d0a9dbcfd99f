"""The first page of each role."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from autopay.parties.models import Membership, Role
from autopay.surfaces.shared.visitor import STAFF, memberships
from autopay.tenancy import tenant_transaction

FIRST_PAGES = {
    Role.ACCOUNT_OWNER: "service_center:home",
    Role.PATIENT: "patient_portal:billing",
    Role.BILLING_CONTACT: "patient_portal:billing",
}


@login_required
def home(request: HttpRequest) -> HttpResponse:
    """Where a log-in lands. Somebody with a log-in and no membership is told so."""
    mine = memberships(request)
    if not mine:
        return render(request, "shell/no_membership.html", status=403)
    return redirect(_first_page(mine[0]))


def _first_page(membership: Membership) -> str:
    """An agency's staff have an office, a vendor's a console."""
    role = Role(membership.role)
    if role not in STAFF:
        return FIRST_PAGES[role]
    with tenant_transaction(membership.biller_id) as tx:
        kind = tx.value("select kind from biller")
    return "vendor:accounts" if kind == "vendor" else "office:home"


def front(request: HttpRequest) -> HttpResponse:
    """The bare address: the demo's landing page, else the first page of whoever is logged in."""
    if settings.DEMO and not request.user.is_authenticated:
        return redirect("demo:landing")
    return redirect("home")
