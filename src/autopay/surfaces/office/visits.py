"""Complete a visit, and invoice it: with Auto-Pay on, the default card is charged at once (V30)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from uuid import UUID, uuid4

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from autopay.billing.visits import CompletedVisit, complete_visit
from autopay.charging.issue import issue_visits
from autopay.money import Money, MoneyError
from autopay.parties.permissions import Act
from autopay.surfaces.office.entrance import for_staff
from autopay.surfaces.office.patient import state_in_words
from autopay.surfaces.shared.biller import biller
from autopay.surfaces.shared.payers import Payer, find_payer
from autopay.surfaces.shared.standing import standings
from autopay.surfaces.shared.visitor import Visitor

A_PERSON_WAITS = 1


@dataclass(frozen=True, slots=True)
class Typed:
    """What stands in the form, and what is wrong with it, by field."""

    on: str
    amount: str
    token: str
    errors: dict[str, str]


@for_staff
def complete(request: HttpRequest, visitor: Visitor, uid: UUID) -> HttpResponse:
    visitor.must_be_allowed(Act.INVOICE)
    with visitor.reading() as tx:
        house, patient = biller(tx), find_payer(tx, uid)
        standing = standings(tx, [patient.id])[patient.id]
    typed, visit = _read(request, patient, house.currency, house.today(visitor))
    if visit is not None:
        return _completed(request, visitor, patient, visit)
    page = {"visitor": visitor, "biller": house, "patient": patient, "standing": standing, "typed": typed}
    return render(
        request, "office/complete.html", page | {"state": state_in_words(standing)}, status=422 if typed.errors else 200
    )


def _completed(request: HttpRequest, visitor: Visitor, patient: Payer, visit: CompletedVisit) -> HttpResponse:
    """The same form sent twice is one visit and one invoice: its token is the visit's identifier."""
    only = request.POST.get("then") == "complete"
    with visitor.reading() as tx:
        made = complete_visit(tx, visitor.biller, visit, visitor.by)
        if not only:
            issue_visits(tx, visitor.biller, [made], visitor.by, A_PERSON_WAITS)
        invoice = tx.value("select uid from invoice where visit_id = %(visit)s", visit=made)
    if invoice is None:
        messages.success(request, _("The visit is completed. Nothing was invoiced."))
        return redirect("office:patient", patient.uid)
    return redirect("office:invoice", invoice)


def _read(request: HttpRequest, patient: Payer, currency: str, today: date) -> tuple[Typed, CompletedVisit | None]:
    if request.method != "POST":
        return Typed(today.isoformat(), "", uuid4().hex, {}), None
    on, amount, token = (request.POST.get(name, "") for name in ("on", "amount", "token"))
    errors: dict[str, str] = {}
    day, money = _day(on, today, errors), _money(amount, currency, errors)
    typed = Typed(on, amount, token, errors)
    if day is None or money is None or not token:
        return typed, None
    return typed, CompletedVisit(patient.id, day, money.minor, token)


def _day(text: str, today: date, errors: dict[str, str]) -> date | None:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        errors["on"] = _("Please give the date of the visit.")
        return None
    if day > today:
        errors["on"] = _("A visit in the future cannot be completed yet.")
        return None
    return day


def _money(text: str, currency: str, errors: dict[str, str]) -> Money | None:
    try:
        money = Money.parse(text, currency)
    except MoneyError:
        errors["amount"] = _("Please give an amount, like 96.00.")
        return None
    if money.minor <= 0:
        errors["amount"] = _("The amount must be above zero.")
        return None
    return money
