"""State: the fold over the book. Nothing else changes it, so replaying the book gives the same state again."""

from __future__ import annotations

from collections.abc import Iterator
from heapq import heappop, heappush
from typing import Any, NamedTuple

from sandbox_processor.book import Armed, Disarmed, Entry, Event, Happened, Moved, Put, Received, Remembered, Removed, Set, Struck
from sandbox_processor.wire import Object

INDEXED: dict[str, tuple[str, ...]] = {
    "payment_intent": ("customer",),
    "setup_intent": ("customer",),
    "payment_method": ("customer",),
    "charge": ("customer", "payment_intent"),
    "refund": ("charge", "payment_intent"),
    "dispute": ("charge", "payment_intent"),
    "balance_transaction": ("source", "payout"),
}
"""Fields a list can be asked by and must find fast. `payout` is private; a list by it is how payouts are reconciled."""


class Row(NamedTuple):
    place: int
    object: Object
    private: Object


class Table:
    """The objects of one kind of one account, in order of creation."""

    def __init__(self, kind: str) -> None:
        self.rows: dict[str, Row] = {}
        self.order: list[str] = []
        self.indexes: dict[str, dict[str, list[str]]] = {field: {} for field in INDEXED.get(kind, ())}

    def put(self, value: Object, private: Object) -> None:
        object_id = value["id"]
        before = self.rows.get(object_id)
        if before is None:
            self.order.append(object_id)
        self.rows[object_id] = Row(before.place if before else len(self.order) - 1, value, private)
        for field, index in self.indexes.items():
            after = _field(field, value, private)
            if after and (before is None or _field(field, before.object, before.private) != after):
                index.setdefault(after, []).append(object_id)

    def newest_first(self, field: str | None = None, wanted: str | None = None) -> Iterator[Row]:
        """Every row, or those whose indexed field has the value wanted."""
        if field is None or wanted is None:
            ids: list[str] = self.order
        else:
            known = {object_id for object_id in self.indexes[field].get(wanted, ()) if object_id in self.rows}
            ids = sorted(known, key=lambda object_id: self.rows[object_id].place)
        for object_id in reversed(ids):
            row = self.rows.get(object_id)
            if row is not None and (field is None or _field(field, row.object, row.private) == wanted):
                yield row


def _field(field: str, value: Object, private: Object) -> Any:
    return value[field] if field in value else private.get(field)


class Account:
    """What one account holds: keys are per account, and no account sees another's objects."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.tables: dict[str, Table] = {}
        self.answers: dict[str, Remembered] = {}

    def table(self, kind: str) -> Table:
        found = self.tables.get(kind)
        if found is None:
            found = self.tables[kind] = Table(kind)
        return found


class Due(NamedTuple):
    """Something that happens by itself at an instant: a bank debit settles, money becomes available."""

    at: int
    place: int
    account: str
    kind: str
    id: str


class State:
    def __init__(self) -> None:
        self.accounts: dict[str, Account] = {}
        self.settings: dict[str, Any] = {}
        self.faults: dict[str, Object] = {}
        self.moves: list[Moved] = []
        self.requests: list[Received] = []
        self.due: list[Due] = []
        self.waiting: dict[str, str] = {}
        self._places = 0

    def account(self, name: str) -> Account:
        found = self.accounts.get(name)
        if found is None:
            found = self.accounts[name] = Account(name)
        return found

    def apply_all(self, entry: Entry) -> None:
        for event in entry:
            self.apply(event)

    def apply(self, event: Event) -> None:
        match event:
            case Put():
                self.account(event.account).table(event.kind).put(event.object, event.private)
                self._note_due(event)
                self._note_delivery(event)
            case Happened():
                self._note_event(event)
            case Received():
                self.requests.append(event)
            case Moved():
                self.moves.append(event)
            case Remembered():
                self.account(event.account).answers[event.key] = event
            case Removed():
                self.account(event.account).table(event.kind).rows.pop(event.id, None)
            case Set():
                self.settings[event.name] = event.value
            case Armed():
                self.faults[event.id] = event.fault
            case Struck():
                self._strike(event.id)
            case Disarmed():
                self.faults.pop(event.id, None)

    def _note_event(self, happened: Happened) -> None:
        account, event = self.account(happened.account), happened.event
        snapshot = account.table(happened.kind).rows[happened.id].object
        whole = {**event, "data": {"object": snapshot, **event["data"]}}
        account.table("event").put(whole, {})

    def _note_due(self, put: Put) -> None:
        at = put.private.get("due")
        if at is not None:
            self._places += 1
            heappush(self.due, Due(at, self._places, put.account, put.kind, put.object["id"]))

    def _note_delivery(self, put: Put) -> None:
        if put.kind != "delivery":
            return
        if put.object["state"] == "waiting":
            self.waiting[put.object["id"]] = put.account
        else:
            self.waiting.pop(put.object["id"], None)

    def next_due(self, now: int) -> Due | None:
        """The earliest thing due by now, taken off; what has meanwhile been settled another way is passed over."""
        while self.due and self.due[0].at <= now:
            due = heappop(self.due)
            row = self.account(due.account).table(due.kind).rows.get(due.id)
            if row is not None and row.private.get("due") == due.at:
                return due
        return None

    def _strike(self, fault_id: str) -> None:
        fault = self.faults[fault_id]
        if fault["skip"]:
            self.faults[fault_id] = {**fault, "skip": fault["skip"] - 1}
        elif fault["times"] is not None:
            left = fault["times"] - 1
            self.faults[fault_id] = {**fault, "times": left}
            if left <= 0:
                del self.faults[fault_id]
