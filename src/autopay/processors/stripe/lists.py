"""Stripe's lists, read to their end."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from autopay.processors.stripe.client import Path, Reply
from autopay.processors.stripe.failure import Failure, read_failure
from autopay.processors.stripe.payment import Connection

T = TypeVar("T")
PAGE = 100
MAX_PAGES = 10_000


async def get_all(stripe: Connection, path: Path, query: Mapping[str, object], read: Callable[[list[Reply]], T]) -> T | Failure:
    """Every object of a list, all pages, newest first as Stripe gives them; a page that fails fails the whole."""
    found: list[Reply] = []
    async for page in get_pages(stripe, path, query):
        if isinstance(page, Failure):
            return page
        found += page
    return read_list(found, read)


async def get_pages(stripe: Connection, path: Path, query: Mapping[str, object]) -> AsyncIterator[list[Reply] | Failure]:
    """The same page by page, for lists too long to hold. A Failure is the last; only without one the list was read to its end."""
    after: dict[str, object] = {}
    for _ in range(MAX_PAGES):
        page = await stripe.get(path, {**query, **after, "limit": PAGE}, _read_page)
        if isinstance(page, Failure):
            yield page
            return
        yield page.data
        if not page.has_more:
            return
        after = {"starting_after": page.data[-1]["id"]}
    yield Failure("TooManyPages")


@dataclass(frozen=True, slots=True)
class _Page:
    data: list[Reply]
    has_more: bool


def _read_page(page: Reply) -> _Page:
    return _Page([dict(item, id=str(item["id"])) for item in page["data"]], page["has_more"] and bool(page["data"]))


def read_list(found: list[Reply], read: Callable[[list[Reply]], T]) -> T | Failure:
    try:
        return read(found)
    except Exception as error:
        return read_failure(error)
