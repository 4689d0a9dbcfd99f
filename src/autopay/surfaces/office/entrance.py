"""Who may enter the office: staff of an agency. A vendor's staff have a console instead."""

from __future__ import annotations

from autopay.parties.models import Role
from autopay.surfaces.shared.house_place import HousePlace
from autopay.surfaces.shared.staff import for_staff_of

for_staff = for_staff_of("agency")
OFFICE = HousePlace(
    "agency", "office", "office/base.html", "office/settings_tabs.html", (Role.PATIENT, Role.BILLING_CONTACT), "house"
)
