"""The check that a person and no program submits (A17): how it is shown, and whether it was passed. Each answer counts once.

Our own, by ALTCHA, unless the settings name keys of Google's reCAPTCHA.
"""

from __future__ import annotations

import json
from typing import Protocol

from altcha_django import AltchaWidget, run_verification
from csp.constants import SELF
from django.http import HttpRequest
from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from autopay.conf import conf
from autopay.surfaces.shared.recaptcha import Recaptcha

FIELD = "human"
WIDGET_STYLE = "'sha256-ZgqGuQlekW98cv0XQjYUGCLTvc3q5MkU+2SkqlFGoTM='"
"""ALTCHA's box brings its own style; this is its hash, so that no other inline style is allowed."""


class HumanCheck(Protocol):
    why: str
    """After `passed` said no: a sentence for the person, where there is more to say than that."""

    def render(self) -> SafeString:
        """The box, labelled `I'm not a robot`, and its script."""
        ...

    def allowed(self) -> dict[str, list[str]]:
        """What the pages that show it, and no others, allow beside what all pages do: content security policy by directive."""
        ...

    def passed(self, request: HttpRequest) -> bool:
        """Whether this request carries a good answer that was not used before. It is used by being asked about."""
        ...


class Altcha:
    """Proof of work, from this site alone: nothing is asked of anybody else."""

    why = ""

    def render(self) -> SafeString:
        script = format_html('<script type="module" src="{}"></script>', static("altcha_django/altcha.min.js"))
        return mark_safe(AltchaWidget().render(FIELD, None) + script + _words())

    def allowed(self) -> dict[str, list[str]]:
        return {"worker-src": [SELF, "blob:"], "style-src": [WIDGET_STYLE]}

    def passed(self, request: HttpRequest) -> bool:
        return bool(run_verification(request.POST.get(FIELD, ""), request=request).verified)


def _words() -> SafeString:
    """For its box, which speaks English by itself."""
    if (get_language() or "en").startswith("en"):
        return mark_safe("")
    words = {
        "label": _("I'm not a robot"),
        "verifying": _("Verifying..."),
        "verified": _("Verified"),
        "verify": _("Verify"),
        "verificationRequired": _("Verification required!"),
        "waitAlert": _("Verifying... please wait."),
        "error": _("Verification failed. Try again later."),
        "expired": _("Verification expired. Try again."),
        "loading": _("Loading..."),
        "reload": _("Reload"),
        "cancel": _("Cancel"),
    }
    box = '<span hidden data-human-words="{}"></span><script type="module" src="{}"></script>'
    return format_html(box, json.dumps(words), static("autopay/human_words.js"))


def human_check() -> HumanCheck:
    settings = conf()
    if settings.recaptcha_site_key and settings.recaptcha_secret_key:
        return Recaptcha(settings.recaptcha_site_key, settings.recaptcha_secret_key, settings.recaptcha_verify_url)
    return Altcha()
