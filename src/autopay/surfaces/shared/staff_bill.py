"""One invoice before a biller's staff: what became of it and why; void it, send money back, record a payment (V36, V37, V38, A62).

Office and console show the same page in their own frame: a surface says where its pages are (Desk) and checks who may.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from autopay import words
from autopay.charging.charge import IN_FLIGHT
from autopay.charging.record_payment import record_payment
from autopay.charging.refund import RefundWish
from autopay.charging.refund import refund as ask_refund
from autopay.charging.void import void as take_back
from autopay.database import Tx
from autopay.money import Money
from autopay.parties.permissions import Act
from autopay.refusal import Refusal
from autopay.surfaces.shared.amounts import AmountField
from autopay.surfaces.shared.biller import Biller
from autopay.surfaces.shared.elsewhere import Recorded, RecordForm, recorded
from autopay.surfaces.shared.invoices import Invoice, Line, following, invoice_lines, staff_box
from autopay.surfaces.shared.invoices import invoice as find_invoice
from autopay.surfaces.shared.payers import Payer, payer_and_biller
from autopay.surfaces.shared.refunds import Refund, Sendable, refunds, sendable
from autopay.surfaces.shared.visitor import Visitor
from autopay.tenancy import WebDatabase


@dataclass(frozen=True, slots=True)
class Desk:
    """Where a surface has this page: the names of its addresses, and its two templates."""

    page: str
    void: str
    refund: str
    record: str
    template: str
    refund_template: str


@dataclass(frozen=True, slots=True)
class Bill:
    biller: Biller
    payer: Payer
    invoice: Invoice
    lines: list[Line]
    refunds: list[Refund]
    recorded: list[Recorded]
    sendable: Sendable | None

    @property
    def in_flight(self) -> bool:
        """Money may be on its way: nothing else may be done about it until that has ended."""
        return self.invoice.state in IN_FLIGHT

    @property
    def refund_unknown(self) -> bool:
        return any(each.unknown for each in self.refunds)

    @property
    def waiting(self) -> bool:
        return following(self.invoice) or any(each.open for each in self.refunds)


class RefundForm(forms.Form):
    use_required_attribute = False

    amount = AmountField(label=gettext_lazy("Amount to send back"))
    note = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=200,
        required=False,
        widget=forms.TextInput(attrs={"class": "in", "autocomplete": "off"}),
    )

    def __init__(self, *args: Any, left: Money, **more: Any) -> None:
        super().__init__(*args, **more)
        self.left = left
        self.fields["amount"].currency = left.currency  # type: ignore[attr-defined]  # an AmountField
        self.initial = {"amount": f"{left.decimal}"}

    def clean_amount(self) -> Money:
        amount: Money = self.cleaned_data["amount"]
        if amount.minor > self.left.minor:
            raise forms.ValidationError(_("You can refund up to %(amount)s.") % {"amount": words.money(self.left)})
        return amount


def bill(tx: Tx, uid: UUID) -> Bill:
    """Of this biller; row-level security hides everybody else's."""
    found = find_invoice(tx, uid)
    if found is None:
        raise Http404
    payer, house = payer_and_biller(tx, found.payer)
    lines, sent_back, paid = invoice_lines(tx, found.id), refunds(tx, found.id), recorded(tx, found.id)
    return Bill(house, payer, found, lines, sent_back, paid, sendable(tx, found.id))


def read(visitor: Visitor, uid: UUID) -> Bill:
    with visitor.reading() as tx:
        return bill(tx, uid)


def show(request: HttpRequest, visitor: Visitor, page: Bill, desk: Desk, form: RecordForm | None = None) -> HttpResponse:
    """`form`: what somebody typed to record a payment, with what is wrong with it."""
    may_record = visitor.may(Act.RECORD_PAYMENT) and page.invoice.open > 0
    may_refund = visitor.may(Act.REFUND) and page.sendable is not None and not page.refund_unknown
    can_record = may_record and not page.in_flight and not page.invoice.blocked
    context = {
        "visitor": visitor,
        "biller": page.biller,
        "page": page,
        "invoice": page.invoice,
        "desk": desk,
        "box": staff_box(page.invoice, visitor.now),
        "waiting": page.waiting,
        "refund_form": RefundForm(auto_id="refund-%s", left=page.sendable.amount) if page.sendable and may_refund else None,
        "record_form": (form or _record_form(page, visitor)) if can_record else None,
        "can_void": visitor.may(Act.VOID) and page.invoice.holds_no_money and not page.invoice.blocked,
        "must_wait": page.in_flight and (may_record or visitor.may(Act.VOID)),
    }
    return render(request, desk.template, context, status=422 if form else 200)


