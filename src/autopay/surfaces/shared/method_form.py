"""How a payment method is chosen or typed, on every form that takes one (A13 to A16, A20). The numbers are not among it: they go elsewhere."""

from __future__ import annotations

import re
from datetime import date
from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from autopay.surfaces.shared.wallet import Saved

NEEDED = gettext_lazy("Please fill this in.")
TOKEN = re.compile(r"[A-Za-z0-9_]{4,80}")
EXPIRED = gettext_lazy("This card has expired. Please use a card with a later date.")
CARD, BANK, SAVED = "card", "bank", "saved"


def text(label: Any, autocomplete: str, limit: int, required: bool = True, **attrs: str) -> forms.CharField:
    widget = forms.TextInput(attrs={"class": "in", "autocomplete": autocomplete, **attrs})
    return forms.CharField(label=label, max_length=limit, required=required, widget=widget, error_messages={"required": NEEDED})


class MethodForm(forms.Form):
    """`wallet` are the methods that can be picked; `today` is local to the biller; `banks`: the payment company's fields take bank accounts."""

    use_required_attribute = False

    kind = forms.ChoiceField(
        label=gettext_lazy("Payment Method"),
        choices=[(CARD, CARD), (BANK, BANK), (SAVED, SAVED)],
        error_messages={"required": gettext_lazy("Please choose a card or bank account.")},
    )
    holder = text(gettext_lazy("Account Holder Name"), "cc-name", 80, required=False)
    saved = forms.UUIDField(label=gettext_lazy("Saved"), required=False)
    token = forms.RegexField(TOKEN, required=False)
    allow_debit = forms.BooleanField(label=gettext_lazy("I allow these debits from my bank account."), required=False)

    def __init__(self, *args: Any, wallet: list[Saved], today: date, banks: bool = True, **more: Any) -> None:
        super().__init__(*args, **more)
        self.wallet, self.today, self.banks = wallet, today, banks
        for name, field in self.fields.items():
            if name in self.errors if self.is_bound else False:
                field.widget.attrs["aria-invalid"] = "true"

    def clean_saved(self) -> Saved | None:
        uid: UUID | None = self.cleaned_data["saved"]
        return next((each for each in self.wallet if each.uid == uid), None)

    def clean(self) -> None:
        kind = self.cleaned_data.get("kind")
        saved: Saved | None = self.cleaned_data.get("saved")
        if kind == SAVED and saved is None:
            self.add_error("saved", _("Please choose a card or bank account."))
        if kind == BANK and not self.banks:
            self.add_error("kind", _("Bank accounts cannot be added here. Please use a card."))
        elif kind in (CARD, BANK) and not self.cleaned_data.get("holder"):
            self.add_error("holder", str(NEEDED))
        if self.banks and kind == BANK and not self.cleaned_data.get("allow_debit"):
            self.add_error("allow_debit", _("Please tick this to pay from a bank account."))

    @property
    def picked(self) -> str:
        """The tab that is open."""
        chosen = self["kind"].value()
        return chosen if chosen in (CARD, BANK, SAVED) else CARD
