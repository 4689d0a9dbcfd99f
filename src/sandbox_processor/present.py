"""How a stored object is shown: a few fields follow from the time of reading."""

from __future__ import annotations

from sandbox_processor.state import Row
from sandbox_processor.wire import Object


def present(row: Row, now: int) -> Object:
    value = row.object
    if value["object"] == "balance_transaction":
        return {**value, "status": "available" if now >= value["available_on"] else "pending"}
    return value


def empty_list(url: str) -> Object:
    return {"object": "list", "data": [], "has_more": False, "url": url}