def void(request: HttpRequest, visitor: Visitor, uid: UUID, desk: Desk) -> HttpResponse:
    page = read(visitor, uid)
    said = _("The invoice was taken back. Nobody owes anything for it.")
    return _do(request, desk, uid, lambda: take_back(WebDatabase(), visitor.biller, page.invoice.id, visitor.by), said)


def record(request: HttpRequest, visitor: Visitor, uid: UUID, desk: Desk) -> HttpResponse:
    """What is wrong comes back beside its field, with what was typed. Sent twice, it is recorded once and said twice."""
    page = read(visitor, uid)
    form = _record_form(page, visitor, request.POST)
    if not form.is_valid():
        return show(request, visitor, page, desk, form)
    payment = form.payment()
    try:
        record_payment(WebDatabase(), visitor.biller, page.invoice.id, payment, visitor.by)
    except Refusal as refusal:
        if refusal.code == "too_much" and page.invoice.open > 0:
            form.add_error("amount", _("Only %(open)s is open on this bill.") % {"open": words.money(page.invoice.open_money)})
            return show(request, visitor, page, desk, form)
        messages.warning(request, f"{_(refusal.text)} {_('Nothing was recorded.')}")
        return redirect(desk.page, uid)
    amount = words.money(Money(payment.minor, page.invoice.currency))
    said = _("The payment of %(amount)s was recorded.") % {"amount": amount}
    planned = _("The charge that was planned was taken back.") if page.invoice.state == "due" else ""
    messages.success(request, f"{said} {planned}".strip())
    return redirect(desk.page, uid)


def refund(request: HttpRequest, visitor: Visitor, uid: UUID, desk: Desk) -> HttpResponse:
    """Asked for (GET), it is said in one sentence what will happen; only the button of that page (POST) does it.

    `seen`, what could be sent back when the bill was looked at, stands in both: going back in the browser does not make it fresh.
    """
    page = read(visitor, uid)
    if page.refund_unknown:
        messages.warning(request, _("We do not know yet. Do not refund again."))
        return redirect(desk.page, uid)
    if page.sendable is None:
        messages.warning(request, _("There is nothing that could be sent back."))
        return redirect(desk.page, uid)
    typed = request.POST if request.method == "POST" else request.GET
    if request.method == "GET" and typed.get("seen", "") not in ("", str(page.sendable.amount.minor)):
        messages.warning(request, _("Things changed since you opened this page. Nothing was sent. Please look again."))
        return redirect(desk.page, uid)
    form = RefundForm(typed if "amount" in typed else None, auto_id="refund-%s", left=page.sendable.amount)
    if request.method == "POST" and form.is_valid():
        return _send_back(request, visitor, page, desk, form)
    sure = form.is_bound and form.is_valid()
    context = {"visitor": visitor, "biller": page.biller, "page": page, "invoice": page.invoice, "desk": desk, "form": form}
    wrong = form.is_bound and not sure
    return render(
        request,
        desk.refund_template,
        context | {"amount": form.cleaned_data["amount"] if sure else None},
        status=422 if wrong else 200,
    )


def _send_back(request: HttpRequest, visitor: Visitor, page: Bill, desk: Desk, form: RefundForm) -> HttpResponse:
    """`seen` is what the page said could be sent back: a second press, or another tab, finds it changed."""
    seen = request.POST.get("seen", "")
    amount: Money = form.cleaned_data["amount"]
    wish = RefundWish(page.invoice.id, amount.minor, form.cleaned_data["note"], int(seen) if seen.isdecimal() else -1)
    method = page.sendable.method if page.sendable else ""
    said = _("We send %(amount)s back to %(method)s.") % {"amount": words.money(amount), "method": method}
    return _do(request, desk, page.invoice.uid, lambda: ask_refund(WebDatabase(), visitor.biller, wish, visitor.by), said)


def _record_form(page: Bill, visitor: Visitor, typed: Any = None) -> RecordForm:
    return RecordForm(typed, auto_id="record-%s", open_money=page.invoice.open_money, today=page.biller.today(visitor))


def _do(request: HttpRequest, desk: Desk, uid: UUID, deed: Callable[[], object], said: str) -> HttpResponse:
    try:
        deed()
        messages.success(request, said)
    except Refusal as refusal:
        messages.warning(request, _(refusal.text))
    return redirect(desk.page, uid)
