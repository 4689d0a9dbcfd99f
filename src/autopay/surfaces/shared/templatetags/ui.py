"""Tags and filters every template may use without loading them."""

from __future__ import annotations

from datetime import date, datetime
from functools import cache
from typing import Any

import lucide.templatetags.lucide as lucide_tag
from django import template
from django.utils.html import format_html, linebreaks
from django.utils.safestring import SafeString, mark_safe

from autopay import words
from autopay.clock import local_date
from autopay.money import Money
from autopay.parties.permissions import Act
from autopay.surfaces.shared.products import address
from autopay.surfaces.shared.visitor import Visitor
from autopay.surfaces.shared.wallet import Saved

register = template.Library()


@register.simple_tag
def icon(name: str, extra: str = "") -> SafeString:
    """A lucide icon as inline SVG, hidden from screen readers: the word beside it says the same."""
    return _svg(str(name), f"i {extra}".strip())


@cache
def _svg(name: str, css: str) -> SafeString:
    return mark_safe(lucide_tag.lucide(name, size=20, **_attributes(css)))


def _attributes(css: str) -> dict[str, Any]:
    return {"class": css, "aria-hidden": "true"}


@register.filter
def money(amount: Money) -> str:
    return words.money(amount)


@register.filter
def bare_money(amount: Money) -> str:
    """Without the currency sign, as the classic screens show it (A40)."""
    return words.bare_money(amount)


@register.filter
def expired(method: Saved, today: date) -> bool:
    return method.expired(today)


@register.filter
def day(on: date) -> str:
    return words.day(on)


@register.filter
def short_day(on: date) -> str:
    return words.short_day(on)


@register.filter
def moment(at: datetime, zone: str) -> str:
    return words.moment(at, zone)


@register.filter
def as_of(at: datetime, zone: str) -> str:
    return words.as_of(at, zone)


@register.filter
def local_day(at: datetime, zone: str) -> str:
    return words.day(local_date(at, zone))


@register.filter
def terms(text: str, prices: str) -> SafeString:
    """A published text as paragraphs, its `Data Sheet(s)` a link to the prices; no other word differs from what is recorded.

    In a tab of its own, or what was typed beside it would be lost.
    """
    link = format_html('<a href="{}" target="_blank">Data Sheet(s)</a>', prices)
    return mark_safe(linebreaks(text, autoescape=True).replace("Data Sheet(s)", link))


@register.filter
def initials(name: str) -> str:
    parts = str(name).split()
    return "".join(part[0] for part in (parts[:1] + parts[1:][-1:])).upper()


@register.filter
def may(visitor: Visitor, act: str) -> bool:
    """`visitor|may:"REFUND"`: what the permission table says about the person looking."""
    return visitor.may(Act[act])


@register.simple_tag(takes_context=True)
def at(context: template.Context, name: str, *args: Any) -> str:
    """The address of a page of the same account in the product it is looked at in."""
    return address(context["product"].slug, name, *args)


@register.inclusion_tag("shell/nav_item.html", takes_context=True)
def nav_item(context: template.Context, url: str, label: str, **options: Any) -> dict[str, Any]:
    """One line of a sidebar. `sub` indents it; `exact` marks it current on its own page only; `section` and `also` are where its pages lie,
    but for those under `beside`."""
    path: str = context["request"].path
    below = not options.get("exact", False) and path.startswith((options.get("section", url), options.get("also", url)))
    below = below and not path.startswith(options.get("beside") or "\n")
    return {"url": url, "label": label, "current": "page" if path == url else "true" if below else "", **options}
