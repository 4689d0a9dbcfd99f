"""Lists a page at a time: what a template needs to lead back and on, without losing the filters (shell/pager.html)."""

from __future__ import annotations

from urllib.parse import urlencode
from uuid import UUID

PAGE = 50


def page_number(text: str) -> int:
    """From an address; what is no page is the first."""
    return max(1, int(text)) if text.isdecimal() and len(text) < 7 else 1


def after(text: str) -> UUID | None:
    """From an address: what the list begins behind."""
    try:
        return UUID(text)
    except ValueError:
        return None


def shown(text: str, first: int, most: int = 200) -> int:
    """From an address: how many rows of a list that is shown with its newest first. What is no such number is `first`."""
    return min(max(first, int(text)), most) if text.isdecimal() and len(text) < 5 else first


def pager(found: int, page: int, kept: dict[str, str], onward: str | None = None) -> dict[str, object]:
    """`found` in all; `kept` are the filters that stand in the address. Where more was found than is counted (`onward` is not None), the
    page behind the last counted one begins behind `onward`."""
    more = found > page * PAGE
    return {
        "found": found,
        "page": page,
        "more": more,
        "query": urlencode(kept) + "&",
        "beyond": onward is not None,
        "onward": onward,
    }
