"""One piece of work on one account: what an operation reads and writes through.

Every write becomes an event of this work's entry and is applied to the state at once, so an operation that ends in a
refusal (a decline) keeps what it wrote before, as Stripe keeps the failed charge.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from sandbox_processor import API_VERSION
from sandbox_processor.book import Entry, Event, Happened, Moved, Put, Removed
from sandbox_processor.errors import not_found
from sandbox_processor.identifiers import Identifiers
from sandbox_processor.state import Account, Row, State
from sandbox_processor.webhooks import deliveries_for
from sandbox_processor.wire import Object

NAMES = {
    "customer": "customer",
    "payment_method": "PaymentMethod",
    "payment_intent": "payment_intent",
    "setup_intent": "setupintent",
    "balance_transaction": "balance transaction",
    "webhook_endpoint": "webhook endpoint",
}
"""What Stripe calls a kind in "No such ..."; a kind not named here is called by its own name."""


@dataclass
class Work:
    state: State
    account: str
    now: int
    ids: Identifiers
    origin: str = ""
    request: str | None = None
    key: str | None = None
    publishable: bool = False
    entry: Entry = field(default_factory=list)

    def new_id(self, prefix: str, length: int = 24) -> str:
        return self.ids.new(prefix, length)

    def add(self, event: Event) -> None:
        self.entry.append(event)
        self.state.apply(event)

    def holdings(self) -> Account:
        return self.state.account(self.account)

    def row(self, kind: str, object_id: str) -> Row | None:
        return self.holdings().table(kind).rows.get(object_id)

    def known(self, kind: str, object_id: str) -> Row:
        """A row that is there because another row names it."""
        return self.holdings().table(kind).rows[object_id]

    def find(self, kind: str, object_id: str, param: str, status: int = 404) -> Row:
        """The row, or ApiError "No such ..."."""
        row = self.row(kind, object_id)
        if row is None:
            raise not_found(NAMES.get(kind, kind), object_id, param, status)
        return row

    def customer(self, customer_id: str, param: str = "customer", status: int = 400) -> Object:
        """The customer; a deleted one is gone for everything but retrieve."""
        row = self.row("customer", customer_id)
        if row is None or "deleted" in row.object:
            raise not_found("customer", customer_id, param, status)
        return row.object

    def rows(self, kind: str, by: str | None = None, value: str | None = None) -> Iterator[Row]:
        """Newest first."""
        return self.holdings().table(kind).newest_first(by, value)

    def put(self, kind: str, value: Object, private: Object | None = None) -> Object:
        """Store a new form of an object; `private` None keeps what was known of it."""
        row = self.row(kind, value["id"])
        if private is None:
            private = row.private if row else {}
        if row is not None and row.object is value and row.private == private:
            return value
        self.add(Put(self.account, kind, value, private))
        return value

    def note(self, kind: str, object_id: str, **private: Any) -> None:
        """Change only what no answer shows. None removes a note."""
        row = self.known(kind, object_id)
        kept = {name: value for name, value in {**row.private, **private}.items() if value is not None}
        self.add(Put(self.account, kind, row.object, kept))

    def remove(self, kind: str, object_id: str) -> None:
        self.add(Removed(self.account, kind, object_id))

    def move(self, kind: str, charge: Object, amount: int, source: str) -> None:
        """Write a movement of money into the book."""
        intent = charge["payment_intent"]
        metadata = self.known("payment_intent", intent).object["metadata"] if intent else charge["metadata"]
        currency = charge["currency"]
        self.add(
            Moved(self.account, self.now, kind, amount, currency, intent, charge["id"], source, metadata, charge["customer"])
        )

    def emit(self, kind: str, value: Object, before: Object | None = None) -> None:
        """Write a Stripe event, and what is to be delivered of it to webhook endpoints."""
        changed = {} if before is None else {"previous_attributes": before}
        event: Object = {
            "id": self.new_id("evt_"),
            "object": "event",
            "api_version": API_VERSION,
            "created": self.now,
            "data": {"object": value, **changed},
            "livemode": False,
            "pending_webhooks": 0,
            "request": {"id": self.request, "idempotency_key": self.key},
            "type": kind,
        }
        deliveries = deliveries_for(self.state, self.account, event, self.ids)
        event["pending_webhooks"] = sum(1 for made in deliveries if isinstance(made, Put))
        row = self.row(value["object"], value["id"])
        if row is not None and row.object is value:
            self.add(Happened(self.account, {**event, "data": changed}, value["object"], value["id"]))
        else:
            self.put("event", event, {})
        for made in deliveries:
            self.add(made)
