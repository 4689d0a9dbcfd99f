"""Pay several bills at once (V12): choose the bills and, per patient, what pays them; one page that names every payment; then each
patient's charge, exactly once. Nothing is kept between the pages: the address says what was chosen.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from autopay.charging.reviewed import first_result
from autopay.database import Tx
from autopay.money import Money
from autopay.parties.permissions import Act
from autopay.refusal import Refusal
from autopay.surfaces.patient_portal.people import Patient, patients
from autopay.surfaces.patient_portal.views import for_patients
from autopay.surfaces.shared import once
from autopay.surfaces.shared.biller import Biller, biller
from autopay.surfaces.shared.card_fields import field_errors, fields_of, shown
from autopay.surfaces.shared.invoices import Invoice, invoices, payable
from autopay.surfaces.shared.once import Again, Counter
from autopay.surfaces.shared.pay_form import cannot_pay
from autopay.surfaces.shared.saving_method import Problem
from autopay.surfaces.shared.visitor import Visitor
from autopay.surfaces.shared.wallet import Saved


@dataclass(frozen=True, slots=True)
class Share:
    """One patient's part: what can be paid, what is chosen of it, and with what."""

    patient: Patient
    bills: list[Invoice]
    chosen: list[Invoice]
    counter: Counter
    """Of the chosen bills, or of all while none is chosen."""

    @property
    def method(self) -> Saved | None:
        found = next((each for each in self.counter.methods if each.uid == self.counter.wanted), None)
        return found if found and not cannot_pay(found, self.counter.today) else None

    @property
    def field(self) -> str:
        return f"with-{self.patient.uid}"

    @property
    def picked(self) -> UUID | None:
        first = self.counter.first
        return first.uid if first else None

    @property
    def numbers(self) -> set[UUID]:
        return {each.uid for each in self.chosen}


@dataclass(frozen=True, slots=True)
class Basket:
    agency: Biller
    shares: list[Share]

    @property
    def paid(self) -> list[Share]:
        return [each for each in self.shares if each.chosen]

    @property
    def together(self) -> Money:
        return Money(sum(each.counter.amount.minor for each in self.paid), self.agency.currency)


@for_patients
def choose(request: HttpRequest, visitor: Visitor) -> HttpResponse:
    """Every bill that can be paid now is ticked until somebody says otherwise."""
    visitor.must_be_allowed(Act.PAY_OWN)
    asked = "bill" in request.GET or "next" in request.GET
    with visitor.reading() as tx:
        basket = _basket(tx, visitor, request.GET, all_of_them=not asked)
    if not basket.shares:
        messages.info(request, _("There is nothing to pay right now."))
        return redirect("patient_portal:billing")
    page = _page(visitor, basket) | {"new_card": fields_of(visitor.biller) is not None}
    return render(request, "patient_portal/several.html", page)


@for_patients
def card(request: HttpRequest, visitor: Visitor) -> HttpResponseBase:
    """A card for one of the patients, typed for this payment; then back to the choice with it picked."""
    visitor.must_be_allowed(Act.PAY_OWN)
    fields = fields_of(visitor.biller)
    with visitor.reading() as tx:
        basket = _basket(tx, visitor, request.GET, all_of_them=False)
    share = next((each for each in basket.shares if str(each.patient.uid) == request.GET.get("for")), None)
    if share is None or fields is None:
        raise Http404
    form = once.OnceForm(
        request.POST or None, initial={"kind": "card"}, wallet=[], today=basket.agency.today(visitor), banks=False
    )
    if request.method == "POST" and request.POST.get("check"):
        return field_errors(form)
    problem = None
    if form.is_bound and form.is_valid():
        found = _typed(request, visitor, share, form)
        if isinstance(found, Saved):
            return redirect(_address("patient_portal:several", request.GET, {share.field: str(found.uid)}))
        problem = found
    page = _page(visitor, basket) | once.page_of(share.counter, form, problem)
    page |= {"share": share, "back": _address("patient_portal:several", request.GET, {})}
    return shown(request, "patient_portal/several_card.html", page, fields, 422 if form.is_bound else 200)


