"""Who may have a log-in: people who were invited."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest
from django.utils.translation import get_language, override

from autopay.parties.models import User
from autopay.surfaces.shared.language import known_of, of_user


class InvitationOnly(DefaultAccountAdapter):  # type: ignore[misc]  # allauth ships no types
    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """In the language of whoever gets it; where that is not known, in the one it was asked for."""
        user = context.get("user")
        language = (of_user(user) or known_of(user)) if isinstance(user, User) else ""
        with override(language or get_language()):
            super().send_mail(template_prefix, email, context)
