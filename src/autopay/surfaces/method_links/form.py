"""What a payer fills in to add a method and agree to Auto-Pay, and the texts they agree to."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy

from autopay.money import Money
from autopay.surfaces.shared.amounts import AmountField
from autopay.surfaces.shared.method_form import MethodForm

VISIT_TERMS = ("visit_bank", "visit_card")


def first_and_initial(name: str) -> str:
    first, *others = name.split() or [""]
    return f"{first} {others[-1][0]}" if others else first


class AgreeForm(MethodForm):
    limit = AmountField(
        label=gettext_lazy("Tell me first if a charge is above"),
        required=False,
        help_text=gettext_lazy(
            "A bank account or debit card is charged at once up to this amount. Above it, or if it is empty, we tell you ten days before."
        ),
    )
    agree = forms.BooleanField(
        label=gettext_lazy("I have read this and I agree."),
        error_messages={"required": gettext_lazy("Please tick this to agree. Without it nothing is saved.")},
    )

    def __init__(self, *args: Any, currency: str, **more: Any) -> None:
        super().__init__(*args, **more)
        self.fields["limit"].currency = currency  # type: ignore[attr-defined]  # an AmountField

    @property
    def range_minor(self) -> int | None:
        limit: Money | None = self.cleaned_data["limit"]
        return limit.minor if limit else None
