"""The list of demo log-ins, for the log-in page and the landing page."""

from __future__ import annotations

from django import template

from autopay.surfaces.demo.logins import LOGINS, PASSWORD

register = template.Library()


@register.inclusion_tag("demo/logins.html", takes_context=True)
def demo_logins(context: template.Context) -> dict[str, object]:
    kept = {name: context.get(name) for name in ("csrf_token", "redirect_field", "request")}
    return kept | {"logins": LOGINS, "password": PASSWORD}
