"""The fields of the staff's forms, drawn and checked alike: the error stands by the field, in words that help."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.text import format_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from autopay.money import Money, MoneyError
from autopay.refusal import Refusal
from autopay.sentences import refused

NEEDED = gettext_lazy("Please fill this in.")


class Form(forms.Form):
    """Required fields carry a star in their label; the browser's own bubbles stay away."""

    use_required_attribute = False

    def refused(self, refusal: Refusal) -> None:
        """A verb's refusal, beside the field it is named after, or above the form."""
        self.add_error(refusal.code if refusal.code in self.fields else None, refused(refusal))


def text(label: Any, limit: int, *, required: bool = True, help_text: Any = "", **attrs: str) -> forms.CharField:
    widget = forms.TextInput(attrs={"class": "in", **attrs})
    messages = {"required": NEEDED, "max_length": gettext_lazy("This has more than %(limit_value)d letters.")}
    return forms.CharField(
        label=label, max_length=limit, required=required, help_text=help_text, widget=widget, error_messages=messages
    )


def secret(label: Any, *, required: bool = True, help_text: Any = "") -> forms.CharField:
    """Never sent back to the browser."""
    widget = forms.PasswordInput(attrs={"class": "in", "autocomplete": "off", "spellcheck": "false"}, render_value=False)
    return forms.CharField(
        label=label, max_length=200, required=required, help_text=help_text, widget=widget, error_messages={"required": NEEDED}
    )


def email(label: Any, *, required: bool = True, help_text: Any = "") -> forms.EmailField:
    messages = {"required": NEEDED, "invalid": gettext_lazy("Please enter an email, like name@example.com.")}
    widget = forms.EmailInput(attrs={"class": "in", "autocomplete": "off"})
    return forms.EmailField(
        label=label, max_length=254, required=required, help_text=help_text, widget=widget, error_messages=messages
    )


def whole(label: Any, lowest: int, highest: int, help_text: Any = "") -> forms.IntegerField:
    said = format_lazy(gettext_lazy("Please give a whole number from {lowest} to {highest}."), lowest=lowest, highest=highest)
    widget = forms.TextInput(attrs={"class": "in short", "inputmode": "numeric"})
    messages = {"required": NEEDED, "invalid": said, "min_value": said, "max_value": said}
    return forms.IntegerField(
        label=label, min_value=lowest, max_value=highest, help_text=help_text, widget=widget, error_messages=messages
    )


def day(label: Any, *, required: bool = True, help_text: Any = "") -> forms.DateField:
    messages = {"required": NEEDED, "invalid": gettext_lazy("Please give a date.")}
    widget = forms.DateInput(attrs={"class": "in", "type": "date"}, format="%Y-%m-%d")
    return forms.DateField(
        label=label, required=required, help_text=help_text, widget=widget, input_formats=["%Y-%m-%d"], error_messages=messages
    )


def choice(label: Any, choices: Iterable[tuple[Any, Any]], help_text: Any = "") -> forms.ChoiceField:
    messages = {"required": NEEDED, "invalid_choice": gettext_lazy("Please choose one of these.")}
    return forms.ChoiceField(
        label=label, choices=choices, help_text=help_text, widget=forms.Select(attrs={"class": "in"}), error_messages=messages
    )


class MoneyField(forms.CharField):
    """An amount as people type it, in the biller's currency; gives minor units. Zero is an amount."""

    def __init__(self, label: Any, help_text: Any = "") -> None:
        attrs = {"class": "in short", "inputmode": "decimal", "placeholder": "96.00"}
        super().__init__(
            label=label, help_text=help_text, widget=forms.TextInput(attrs=attrs), error_messages={"required": NEEDED}
        )

    def clean(self, value: Any) -> Any:
        typed = super().clean(value)
        try:
            minor = Money.parse(typed).minor
        except MoneyError:
            raise ValidationError(_("Please give an amount, like 96.00.")) from None
        if minor < 0:
            raise ValidationError(_("A price cannot be below zero."))
        return minor
