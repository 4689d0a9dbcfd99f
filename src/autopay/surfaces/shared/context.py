"""What the shell of every page needs, whoever looks."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest

from autopay.surfaces.shared.preferences import THEMES


def shell(request: HttpRequest) -> dict[str, object]:
    theme = request.COOKIES.get("theme", "")
    return {"theme": theme if theme in THEMES else "", "demo": settings.DEMO}