@for_patients
def review(request: HttpRequest, visitor: Visitor) -> HttpResponse:
    """The page before the money: every payment by name, and what they come to together."""
    visitor.must_be_allowed(Act.PAY_OWN)
    with visitor.reading() as tx:
        basket = _basket(tx, visitor, request.GET, all_of_them=False)
        first = {each: first_result(tx, each.id, request.POST.get(f"review-{each.uid}", "")) for each in patients(tx, visitor)}
    if request.method == "POST":
        return _pay(request, visitor, basket, first)
    why = _not_yet(basket)
    if why:
        messages.warning(request, why)
        return redirect(_address("patient_portal:several", request.GET, {"next": "1"}))
    page = _page(visitor, basket) | {"back": _address("patient_portal:several", request.GET, {})}
    return render(request, "patient_portal/several_review.html", page)


def _typed(request: HttpRequest, visitor: Visitor, share: Share, form: once.OnceForm) -> Saved | Problem:
    try:
        found = once.method_of(request, visitor, share.counter, form)
    except Refusal as refusal:
        return Problem("bad", "circle-x", _(refusal.text))
    if isinstance(found, Again):
        return found.method
    return found if isinstance(found, Saved) else once.not_paid(found)


def _pay(request: HttpRequest, visitor: Visitor, basket: Basket, first: dict[Patient, str | None]) -> HttpResponse:
    """One charge per patient, each in its own transaction: what was made stays made, what was not says why."""
    made = []
    paid = {each.patient.id: each for each in basket.paid}
    for patient, before in first.items():
        if f"review-{patient.uid}" not in request.POST:
            continue
        try:
            made.append(before or _one(visitor, paid.get(patient.id), request.POST))
        except Refusal as refusal:
            messages.warning(request, f"{patient.name}: {_(refusal.text)}")
    if not made:
        messages.info(request, _("Nothing was charged."))
        return redirect(_address("patient_portal:several", request.GET, {"next": "1"}))
    return redirect(reverse("patient_portal:payments") + "?" + urlencode({"payment": made}, doseq=True))


def _one(visitor: Visitor, share: Share | None, sent: QueryDict) -> str:
    if share is None:  # nothing of it can be paid any more
        raise Refusal("changed", str(once.STALE))
    if share.method is None:
        raise Refusal("no_method", _("Please choose a card or bank account."))
    told = QueryDict(mutable=True)
    for name in ("amount", "review"):
        told[name] = sent.get(f"{name}-{share.patient.uid}", "")
    return once.pay(visitor, share.counter, share.method, told)


def _basket(tx: Tx, visitor: Visitor, asked: QueryDict, *, all_of_them: bool) -> Basket:
    """What this person may pay now. Bills and methods that are not theirs, or not to be paid, are left out."""
    office, wanted, shares = biller(tx), set(asked.getlist("bill")), []
    if not office.connected:
        return Basket(office, [])
    mine = patients(tx, visitor)
    bills = [each for each in invoices(tx, [patient.id for patient in mine]) if payable(each, visitor.now)]
    for patient in mine:
        theirs = sorted((each for each in bills if each.payer == patient.id), key=lambda each: each.id)
        chosen = [each for each in theirs if all_of_them or str(each.uid) in wanted]
        if theirs:
            method = asked.get(f"with-{patient.uid}", "")
            counter = once.counter(tx, chosen or theirs, office.today(visitor), office.name, method)
            shares.append(Share(patient, theirs, chosen, counter))
    return Basket(office, shares)


def _not_yet(basket: Basket) -> str:
    """What is still to be chosen; empty when the payments can be shown."""
    if not basket.paid:
        return _("Please choose at least one bill.")
    without: Sequence[str] = [each.patient.name for each in basket.paid if each.method is None]
    return _("Please choose what pays for %(name)s.") % {"name": ", ".join(without)} if without else ""


def _address(name: str, asked: QueryDict, more: dict[str, str]) -> str:
    """The same choice on another page."""
    kept = asked.copy()
    kept.pop("for", None)
    for key, value in more.items():
        kept[key] = value
    return reverse(name) + ("?" + kept.urlencode() if kept else "")


def _page(visitor: Visitor, basket: Basket) -> dict[str, object]:
    return {"visitor": visitor, "agency": basket.agency, "basket": basket, "biller": basket.agency}
