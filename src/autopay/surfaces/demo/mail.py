"""The mails that the demo wrote to its folder: a list, and one mail as text and as HTML."""

from __future__ import annotations

import email
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.policy import default
from email.utils import parsedate_to_datetime
from pathlib import Path
from uuid import UUID

from csp.constants import SELF
from csp.decorators import csp_replace
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render

from autopay.surfaces.demo.guard import demo_only

SHOWN = 200
LINKS_ONLY = "allow-popups allow-popups-to-escape-sandbox"
"""A mail's HTML runs nothing, sends nothing and knows no session; its links open in a window of their own."""


@dataclass(frozen=True, slots=True)
class Mail:
    """`at` is the business instant of what it tells."""

    name: str
    at: datetime
    sender: str
    to: str
    subject: str
    text: str
    html: str


@demo_only
def mails(request: HttpRequest) -> HttpResponse:
    """Newest first; `to` narrows the list."""
    to = request.GET.get("to", "").strip()
    found = [each for each in _all() if to.lower() in each.to.lower()]
    return render(request, "demo/mails.html", {"mails": found[:SHOWN], "total": len(found), "to": to})


@demo_only
def mail(request: HttpRequest, name: UUID) -> HttpResponseBase:
    shown = {"mail": _one(name), "sandbox": LINKS_ONLY}
    return csp_replace({"frame-src": [SELF]})(lambda asked: render(asked, "demo/mail.html", shown))(request)


@demo_only
def html(request: HttpRequest, name: UUID) -> HttpResponse:
    """As a mail program would show it."""
    answer = HttpResponse(_one(name).html)
    answer["Content-Security-Policy"] = (
        f"default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'self'; sandbox {LINKS_ONLY}"
    )
    answer["X-Frame-Options"] = "SAMEORIGIN"
    return answer


def _all() -> list[Mail]:
    folder: Path = settings.MAIL_FOLDER
    return sorted(map(_read, folder.glob("*.eml")), key=lambda each: (each.at, each.name), reverse=True)


def _one(name: UUID) -> Mail:
    path = settings.MAIL_FOLDER / f"{name}.eml"
    if not path.exists():
        raise Http404
    return _read(path)


def _read(path: Path) -> Mail:
    message = email.message_from_bytes(path.read_bytes(), policy=default)
    at = parsedate_to_datetime(message["Date"])
    return Mail(
        path.stem, at, message["From"], message["To"], message["Subject"], _body(message, "plain"), _body(message, "html")
    )


def _body(message: EmailMessage, kind: str) -> str:
    part = message.get_body([kind])
    return str(part.get_content()) if part else ""
