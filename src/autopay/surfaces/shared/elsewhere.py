"""Payments made elsewhere, as staff see and record them: check, cash, wire, phone (V38, A62)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID, uuid4

from django import forms
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from autopay.charging.record_payment import Payment
from autopay.database import Tx
from autopay.money import Money
from autopay.surfaces.shared.amounts import AmountField

HOW: dict[str, Promise] = {
    "check": gettext_lazy("Check"),
    "wire": gettext_lazy("Wire"),
    "phone": gettext_lazy("Phone"),
    "cash": gettext_lazy("Cash"),
    "other": gettext_lazy("Other"),
}
RECORDED = """
    select e.minor, e.how, e.received_on, e.reference, i.currency, i.uid as invoice, i.number
    from elsewhere e join invoice i on i.id = e.invoice_id
"""


@dataclass(frozen=True, slots=True)
class Recorded:
    minor: int
    how: str
    received_on: date
    reference: str
    currency: str
    invoice: UUID
    number: int

    @property
    def amount(self) -> Money:
        return Money(self.minor, self.currency)

    @property
    def how_words(self) -> str:
        return str(HOW.get(self.how) or self.how.capitalize())


def recorded(tx: Tx, invoice: int) -> list[Recorded]:
    return tx.all(Recorded, RECORDED + " where e.invoice_id = %(invoice)s order by e.id desc", invoice=invoice)


def recorded_of_payer(tx: Tx, payer: int, limit: int = 200) -> list[Recorded]:
    sql = RECORDED + " where i.payer_id = %(payer)s order by e.id desc limit %(limit)s"
    return tx.all(Recorded, sql, payer=payer, limit=limit)


class RecordForm(forms.Form):
    """The token makes the same form sent twice one payment."""

    use_required_attribute = False

    amount = AmountField(label=gettext_lazy("Amount received"))
    how = forms.ChoiceField(label=gettext_lazy("How"), choices=list(HOW.items()), widget=forms.Select(attrs={"class": "in"}))
    on = forms.DateField(
        label=gettext_lazy("Received on"),
        widget=forms.DateInput(attrs={"class": "in", "type": "date"}, format="%Y-%m-%d"),
        error_messages={
            "required": gettext_lazy("Please give the day it came in."),
            "invalid": gettext_lazy("Please give a date, like 2026-05-21."),
        },
    )
    reference = forms.CharField(
        label=gettext_lazy("Reference"),
        help_text=gettext_lazy("The number of the check or the wire, if there is one."),
        max_length=80,
        required=False,
        widget=forms.TextInput(attrs={"class": "in", "autocomplete": "off"}),
    )
    token = forms.CharField(max_length=64, widget=forms.HiddenInput)

    def __init__(self, *args: Any, open_money: Money, today: date, **more: Any) -> None:
        super().__init__(*args, **more)
        self.today = today
        self.fields["amount"].currency = open_money.currency  # type: ignore[attr-defined]  # an AmountField
        self.initial = {"amount": f"{open_money.decimal}", "on": today, "how": "check", "token": uuid4().hex}

    def clean_on(self) -> date:
        on: date = self.cleaned_data["on"]
        if on > self.today:
            raise forms.ValidationError(_("That day has not come yet."))
        return on

    def payment(self) -> Payment:
        data = self.cleaned_data
        return Payment(data["amount"].minor, data["how"], data["on"], data["token"], reference=data["reference"])
