"""Every page is somebody's: none is kept by the browser or on the way (ASVS 14.3.2), so that Back asks again and shows what is true now."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponseBase


class NothingIsStored:
    """Middleware, behind the one that serves static files: those may be kept."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self._get_response(request)
        response["Cache-Control"] = "no-store"
        return response
