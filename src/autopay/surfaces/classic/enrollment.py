"""Enroll, edit and cancel in the classic screens (A43 to A48): the flow of the new Service Center in the guide's older words."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from autopay.parties.permissions import Act
from autopay.surfaces.classic.views import for_practices, page_of
from autopay.surfaces.shared import settings_page
from autopay.surfaces.shared.account import Account
from autopay.surfaces.shared.cancelling import cancel, on_its_way, wrong_word
from autopay.surfaces.shared.enrolling import Enrolled, enroll_account
from autopay.surfaces.shared.visitor import Visitor


@for_practices
def enroll(request: HttpRequest, visitor: Visitor, slug: str) -> HttpResponseBase:
    """Agreement and form on one page; also the edit while enrolled (A21)."""
    visitor.must_be_allowed(Act.ENROLL_OWN)
    with visitor.reading() as tx:
        mine, _page = page_of(tx, visitor, slug)
        form = settings_page.form_for(request, tx, visitor, mine)
    if request.method == "POST" and request.POST.get("check"):
        return settings_page.field_errors(form)
    outcome = enroll_account(request, visitor, mine.practice.id, form) if form.is_bound and form.is_valid() else None
    if isinstance(outcome, Enrolled):
        messages.success(request, _("Payment method added"))
        return redirect("classic:pay_bill", slug)
    with visitor.reading() as tx:  # only now: what the page says is true after the try, too
        mine, page = page_of(tx, visitor, slug)
        page |= settings_page.context(tx, mine, form) | {"prices_url": _prices(mine, slug)}
    page |= {"problem": settings_page.problem_in_words(outcome, mine.enrolled) if outcome else None}
    status = 422 if form.is_bound else 200
    return settings_page.shown(request, "classic/enroll.html", page, settings_page.fields_of(visitor.biller), status)


@for_practices
def autopay_settings(request: HttpRequest, visitor: Visitor, slug: str) -> HttpResponse:
    """How it stands and, at the bottom, the box for the typed `cancel` (A47). A wrong word cancels nothing and is answered."""
    visitor.must_be_allowed(Act.ENROLL_OWN)
    with visitor.reading() as tx:
        mine, page = page_of(tx, visitor, slug)
        page |= {"on_its_way": on_its_way(tx, mine)}
    typed = request.POST.get("word", "")
    wrong = wrong_word(typed) if request.method == "POST" else ""
    if request.method == "POST" and not wrong:
        messages.success(request, cancel(visitor, mine))
        return redirect("classic:autopay_settings", slug)
    return render(request, "classic/autopay_settings.html", page | {"typed": typed, "wrong": wrong}, status=422 if wrong else 200)


def _prices(mine: Account, slug: str) -> str:
    """Where each price and its source stand: the newest bill."""
    return reverse("classic:bill", args=[slug, mine.newest.uid]) if mine.newest else reverse("classic:history", args=[slug])
