"""Complete a visit, and invoice it: with Auto-Pay on, the default card is charged at once (V30). What a button will do stands above it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from uuid import UUID, uuid4

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from autopay import words
from autopay.billing.visits import CompletedVisit, complete_visit
from autopay.charging.charge import ChargeNow, Hold
from autopay.charging.issue import issue_visits
from autopay.database import Tx
from autopay.money import Money, MoneyError
from autopay.parties.permissions import Act
from autopay.surfaces.office.entrance import for_staff
from autopay.surfaces.office.frame import Frame, frame
from autopay.surfaces.shared.invoices import Invoice, invoice_badge, invoices_of
from autopay.surfaces.shared.payment import Badge
from autopay.surfaces.shared.visitor import Visitor

A_PERSON_WAITS = 1
VISITS = """
    select v.uid, v."on", v.minor, i.id as invoice from visit v left join invoice i on i.visit_id = v.id
    where v.payer_id = %(payer)s order by v."on" desc, v.id desc limit 200
"""


@dataclass(frozen=True, slots=True)
class Typed:
    """What stands in the form, and what is wrong with it, by field."""

    on: str
    amount: str
    token: str
    errors: dict[str, str]


@dataclass(frozen=True, slots=True)
class Visit:
    uid: UUID
    on: date
    minor: int
    invoice: int | None


@dataclass(frozen=True, slots=True)
class Row:
    visit: Visit
    amount: Money
    invoice: Invoice | None
    badge: Badge | None


@for_staff
def visits(request: HttpRequest, visitor: Visitor, uid: UUID) -> HttpResponse:
    """Every completed visit and what became of it; one that was not invoiced can be."""
    visitor.must_be_allowed(Act.SEE_PAYERS)
    with visitor.reading() as tx:
        found = frame(tx, visitor, uid)
        done = tx.all(Visit, VISITS, payer=found.patient.id)
        bills = invoices_of(tx, [each.invoice for each in done if each.invoice])
    rows = [_row(each, bills.get(each.invoice or 0), found.biller.currency, visitor) for each in done]
    return render(request, "office/visits.html", found.page | {"rows": rows})


@for_staff
def complete(request: HttpRequest, visitor: Visitor, uid: UUID) -> HttpResponse:
    """GET: the form. POST with `then` look: what would happen, in a sentence. With invoice or complete: it is done."""
    visitor.must_be_allowed(Act.INVOICE)
    with visitor.reading() as tx:
        found = frame(tx, visitor, uid)
    typed, visit = _read(request, found, found.biller.today(visitor))
    if visit is not None and request.POST.get("then") in ("invoice", "complete"):
        return _completed(request, visitor, found, visit)
    page = found.page | {"typed": typed, "again": bool(request.POST.get("again"))}
    if visit is not None and not request.POST.get("again"):
        page |= {
            "sure": sentence(found, visit.minor, visitor),
            "amount": Money(visit.minor, found.biller.currency),
            "on": visit.on,
        }
    return render(request, "office/complete.html", page, status=422 if typed.errors else 200)


@for_staff
def invoice(request: HttpRequest, visitor: Visitor, uid: UUID) -> HttpResponse:
    """A visit that was only completed: say what invoicing it does, then do it. Pressed twice, it is one invoice."""
    visitor.must_be_allowed(Act.INVOICE)
    with visitor.reading() as tx:
        visit = tx.record('select id, minor, "on", payer_id from visit where uid = %(uid)s', uid=uid)
        if visit is None:
            raise Http404
        found = frame(tx, visitor, tx.value("select uid from payer where id = %(id)s", id=visit["payer_id"]))
        made = _invoice_of(tx, visit["id"])
    if made is None and request.method == "POST":
        with visitor.reading() as tx:
            issue_visits(tx, visitor.biller, [visit["id"]], visitor.by, A_PERSON_WAITS)
            made = _invoice_of(tx, visit["id"])
    if made is not None:
        return redirect("office:invoice", made)
    page = found.page | {"sure": sentence(found, visit["minor"], visitor), "on": visit["on"]}
    return render(request, "office/invoice_visit.html", page | {"amount": Money(visit["minor"], found.biller.currency)})


def sentence(found: Frame, minor: int, visitor: Visitor) -> str:
    """What invoicing this amount would do now, decided by the engine's own rule."""
    standing, amount = found.standing, words.money(Money(minor, found.biller.currency))
    decision = standing.decision_about(minor, found.biller.today(visitor))
    if isinstance(decision, ChargeNow):
        said = _("This invoices %(amount)s and charges %(method)s at once.")
        return said % {"amount": amount, "method": standing.method_words}
    told = _("This invoices %(amount)s.") % {"amount": amount}
    if isinstance(decision, Hold) and decision.why == "notice_first" and decision.until:
        said = _("It is above what the payer agreed to without notice: they are told now, and %(method)s is charged on %(day)s.")
        return f"{told} {said % {'method': standing.method_words, 'day': words.day(decision.until)}}"
    if standing.on:
        return f"{told} {found.page['state']} {_('The invoice stays open.')}"
    return f"{told} {_('Auto-Pay is off: the invoice stays open.')}"


def _row(visit: Visit, bill: Invoice | None, currency: str, visitor: Visitor) -> Row:
    return Row(visit, Money(visit.minor, currency), bill, invoice_badge(bill, visitor.now) if bill else None)


def _invoice_of(tx: Tx, visit: int) -> UUID | None:
    made: UUID | None = tx.value("select uid from invoice where visit_id = %(visit)s", visit=visit)
    return made


def _completed(request: HttpRequest, visitor: Visitor, found: Frame, visit: CompletedVisit) -> HttpResponse:
    """The same form sent twice is one visit and one invoice: its token is the visit's identifier."""
    with visitor.reading() as tx:
        made = complete_visit(tx, visitor.biller, visit, visitor.by)
        if request.POST.get("then") == "invoice":
            issue_visits(tx, visitor.biller, [made], visitor.by, A_PERSON_WAITS)
        bill = _invoice_of(tx, made)
    if bill is None:
        messages.success(request, _("The visit is completed. Nothing was invoiced."))
        return redirect("office:visits", found.patient.uid)
    return redirect("office:invoice", bill)


def _read(request: HttpRequest, found: Frame, today: date) -> tuple[Typed, CompletedVisit | None]:
    if request.method != "POST":
        return Typed(today.isoformat(), "", uuid4().hex, {}), None
    on, amount, token = (request.POST.get(name, "") for name in ("on", "amount", "token"))
    errors: dict[str, str] = {}
    day, money = _day(on, today, errors), _money(amount, found.biller.currency, errors)
    typed = Typed(on, amount, token, errors)
    if day is None or money is None or not token:
        return typed, None
    return typed, CompletedVisit(found.patient.id, day, money.minor, token)


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
