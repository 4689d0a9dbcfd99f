"""A field for an amount of money, typed as people write it."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from autopay.money import Money, MoneyError


class AmountField(forms.CharField):
    """Gives Money above zero, of `currency`; None where it need not be given and was not."""

    currency = "USD"

    def __init__(self, **more: Any) -> None:
        widget = forms.TextInput(attrs={"class": "in", "inputmode": "decimal", "autocomplete": "off"})
        required = {"required": gettext_lazy("Please give an amount, like 96.00.")}
        super().__init__(max_length=20, widget=widget, error_messages=required, **more)

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        if not text and not self.required:
            return None
        try:
            money = Money.parse(text, self.currency)
        except MoneyError:
            raise forms.ValidationError(_("Please give an amount, like 96.00.")) from None
        if money.minor <= 0:
            raise forms.ValidationError(_("The amount must be above zero."))
        return money
