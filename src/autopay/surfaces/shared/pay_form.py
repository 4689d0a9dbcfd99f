"""How much of the open balance, and with what (A53)."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from autopay import words
from autopay.money import Money, MoneyError
from autopay.surfaces.shared.method_form import EXPIRED, NEEDED, SAVED, MethodForm
from autopay.surfaces.shared.wallet import Saved

SMALLEST = 50
"""Minor units: payment companies take no card payment below it. What is left of a bill may always be paid whole."""


class PayForm(MethodForm):
    """`most` is the open balance that can be paid now."""

    amount = forms.CharField(
        label=gettext_lazy("Amount"),
        max_length=20,
        error_messages={"required": NEEDED},
        widget=forms.TextInput(attrs={"class": "in short", "inputmode": "decimal", "autocomplete": "off"}),
    )

    field_order = ("amount",)

    def __init__(self, *args: Any, most: Money, **more: Any) -> None:
        self.most = most
        super().__init__(*args, **more)

    def clean_amount(self) -> Money:
        try:
            amount = Money.parse(self.cleaned_data["amount"], self.most.currency)
        except MoneyError:
            raise ValidationError(_("Please type an amount, like 100.00.")) from None
        if amount.minor > self.most.minor:
            raise ValidationError(_("You can pay up to %(amount)s.") % {"amount": words.money(self.most)})
        if amount.minor < SMALLEST and amount != self.most:
            least = words.money(Money(SMALLEST, self.most.currency))
            raise ValidationError(_("The smallest payment is %(amount)s.") % {"amount": least})
        return amount

    def clean_saved(self) -> Saved | None:
        saved = super().clean_saved()
        if saved and self.data.get("kind") == SAVED and (why := cannot_pay(saved, self.today)):
            raise ValidationError(why)
        return saved


def cannot_pay(method: Saved, today: date) -> str:
    """Why this method of the wallet pays nothing now; empty when it can."""
    if not method.verified:
        return _("This bank account is still being checked. It can pay as soon as you have confirmed it.")
    if method.expired(today):
        return str(EXPIRED)
    return ""
