"""The number beside Worklist in the office's sidebar."""

from __future__ import annotations

from django import template

from autopay.clock import local_date
from autopay.surfaces.office.work import counts
from autopay.surfaces.shared.visitor import Visitor

register = template.Library()
MOST = 100
"""Of each kind; more is told as 99+."""


@register.simple_tag
def things_to_do(visitor: Visitor, zone: str) -> str:
    """Empty when nothing needs anybody."""
    with visitor.reading() as tx:
        number = sum(counts(tx, local_date(visitor.now, zone), MOST).values())
    return "" if not number else str(number) if number < MOST else f"{MOST - 1}+"
