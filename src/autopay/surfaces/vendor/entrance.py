"""Who may enter the console: staff of a vendor. An agency's staff have an office instead."""

from __future__ import annotations

from autopay.parties.models import Role
from autopay.surfaces.shared.house_place import HousePlace
from autopay.surfaces.shared.staff import for_staff_of

for_vendors = for_staff_of("vendor")
CONSOLE = HousePlace("vendor", "vendor", "vendor/base.html", "vendor/settings_tabs.html", (Role.ACCOUNT_OWNER,))
