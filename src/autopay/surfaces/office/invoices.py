"""One invoice in the office: what became of it and why, and what can be done: void, refund, record a payment (V36, V37, V38)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID, uuid4

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from autopay import words
from autopay.charging.record_payment import Payment, record_payment
from autopay.charging.refund import RefundWish, refundable
from autopay.charging.refund import refund as ask_refund
from autopay.charging.void import void as take_back
from autopay.database import Tx
from autopay.money import Money, MoneyError
from autopay.parties.permissions import Act
from autopay.refusal import Refusal
from autopay.surfaces.office.patient import Patient, find_patient
from autopay.surfaces.office.patients import for_staff
from autopay.surfaces.shared.biller import Biller, biller
from autopay.surfaces.shared.invoices import Invoice, Line, following, invoice_box, invoice_lines
from autopay.surfaces.shared.invoices import invoice as find_invoice
from autopay.surfaces.shared.refunds import Refund, refunds
from autopay.surfaces.shared.visitor import Visitor
from autopay.tenancy import WebDatabase

HOW = ("check", "cash", "wire", "phone", "other")


@dataclass(frozen=True, slots=True)
class Page:
    biller: Biller
    patient: Patient
    invoice: Invoice
    lines: list[Line]
    refunds: list[Refund]
    refundable: Money


@for_staff
def invoice(request: HttpRequest, visitor: Visitor, uid: UUID) -> HttpResponse:
    visitor.must_be_allowed(Act.SEE_PAYERS)
    with visitor.reading() as tx:
        page = _page(tx, uid)
    bill = page.invoice
    context = {
        "visitor": visitor,
        "biller": page.biller,
        "page": page,
        "invoice": bill,
        "box": invoice_box(bill, visitor.now),
        "waiting": following(bill) or any(each.open for each in page.refunds),
        "token": uuid4().hex,
        "hows": HOW,
        "today": page.biller.today(visitor),
        "can_void": visitor.may(Act.VOID) and bill.holds_no_money,
        "can_refund": visitor.may(Act.REFUND) and page.refundable.minor > 0,
        "can_record": visitor.may(Act.RECORD_PAYMENT) and bill.open > 0,
    }
    return render(request, "office/invoice.html", context)


@require_POST
@for_staff
def void(request: HttpRequest, visitor: Visitor, uid: UUID) -> HttpResponse:
    visitor.must_be_allowed(Act.VOID)
    page = _read(visitor, uid)
    deed = lambda: take_back(WebDatabase(), visitor.biller, page.invoice.id, visitor.by)  # noqa: E731
    return _do(request, uid, deed, _("The invoice was taken back. Nobody owes anything for it."))


@require_POST
@for_staff
def refund(request: HttpRequest, visitor: Visitor, uid: UUID) -> HttpResponse:
    visitor.must_be_allowed(Act.REFUND)
    page = _read(visitor, uid)
    amount = _amount(request, page)
    seen = request.POST.get("seen", "")
    if amount is None or not seen.isdigit():
        messages.warning(request, _("Please give an amount, like 96.00. Nothing was sent."))
        return redirect("office:invoice", uid)
    wish = RefundWish(page.invoice.id, amount.minor, request.POST.get("note", "")[:200], int(seen))
    deed = lambda: ask_refund(WebDatabase(), visitor.biller, wish, visitor.by)  # noqa: E731
    return _do(
        request, uid, deed, _("We send %(amount)s back. The patient sees it in Billing.") % {"amount": words.money(amount)}
    )


@require_POST
@for_staff
def record(request: HttpRequest, visitor: Visitor, uid: UUID) -> HttpResponse:
    visitor.must_be_allowed(Act.RECORD_PAYMENT)
    page = _read(visitor, uid)
    amount, how, token = _amount(request, page), request.POST.get("how", ""), request.POST.get("token", "")
    if amount is None or how not in HOW or not token:
        messages.warning(request, _("Please give an amount, like 96.00, and how it was paid. Nothing was recorded."))
        return redirect("office:invoice", uid)
    payment = Payment(amount.minor, how, page.biller.today(visitor), token)
    deed = lambda: record_payment(WebDatabase(), visitor.biller, page.invoice.id, payment, visitor.by)  # noqa: E731
    return _do(request, uid, deed, _("The payment of %(amount)s was recorded.") % {"amount": words.money(amount)})


def _do(request: HttpRequest, uid: UUID, deed: Callable[[], object], said: str) -> HttpResponse:
    try:
        deed()
        messages.success(request, said)
    except Refusal as refusal:
        messages.warning(request, _(refusal.text))
    return redirect("office:invoice", uid)


def _read(visitor: Visitor, uid: UUID) -> Page:
    with visitor.reading() as tx:
        return _page(tx, uid)


def _page(tx: Tx, uid: UUID) -> Page:
    found = find_invoice(tx, uid)
    if found is None:
        raise Http404
    patient = find_patient(tx, tx.value("select uid from payer where id = %(payer)s", payer=found.payer))
    able = refundable(tx, found.id)
    left = Money(able.left if able else 0, found.currency)
    return Page(biller(tx), patient, found, invoice_lines(tx, found.id), refunds(tx, found.id), left)


def _amount(request: HttpRequest, page: Page) -> Money | None:
    try:
        amount = Money.parse(request.POST.get("amount", ""), page.invoice.currency)
    except MoneyError:
        return None
    return amount if amount.minor > 0 else None
