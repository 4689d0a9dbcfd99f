"""Pages of the demo. None of them exists in a real installation."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from autopay.surfaces.demo import gallery
from autopay.surfaces.demo.clock import clock_context
from autopay.surfaces.demo.guard import demo_only
from autopay.surfaces.demo.logins import PASSWORD
from autopay.surfaces.demo.things_to_try import THINGS


@demo_only
def landing(request: HttpRequest) -> HttpResponse:
    """Six things to try, each one press away."""
    return render(request, "demo/landing.html", {"things": THINGS, "password": PASSWORD} | clock_context())


@demo_only
def components(request: HttpRequest) -> HttpResponse:
    """Every component in every state, with invented figures: what a designer and the picture tests look at."""
    return render(request, "demo/components.html", gallery.everything())
