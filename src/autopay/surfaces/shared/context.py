"""What the shell of every page needs, whoever looks."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from autopay.surfaces.shared.account_switcher import accounts_of
from autopay.surfaces.shared.language import choices
from autopay.surfaces.shared.preferences import THEMES


def shell(request: HttpRequest) -> dict[str, object]:
    theme = request.COOKIES.get("theme", "")
    return {"theme": theme if theme in THEMES else "", "demo": settings.DEMO, "languages": choices(request)} | {
        "accounts": SimpleLazyObject(lambda: accounts_of(request))
    }
