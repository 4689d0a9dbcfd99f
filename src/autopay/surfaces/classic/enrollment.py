"""Enroll, edit and cancel in the classic screens (A43 to A48): the flow of the new Service Center in the guide's older words."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from autopay.parties.permissions import Act
from autopay.surfaces.classic.views import for_practices, page_of
from autopay.surfaces.shared import settings_page
from autopay.surfaces.shared.cancelling import cancel, on_its_way, wrong_word
from autopay.surfaces.shared.card_fields import field_errors, fields_of, shown
from autopay.surfaces.shared.enrolling import Enrolled, enroll_account
from autopay.surfaces.shared.visitor import Visitor


@for_practices
def enroll(request: HttpRequest, visitor: Visitor, slug: str) -> HttpResponseBase:
    """Agreement and form on one page; also the edit while enrolled (A21)."""
    visitor.must_be_allowed(Act.ENROLL_OWN)
    fields = fields_of(visitor.biller)
    with visitor.reading() as tx:
        mine, _page = page_of(tx, visitor, slug)
        form = settings_page.form_for(request, tx, visitor, mine, fields)
    if request.method == "POST" and request.POST.get("check"):
        return field_errors(form)
    outcome = enroll_account(request, visitor, mine.practice.id, form) if form.is_bound and form.is_valid() else None
    if isinstance(outcome, Enrolled):
        messages.success(request, _("Payment method added"))
        return redirect("classic:pay_bill", slug)
    with visitor.reading() as tx:  # only now: what the page says is true after the try, too
        mine, page = page_of(tx, visitor, slug)
        page |= settings_page.context(tx, mine, form)
    page |= {"problem": settings_page.problem_of(outcome, mine.enrolled) if outcome else None}
    return shown(request, "classic/enroll.html", page, fields, 422 if form.is_bound else 200)


@for_practices
def autopay_settings(request: HttpRequest, visitor: Visitor, slug: str) -> HttpResponse:
    """How it stands and, at the bottom, the box for the typed `cancel` (A47). A wrong word cancels nothing and is answered."""
    visitor.must_be_allowed(Act.ENROLL_OWN)
    with visitor.reading() as tx:
        mine, page = page_of(tx, visitor, slug)
        page |= {"on_its_way": on_its_way(tx, mine), "agreed": settings_page.agreed(tx, mine)}
    typed = request.POST.get("word", "")
    wrong = wrong_word(typed) if request.method == "POST" else ""
    if request.method == "POST" and not wrong:
        messages.success(request, cancel(visitor, mine))
        return redirect("classic:autopay_settings", slug)
    return render(request, "classic/autopay_settings.html", page | {"typed": typed, "wrong": wrong}, status=422 if wrong else 200)
