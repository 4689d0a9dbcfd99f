"""Lists as Stripe pages them: newest first, `limit` 1 to 100, `starting_after` older, `ending_before` newer."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import islice
from typing import Any

from sandbox_processor.errors import invalid
from sandbox_processor.present import present
from sandbox_processor.state import Row
from sandbox_processor.wire import Object, Params
from sandbox_processor.work import Work


def page(work: Work, kind: str, url: str, params: Params, rows: Iterable[Row]) -> Object:
    """One page of the rows given (newest first), as a list object."""
    limit = params.get("limit", 10)
    after, before = params.get("starting_after"), params.get("ending_before")
    if after and before:
        raise invalid("You may only specify one of these parameters: starting_after, ending_before.", "ending_before")
    if before:
        place = work.find(kind, before, "ending_before", 400).place
        newer = [row for row in rows if row.place > place]
        return _list(work, url, newer[-limit:], more=len(newer) > limit)
    if after:
        place = work.find(kind, after, "starting_after", 400).place
        rows = (row for row in rows if row.place < place)
    found = list(islice(rows, limit + 1))
    return _list(work, url, found[:limit], more=len(found) > limit)


def _list(work: Work, url: str, rows: list[Row], *, more: bool) -> Object:
    return {"object": "list", "data": [present(row, work.now) for row in rows], "has_more": more, "url": url}


def created_within(params: Params, field: str = "created") -> Callable[[Row], bool]:
    """Whether a row's instant is in the range asked for; no range takes all."""
    asked: Any = params.get(field)
    if asked is None:
        return lambda row: True
    if isinstance(asked, int):
        return lambda row: row.object[field] == asked
    return lambda row: _within(row.object[field], asked)


def _within(instant: int, asked: dict[str, int]) -> bool:
    return (
        instant > asked.get("gt", -1)
        and instant >= asked.get("gte", 0)
        and instant < asked.get("lt", instant + 1)
        and instant <= asked.get("lte", instant)
    )
