"""Lists a page at a time: what a template needs to lead back and on, without losing the filters (shell/pager.html)."""

from __future__ import annotations

from urllib.parse import urlencode

PAGE = 50


def page_number(text: str) -> int:
    """From an address; what is no page is the first."""
    return max(1, int(text)) if text.isdecimal() and len(text) < 7 else 1


def pager(found: int, page: int, kept: dict[str, str]) -> dict[str, object]:
    """`found` in all; `kept` are the filters that stand in the address."""
    return {"found": found, "page": page, "more": found > page * PAGE, "query": urlencode(kept) + "&"}
