"""The number beside Worklist in the office's sidebar."""

from __future__ import annotations

from django import template
from django.template import Context

from autopay.clock import local_date
from autopay.surfaces.office.work import to_do
from autopay.surfaces.shared.visitor import Visitor

register = template.Library()


@register.simple_tag(takes_context=True)
def things_to_do(context: Context, visitor: Visitor, zone: str) -> str:
    """What the page has read already, else read now."""
    if "to_do" in context:
        return str(context["to_do"])
    with visitor.reading() as tx:
        return to_do(tx, local_date(visitor.now, zone))
