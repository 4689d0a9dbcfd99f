"""What is typed to invite somebody or to change a role."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from autopay.database import Tx
from autopay.parties.models import Role
from autopay.parties.staff import STAFF
from autopay.surfaces.vendor.fields import Form, choice, email, text

STAFF_ROLES = [(each.value, each.label) for each in STAFF]


class RoleForm(Form):
    role = choice(gettext_lazy("Role"), STAFF_ROLES, gettext_lazy("It holds with their next click."))


class InviteForm(Form):
    """`payer` is the account an account owner is invited to, found by its number in the biller's own rows."""

    email = email(gettext_lazy("Email"), help_text=gettext_lazy("They log in with this address."))
    role = choice(
        gettext_lazy("Role"),
        [("", gettext_lazy("Please choose")), *STAFF_ROLES, (Role.ACCOUNT_OWNER.value, Role.ACCOUNT_OWNER.label)],
    )
    account = text(
        gettext_lazy("Account number"),
        120,
        required=False,
        help_text=gettext_lazy("Only for an account owner: they see and pay the bills of this account, and nothing else."),
    )

    def __init__(self, tx: Tx, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self._tx = tx
        self.payer: int | None = None

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or {}
        wanted = given.get("role") == Role.ACCOUNT_OWNER.value
        if not wanted and given.get("account"):
            self.add_error(
                "account", ValidationError(_("Staff is not invited to an account. Leave this empty, or choose Account owner."))
            )
        if wanted:
            by_number = "select id from payer where kind = 'account' and external_id = %(number)s"
            found = self._tx.column(by_number, number=given.get("account", ""))
            if len(found) == 1:
                self.payer = found[0]
            else:
                self.add_error("account", ValidationError(_("We know no account with this number.")))
        return given
