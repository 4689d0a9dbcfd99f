"""One request on its way through: what was asked, by whom, what strikes it, what it is answered."""

from __future__ import annotations

import hashlib
import json
from concurrent.futures import Future
from dataclasses import dataclass, field

from sandbox_processor.auth import Caller
from sandbox_processor.book import Received, Remembered
from sandbox_processor.errors import ApiError, key_reused, key_used_elsewhere
from sandbox_processor.routes import Operation
from sandbox_processor.state import State
from sandbox_processor.wire import Answer, Object, Params, Request

DEFAULT_WINDOW = 86_400
"""Seconds an idempotency key is remembered, unless set otherwise; None: never forgotten, 0: never remembered."""

FACTS = ("customer", "payment_method", "payment_intent", "charge", "amount", "metadata")
"""What of a request a fault can be scoped by, and the book keeps of it."""


@dataclass
class Visit:
    """One request on its way through."""

    request: Request
    id: str
    caller: Caller | None = None
    operation: Operation | None = None
    path_ids: tuple[str, ...] = ()
    sent: Params = field(default_factory=dict)
    params: Params = field(default_factory=dict)
    fault: Object | None = None
    key: str | None = None
    answer: Answer | None = None
    committed: Future[None] | None = None
    seconds_before: float = 0
    seconds_after: float = 0

    @property
    def action(self) -> str | None:
        return self.fault["action"] if self.fault else None

    @property
    def account(self) -> str:
        return self.caller.account if self.caller else ""

    def fingerprint(self) -> str:
        """What a key is bound to: method, address and parameters, in any order."""
        digest = hashlib.sha256(json.dumps(self.sent, sort_keys=True).encode()).hexdigest()
        return f"{self.request.method} {self.request.path} {digest}"


def facts_of(state: State, visit: Visit) -> Object:
    """The facts as sent, and of the object in the path."""
    facts: Object = {}
    known: Object = {}
    if visit.path_ids and visit.operation is not None:
        kind = visit.operation.path_kind
        row = state.account(visit.account).table(kind).rows.get(visit.path_ids[0])
        known = row.object if row else {}
        facts[kind] = visit.path_ids[0]
    for name in FACTS:
        value = visit.sent.get(name, known.get(name))
        if value is not None:
            facts[name] = value
    return facts


def received(state: State, visit: Visit, status: int, now: int) -> Received:
    """The book's record of the request; status 0 is no answer at all."""
    request, key = visit.request, visit.request.headers.get("idempotency-key")
    facts = facts_of(state, visit)
    return Received(visit.account, now, visit.id, request.method, request.path, key, status, visit.action, facts)


def other_request(visit: Visit, saved: Remembered) -> ApiError:
    """The refusal of a key that already stands for another request."""
    first = saved.fingerprint.rpartition(" ")[0]
    if first == f"{visit.request.method} {visit.request.path}":
        return key_reused(saved.key)
    return key_used_elsewhere(saved.key, first.partition(" ")[2], visit.request.path)


def with_log(body: Object, origin: str, request: str) -> Object:
    """An error's body with the address of the page that says what was asked (`/_sandbox/requests/`)."""
    error = {**body["error"], "request_log_url": f"{origin}/_sandbox/requests/{request}"}
    return {"error": dict(sorted(error.items()))}


def saved_answer(state: State, account: str, key: str, now: int) -> Remembered | None:
    """What is still remembered under a key."""
    saved = state.account(account).answers.get(key)
    window = state.settings.get("idempotency_window", DEFAULT_WINDOW)
    if saved is None or (window is not None and now >= saved.at + window):
        return None
    return saved
