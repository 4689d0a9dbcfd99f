"""Google's reCAPTCHA v2 checkbox as the human check, for who wants it instead of our own. Google then learns who opens these pages.

No answer from Google is not a pass: the door stays shut, with a sentence that says so.
"""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlencode
from urllib.request import Request, urlopen

import structlog
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from django.utils.translation import gettext as _

log = structlog.get_logger()
FIELD = "g-recaptcha-response"
GOOGLE, STATIC = "https://www.google.com/recaptcha/", "https://www.gstatic.com/recaptcha/"
WAIT_SECONDS = 5.0


class Recaptcha:
    def __init__(self, site_key: str, secret_key: str, verify_url: str) -> None:
        self._site_key, self._secret_key, self._verify_url = site_key, secret_key, verify_url
        self.why = ""

    def render(self) -> SafeString:
        """Its box renews itself when an answer is two minutes old. `defer`, so that it comes after the script that listens to it."""
        box = '<div class="g-recaptcha" data-sitekey="{}" data-callback="humanPassed" data-expired-callback="humanExpired"></div>'
        return format_html(box + '<script src="{}api.js?hl={}" defer></script>', self._site_key, GOOGLE, get_language() or "en")

    def allowed(self) -> dict[str, list[str]]:
        return {"script-src": [GOOGLE, STATIC], "frame-src": [GOOGLE, "https://recaptcha.google.com/recaptcha/"]}

    def passed(self, request: HttpRequest) -> bool:
        """Google accepts an answer once; asking uses it up. The payer's address is not sent along."""
        answer = request.POST.get(FIELD, "")
        if not answer:
            return False
        try:
            said = self._ask(answer)
        except (OSError, ValueError) as error:
            log.warning("recaptcha_unreachable", error=type(error).__name__)
            self.why = _("We could not reach the check that you are human. Please try again in a minute.")
            return False
        if codes := {"missing-input-secret", "invalid-input-secret"} & set(said.get("error-codes", [])):
            log.error("recaptcha_secret_wrong", codes=sorted(codes))
        return said.get("success") is True

    def _ask(self, answer: str) -> dict[str, Any]:
        """Raises OSError (HTTPError and time-outs are ones) or ValueError for what is no answer."""
        form = urlencode({"secret": self._secret_key, "response": answer}).encode()
        with urlopen(Request(self._verify_url, form), timeout=WAIT_SECONDS) as reply:
            said = json.loads(reply.read(65_536))
        if not isinstance(said, dict):
            raise ValueError("not an object")
        return said
