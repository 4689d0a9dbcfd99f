"""The book: everything that ever happened, appended and never changed. State is a fold over it (`state.py`).

An entry is the list of events one request or one due happening caused; it is committed whole or not at all.
"""

from __future__ import annotations

from concurrent.futures import Future
from typing import Any, NamedTuple, Protocol

from sandbox_processor.wire import Object


class Put(NamedTuple):
    """An API object as it is from now on. `private` is what the sandbox knows and no answer shows."""

    account: str
    kind: str
    object: Object
    private: Object


class Happened(NamedTuple):
    """A Stripe event about an object as it stands at this place in the book, so its snapshot need not be written again.

    `event` is the event with `data.object` left out.
    """

    account: str
    event: Object
    kind: str
    id: str


class Removed(NamedTuple):
    account: str
    kind: str
    id: str


class Received(NamedTuple):
    """A request that could change something, and how it was answered. `facts`: amount, customer, metadata... as sent."""

    account: str
    at: int
    request: str
    method: str
    path: str
    key: str | None
    status: int
    fault: str | None
    facts: Object


class Moved(NamedTuple):
    """Money moved: capture, refund, refund_failed, return, dispute, dispute_won. `amount` in minor units, always > 0.

    `metadata` is the caller's own, of the payment; the book never reads the caller's database.
    """

    account: str
    at: int
    kind: str
    amount: int
    currency: str
    payment_intent: str | None
    charge: str
    source: str
    metadata: dict[str, str]
    customer: str | None = None


class Remembered(NamedTuple):
    """The answer given under an idempotency key."""

    account: str
    key: str
    at: int
    fingerprint: str
    request: str
    status: int
    body: str


class Set(NamedTuple):
    """A setting of the sandbox: `clock`, `idempotency_window`."""

    name: str
    value: Any


class Armed(NamedTuple):
    """A fault on command, as the control API took it."""

    id: str
    fault: Object


class Struck(NamedTuple):
    """An armed fault hit a request."""

    id: str


class Disarmed(NamedTuple):
    id: str


Event = Put | Happened | Removed | Received | Moved | Remembered | Set | Armed | Struck | Disarmed
Entry = list[Event]

_KINDS: dict[str, Any] = {
    kind.__name__: kind for kind in (Put, Happened, Removed, Received, Moved, Remembered, Set, Armed, Struck, Disarmed)
}


def to_json(entry: Entry) -> list[list[Any]]:
    return [[type(event).__name__, *event] for event in entry]


def from_json(entry: list[list[Any]]) -> Entry:
    return [_KINDS[name](*fields) for name, *fields in entry]


class Book(Protocol):
    """Where entries are kept. `append` returns at once; the future is done when the entry is committed."""

    def append(self, entry: Entry) -> Future[None] | None: ...

    def replay(self) -> list[Entry]: ...

    def erase(self) -> None: ...

    def close(self) -> None: ...


class MemoryBook:
    """Kept in memory, committed at once: None stands for a future that is done."""

    def __init__(self, entries: list[Entry] | None = None) -> None:
        self.entries: list[Entry] = entries if entries is not None else []

    def append(self, entry: Entry) -> None:
        self.entries.append(entry)

    def replay(self) -> list[Entry]:
        return list(self.entries)

    def erase(self) -> None:
        self.entries.clear()

    def close(self) -> None:
        return
