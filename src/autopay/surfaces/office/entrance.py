"""Who may enter the office: staff of an agency. A vendor's staff have a console instead."""

from __future__ import annotations

from autopay.surfaces.shared.staff import for_staff_of

for_staff = for_staff_of("agency")
