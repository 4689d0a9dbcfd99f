"""Autopay Settings in the new Service Center: enroll, edit, cancel (A10 to A34)."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from autopay.parties.permissions import Act
from autopay.surfaces.service_center.views import for_practices, page_of
from autopay.surfaces.shared import settings_page
from autopay.surfaces.shared.account import account
from autopay.surfaces.shared.cancelling import cancel, on_its_way
from autopay.surfaces.shared.card_fields import field_errors, fields_of, shown
from autopay.surfaces.shared.enrolling import Enrolled, enroll_account
from autopay.surfaces.shared.visitor import Visitor

TEMPLATE = "service_center/autopay_settings.html"
HERE = "service_center:autopay_settings"


@for_practices
def autopay_settings(request: HttpRequest, visitor: Visitor) -> HttpResponseBase:
    visitor.must_be_allowed(Act.ENROLL_OWN)
    fields = fields_of(visitor.biller)
    with visitor.reading() as tx:
        mine = account(tx, visitor)
        form = settings_page.form_for(request, tx, visitor, mine, fields)
    if request.method == "POST" and request.POST.get("check"):
        return field_errors(form)
    outcome = enroll_account(request, visitor, mine.practice.id, form) if form.is_bound and form.is_valid() else None
    if isinstance(outcome, Enrolled):
        messages.success(request, _("Your autopay settings were saved successfully."))
        return redirect(HERE)
    with visitor.reading() as tx:  # only now: what the page says is true after the try, too
        page, mine = page_of(tx, visitor), account(tx, visitor)
        page |= settings_page.context(tx, mine, form) | {"on_its_way": on_its_way(tx, mine)} | _addresses()
    page |= {"problem": settings_page.problem_of(outcome, mine.enrolled) if outcome else None}
    return shown(request, TEMPLATE, page, fields, 422 if form.is_bound else 200)


@for_practices
def cancel_autopay(request: HttpRequest, visitor: Visitor) -> HttpResponse:
    """The pop-up sends its answer here; without JavaScript this page asks the same."""
    visitor.must_be_allowed(Act.ENROLL_OWN)
    with visitor.reading() as tx:
        page, mine = page_of(tx, visitor), account(tx, visitor)
        page |= {"on_its_way": on_its_way(tx, mine)} | _addresses()
    if request.method == "POST":
        messages.success(request, cancel(visitor, mine))
        return redirect(HERE)
    if not mine.enrolled:
        return redirect(HERE)
    return render(request, "service_center/cancel_autopay.html", page)


def _addresses() -> dict[str, object]:
    return {"settings_url": reverse(HERE), "cancel_url": reverse("service_center:cancel_autopay")}
