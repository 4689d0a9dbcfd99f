"""The language of a page, chosen by whoever reads it: their own choice, else this browser's, else what their office knows of them, else
what the browser asks for, else English.

Pages of the biller's staff and of the demo are in English for everybody: half of a page in another language helps nobody.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest, HttpResponseBase, HttpResponseRedirect
from django.utils.cache import patch_vary_headers
from django.utils.translation import activate, get_language, get_language_from_request, override
from django.views.decorators.http import require_POST

from autopay.parties.models import User
from autopay.surfaces.shared.preferences import YEAR, back_to
from autopay.surfaces.shared.visitor import memberships_of
from autopay.tenancy import tenant_transaction

LANGUAGES = dict(settings.LANGUAGES)
COOKIE = settings.LANGUAGE_COOKIE_NAME
DEMO = "autopay.surfaces.demo."


class ChosenLanguage:
    """Middleware. The language holds for this request alone, whatever comes of it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        with override(language_of(request)):
            response = self._get_response(request)
            response.headers.setdefault("Content-Language", get_language() or "en")
        patch_vary_headers(response, ("Accept-Language", "Cookie"))
        return response

    def process_view(self, request: HttpRequest, view: Callable[..., Any], _args: object, _kwargs: object) -> None:
        if _in_english(view):
            activate("en")


def _in_english(view: Callable[..., Any] | None) -> bool:
    return getattr(view, "in_english", False) or f"{getattr(view, '__module__', '')}.".startswith(DEMO)


def language_on(request: HttpRequest, view: Callable[..., Any]) -> str:
    """Of the page that this view makes."""
    return "en" if _in_english(view) else language_of(request)


def language_of(request: HttpRequest) -> str:
    return of_user(request.user) or chosen_here(request) or known_of(request.user) or _asked_for(request)


def of_user(user: User | AnonymousUser) -> str:
    """What they chose themselves; empty if they did not yet."""
    return user.language if user.is_authenticated and user.language in LANGUAGES else ""


def chosen_here(request: HttpRequest) -> str:
    """What somebody without a log-in chose in this browser."""
    chosen = request.COOKIES.get(COOKIE, "")
    return chosen if chosen in LANGUAGES else ""


def known_of(user: User | AnonymousUser) -> str:
    """What the biller has on record of the payer this person is; of whoever pays for others, nothing is."""
    mine = next((each for each in memberships_of(user) if each.payer_id), None)
    if mine is None:
        return ""
    with tenant_transaction(mine.biller_id) as tx:
        known = tx.value("select language from payer where id = %(id)s", id=mine.payer_id)
    return known if known in LANGUAGES else ""


def read_in(request: HttpRequest, known: str) -> None:
    """On a page that a mailed link opens: in the language the payer is known to read, unless this person or this browser chose one."""
    if known in LANGUAGES and not (of_user(request.user) or chosen_here(request)):
        activate(known)


def _asked_for(request: HttpRequest) -> str:
    asked = get_language_from_request(request)
    return asked if asked in LANGUAGES else "en"


@require_POST
def set_language(request: HttpRequest) -> HttpResponse:
    """Kept with the person; for somebody without a log-in, in a cookie of this browser."""
    wanted = request.POST.get("language", "")
    if wanted not in LANGUAGES:
        return HttpResponseBadRequest("language is one of " + ", ".join(LANGUAGES))
    response = HttpResponseRedirect(back_to(request))
    if request.user.is_authenticated:
        User.objects.filter(pk=request.user.pk).update(language=wanted)
    else:
        response.set_cookie(COOKIE, wanted, max_age=YEAR, samesite="Lax", secure=request.is_secure(), httponly=True)
    return response


def choices(request: HttpRequest) -> list[tuple[str, str]]:
    """The switch's languages, each by its own name; none on a page that is in English for everybody."""
    match = request.resolver_match
    return [] if match and _in_english(match.func) else list(LANGUAGES.items())
