"""What a person chose for this browser: light or dark. Kept in a cookie, never in the database."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest, HttpResponseRedirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

THEMES = ("light", "dark")
YEAR = 365 * 24 * 60 * 60


@require_POST
def set_theme(request: HttpRequest) -> HttpResponse:
    """`theme` is light, dark, or empty to follow the system again."""
    theme = request.POST.get("theme", "")
    if theme not in (*THEMES, ""):
        return HttpResponseBadRequest("theme is light, dark or empty")
    response = HttpResponseRedirect(back_to(request))
    if theme:
        response.set_cookie("theme", theme, max_age=YEAR, samesite="Lax", secure=request.is_secure(), httponly=True)
    else:
        response.delete_cookie("theme", samesite="Lax")
    return response


def back_to(request: HttpRequest) -> str:
    """The page the form stood on; only ever an address of this site."""
    wanted = request.POST.get("next", "")
    safe = url_has_allowed_host_and_scheme(wanted, allowed_hosts={request.get_host()}, require_https=request.is_secure())
    return wanted if safe else "/"
