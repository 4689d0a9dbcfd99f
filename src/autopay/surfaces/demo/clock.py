"""The demo's clock on its landing page: a month can be watched in a minute. Each request walks one day; the page asks for the rest."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from autopay.demo_clock import NotDone, next_day
from autopay.running import clock
from autopay.surfaces.demo.guard import demo_only

MOST = 31


@require_POST
@demo_only
def walk(request: HttpRequest) -> HttpResponse:
    """`days` are left to walk. Without JavaScript one day is walked and the landing page shown again."""
    asked = request.POST.get("days", "")
    days = min(int(asked), MOST) if asked.isdecimal() else 0
    try:
        if days:
            next_day()
    except NotDone as problem:
        messages.warning(request, str(problem))
        days = 1
    if not request.headers.get("HX-Request"):
        return redirect("demo:landing")
    return render(request, "demo/clock.html", clock_context(max(days - 1, 0), request.POST.get("of", asked)))


def clock_context(left: int = 0, of: str = "") -> dict[str, object]:
    return {"now": clock().now(), "left": left, "of": of if of.isdecimal() else "", "zone": "America/Los_Angeles"}
