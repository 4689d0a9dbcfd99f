"""What is typed to invite somebody or to change a role."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from autopay.database import Tx
from autopay.parties.models import Role
from autopay.parties.staff import STAFF
from autopay.surfaces.shared.fields import Form, choice, email, text

STAFF_ROLES = [(each.value, each.label) for each in STAFF]
BY_NUMBER = "select id from payer where kind = %(kind)s and external_id = %(number)s"
KINDS = {Role.ACCOUNT_OWNER.value: "account", Role.PATIENT.value: "patient"}


class RoleForm(Form):
    role = choice(gettext_lazy("Role"), STAFF_ROLES, gettext_lazy("It holds with their next click."))


class InviteForm(Form):
    """`payer` is the account or patient somebody is invited to, found by its number in the biller's own rows; `contact` who they are."""

    email = email(gettext_lazy("Email"), help_text=gettext_lazy("They log in with this address."))
    role = choice(gettext_lazy("Role"), ())
    account = text(gettext_lazy("Account number"), 120, required=False)
    contact_uid = forms.UUIDField(required=False, widget=forms.HiddenInput)

    def __init__(self, tx: Tx, outside: Sequence[Role], *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self._tx, self.outside = tx, outside
        self.payer: int | None = None
        self.contact: int | None = None
        first = [("", gettext_lazy("Please choose")), *STAFF_ROLES]
        self.fields["role"].choices = [*first, *((each.value, each.label) for each in outside)]  # type: ignore[attr-defined]
        if Role.PATIENT in outside:
            self.fields["account"].label = gettext_lazy("Patient number")
            self.fields["account"].help_text = gettext_lazy(
                "Only for a patient: they see and pay their own bills, and nothing else. Billing contacts are invited on a patient's Overview."
            )
        else:
            self.fields["account"].help_text = gettext_lazy(
                "Only for an account owner: they see and pay the bills of this account, and nothing else."
            )

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or {}
        kind = KINDS.get(given.get("role", ""))
        if kind is None and given.get("account"):
            said = _("Staff is not invited to a patient. Leave this empty, or choose Patient.")
            if Role.ACCOUNT_OWNER in self.outside:
                said = _("Staff is not invited to an account. Leave this empty, or choose Account owner.")
            self.add_error("account", ValidationError(said))
        if kind is not None:
            self._find_payer(kind, given.get("account", ""))
        if given.get("role") == Role.BILLING_CONTACT.value:
            found = self._tx.column("select id from billing_contact where uid = %(uid)s", uid=given.get("contact_uid"))
            if len(found) != 1:
                self.add_error(
                    "role", ValidationError(_("Billing contacts are invited on the Overview of a patient they pay for."))
                )
            self.contact = found[0] if found else None
        return given

    def _find_payer(self, kind: str, number: str) -> None:
        found = self._tx.column(BY_NUMBER, kind=kind, number=number)
        if len(found) == 1:
            self.payer = found[0]
            return
        unknown = {"account": _("We know no account with this number."), "patient": _("We know no patient with this number.")}
        self.add_error("account", ValidationError(unknown[kind]))
