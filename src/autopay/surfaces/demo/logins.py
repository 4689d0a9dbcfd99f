"""The people of the demo world, as printed by `autopay demo` and offered on the log-in page."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

PASSWORD = "autopay-demo"


@dataclass(frozen=True, slots=True)
class Login:
    email: str
    who: str | Promise


LOGINS = (
    Login("owner@greenvalley.test", _("Owner of Green Valley Family Practice. Not enrolled, one open monthly invoice.")),
    Login("owner@lakeside.test", _("Owner of Lakeside Pediatrics. Enrolled with Visa 4242.")),
    Login("biller@officeally.test", _("Staff of Office Ally, who bills the two practices.")),
    Login("office@sunrise.test", _("Office of the agency Sunrise Home Care.")),
    Login("maria@patients.test", _("Maria Alvarez, patient. Auto-Pay on, Visa 4242.")),
    Login("james@patients.test", _("James Lee, patient. Auto-Pay off, one open invoice.")),
    Login("ruth@patients.test", _("Ruth Cohen, patient. Auto-Pay on, no card.")),
    Login("omar@patients.test", _("Omar Haddad, patient. Auto-Pay on, the default card is declined.")),
    Login("dana@family.test", _("Dana, who pays for Maria and Ruth.")),
)
