"""Who may enter the console: staff of a vendor. An agency's staff have an office instead."""

from __future__ import annotations

from autopay.surfaces.shared.staff import for_staff_of

for_vendors = for_staff_of("vendor")
