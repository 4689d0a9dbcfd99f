"""What a person types to enroll (A10 to A16), checked in words that help. Card and bank numbers are not among it: they go elsewhere."""

from __future__ import annotations

import re
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from autopay.agreements.enroll import BillingInformation
from autopay.money import Money, MoneyError
from autopay.surfaces.shared.method_form import EXPIRED, NEEDED, SAVED, MethodForm, text
from autopay.surfaces.shared.wallet import Saved

MOST = 10**11
"""Minor units no bill comes near."""


class BillingForm(MethodForm):
    agree = forms.BooleanField(
        label=gettext_lazy("Autopay Enrollment"),
        error_messages={"required": gettext_lazy("Switch it on to agree.")},
        widget=forms.CheckboxInput(attrs={"role": "switch"}),
    )
    email = forms.EmailField(
        label=gettext_lazy("Email Address"),
        max_length=254,
        widget=forms.EmailInput(attrs={"class": "in", "autocomplete": "email"}),
        error_messages={"required": NEEDED, "invalid": gettext_lazy("Please enter an email, like name@example.com.")},
    )
    phone = text(gettext_lazy("Phone Number"), "tel", 30, inputmode="tel")
    company = text(gettext_lazy("Company Name"), "organization", 120, required=False)
    first_name = text(gettext_lazy("First Name"), "given-name", 80)
    last_name = text(gettext_lazy("Last Name"), "family-name", 80)
    street = text(gettext_lazy("Street Address"), "address-line1", 120)
    street2 = text(gettext_lazy("Street Address Line 2"), "address-line2", 120, required=False)
    city = text(gettext_lazy("City"), "address-level2", 80)
    state = text(gettext_lazy("State"), "address-level1", 40)
    zip = text(gettext_lazy("Zip Code"), "postal-code", 12)
    country = forms.ChoiceField(
        label=gettext_lazy("Country"),
        choices=[("US", "US")],
        widget=forms.Select(attrs={"class": "in", "autocomplete": "country"}),
    )
    take_open = forms.BooleanField(required=False)
    cap = text(
        gettext_lazy("Ask me first if a bill is above"), "off", 14, required=False, inputmode="decimal", placeholder="400.00"
    )
    cap.help_text = gettext_lazy("Optional. Such a bill is charged only after you say yes.")

    field_order = (
        *("agree", "email", "phone", "company", "first_name", "last_name"),
        *("street", "street2", "city", "state", "zip", "country"),
    )

    def __init__(self, *args: Any, currency: str, **more: Any) -> None:
        self.currency = currency  # before the form looks at its own errors
        super().__init__(*args, **more)

    def clean_phone(self) -> str:
        phone: str = self.cleaned_data["phone"]
        if len(re.findall(r"\d", phone)) < 10:
            raise ValidationError(_("A phone number has 10 digits, with the area code."))
        return phone

    def clean_zip(self) -> str:
        code: str = self.cleaned_data["zip"]
        if not re.fullmatch(r"\d{5}(-\d{4})?", code):
            missing = 5 - len(code) if code.isdecimal() and len(code) < 5 else 0
            raise ValidationError(_("A zip code has 5 digits.") + (" " + _missing(missing) if missing else ""))
        return code

    def clean_saved(self) -> Saved | None:
        """An expired card enrolls nobody; the one enrolled already stays, so that an address can be changed alone."""
        saved = super().clean_saved()
        if saved and not saved.is_default and self.data.get("kind") == SAVED and saved.expired(self.today):
            raise ValidationError(EXPIRED)
        return saved

    def clean_cap(self) -> Money | None:
        """The limit above which a bill waits for a yes (A55); empty means none."""
        typed: str = self.cleaned_data["cap"]
        if not typed:
            return None
        try:
            limit = Money.parse(typed, self.currency)
        except MoneyError:
            limit = Money(0, self.currency)
        if not 0 < limit.minor < MOST:
            raise ValidationError(_("Please enter an amount, like 400.00, or leave it empty."))
        return limit

    def clean(self) -> None:
        super().clean()
        saved: Saved | None = self.cleaned_data.get("saved")
        by_bank = self.cleaned_data.get("kind") == SAVED and saved is not None and saved.bank
        if by_bank and not self.cleaned_data.get("allow_debit"):
            self.add_error("allow_debit", _("Please tick this to pay from a bank account."))

    def information(self) -> BillingInformation:
        names = BillingInformation.__dataclass_fields__
        return BillingInformation(**{name: self.cleaned_data[name] for name in names})


def _missing(count: int) -> str:
    return _("One is missing.") if count == 1 else _("%(count)d are missing.") % {"count": count}
