"""The sandbox: one request from arrival to answer. Everything is decided here in memory; fronts add the network.

    arrive    who asks, for what, is the key known or in use, does a fault strike
    perform   the operation runs, its events go to the book, the answer is remembered under its key
    leave     the answer has been delivered (or lost): the key is no longer in use

An answer may be sent only once `visit.committed` is done: then the book has what it speaks of.
"""

from __future__ import annotations

import json
import sys
import traceback
from concurrent.futures import Future
from typing import Any

from sandbox_processor import API_VERSION
from sandbox_processor.auth import authenticate, check_headers
from sandbox_processor.book import Armed, Book, Disarmed, Entry, Event, MemoryBook, Remembered, Set, Struck
from sandbox_processor.clock import Clock
from sandbox_processor.due import settle
from sandbox_processor.errors import ApiError, internal_error, invalid, key_in_use, too_many_requests
from sandbox_processor.expand import check_expand, expand
from sandbox_processor.faults import choose
from sandbox_processor.identifiers import Identifiers
from sandbox_processor.parameters import read
from sandbox_processor.routes import Operation, find_operation
from sandbox_processor.state import State
from sandbox_processor.visit import Visit, facts_of, other_request, received, saved_answer, with_log
from sandbox_processor.wire import Answer, Object, Request, api_key, read_params
from sandbox_processor.work import Work


class Sandbox:
    def __init__(
        self,
        book: Book | None = None,
        clock: Clock | None = None,
        ids: Identifiers | None = None,
        origin: str = "http://127.0.0.1:8001",
    ) -> None:
        self.book: Book = book if book is not None else MemoryBook()
        self.clock = clock or Clock()
        self.ids = ids or Identifiers()
        self.origin = origin
        self.state = State()
        self.keys_in_use: set[tuple[str, str]] = set()
        self._last: Future[None] | None = None
        for entry in self.book.replay():
            self.state.apply_all(entry)

    # One request

    def handle(self, request: Request) -> Answer:
        """Arrival to answer in one step; waits of slow faults are left out. Returns once the book has it."""
        visit = self.arrive(request)
        self.perform(visit)
        if visit.committed is not None:
            visit.committed.result()
        self.leave(visit)
        assert visit.answer is not None
        return visit.answer

    def arrive(self, request: Request) -> Visit:
        visit = Visit(request, self.ids.new("req_", 14))
        self.settle_due()
        try:
            self._admit(visit)
        except ApiError as error:
            self._refuse(visit, error)
        return visit

    def perform(self, visit: Visit) -> None:
        """Run the operation unless the visit was answered on arrival."""
        if visit.answer is not None:
            visit.committed = self._last
            return
        self.settle_due()
        assert visit.caller is not None
        work = self._work(visit)
        status, body = self._run(visit, work)
        self._remember(visit, work, status, body)
        if visit.request.method != "GET":
            work.add(received(self.state, visit, status, self.now()))
        self._commit(work.entry)
        visit.committed = self._last
        visit.answer = self._deliver(visit, status, body)

    def leave(self, visit: Visit) -> None:
        if visit.key is not None and visit.caller is not None:
            self.keys_in_use.discard((visit.caller.account, visit.key))

    # On arrival

    def _admit(self, visit: Visit) -> None:
        request = visit.request
        caller = visit.caller = authenticate(api_key(request.headers))
        check_headers(request.headers)
        operation, visit.path_ids = find_operation(request.method, request.path)
        visit.operation = operation
        caller.must_be_allowed(operation.publishable)
        visit.sent = read_params(request)
        self._strike(visit, operation)
        if visit.answer is not None:
            return
        key = request.headers.get("idempotency-key")
        if key and request.method == "POST":
            self._claim_key(visit, caller.account, key)
        if visit.answer is None:
            self._validate(visit, operation)

    def _validate(self, visit: Visit, operation: Operation) -> None:
        try:
            visit.params = read(operation.spec, visit.sent, operation.required)
            check_expand(operation, visit.params.pop("expand", None) or ())
        except ApiError:
            self.leave(visit)
            raise

    def _strike(self, visit: Visit, operation: Operation) -> None:
        """Find the fault that hits this request; some answer at once."""
        if not self.state.faults:
            return
        facts = facts_of(self.state, visit) | {"account": visit.account}
        fault = choose(self.state.faults.values(), operation.name, facts)
        if fault is None:
            return
        self.append([Struck(fault["id"])])
        if fault["skip"]:
            return
        visit.fault = fault
        action = fault["action"]
        visit.seconds_before = fault["ms"] / 1000 if action == "late_effect" else 0
        visit.seconds_after = fault["ms"] / 1000 if action == "slow" else 0
        if action == "lost_before":
            self._answer_without_effect(visit, Answer(0, {}, b"", "dropped"))
        elif action == "unavailable":
            self._answer_without_effect(visit, Answer(503, {"Content-Type": "text/html"}, b"<h1>503 Service Unavailable</h1>"))
        elif action == "rate_limited":
            raise too_many_requests(fault.get("retry_after"))
        elif action == "conflict":
            raise key_in_use(visit.request.headers.get("idempotency-key", "none"))
        elif action == "unauthorized":
            raise ApiError(401, "Invalid API Key provided: the sandbox was told to refuse it.")

    def _answer_without_effect(self, visit: Visit, answer: Answer) -> None:
        self.append([received(self.state, visit, answer.status, self.now())])
        visit.answer = answer

    # Idempotency

    def _claim_key(self, visit: Visit, account: str, key: str) -> None:
        """Replay the answer this key has, refuse other parameters, or hold the key until the answer is out."""
        if len(key) > 255:
            raise invalid(f"Idempotency keys can be up to 255 characters long, but yours has {len(key)}.")
        if (account, key) in self.keys_in_use:
            raise key_in_use(key)
        saved = saved_answer(self.state, account, key, self.now())
        if saved is not None:
            if saved.fingerprint != visit.fingerprint():
                raise other_request(visit, saved)
            visit.answer = self._replay(visit, saved)
            return
        visit.key = key
        self.keys_in_use.add((account, key))

    def _replay(self, visit: Visit, saved: Remembered) -> Answer:
        headers = {
            **self._headers(visit),
            "Idempotency-Key": saved.key,
            "Idempotent-Replayed": "true",
            "Original-Request": saved.request,
        }
        return self._bend(visit, Answer(saved.status, headers, saved.body.encode()))

    def _remember(self, visit: Visit, work: Work, status: int, body: str) -> None:
        if visit.key is None:
            return
        work.add(Remembered(work.account, visit.key, work.now, visit.fingerprint(), visit.id, status, body))

    # The operation

    def _work(self, visit: Visit) -> Work:
        assert visit.caller is not None
        account, publishable = visit.caller.account, visit.caller.publishable
        return Work(self.state, account, self.now(), self.ids, self.origin, visit.id, visit.key, publishable)

    def _run(self, visit: Visit, work: Work) -> tuple[int, str]:
        if visit.action == "error_before":
            return 500, _dump(self._logged(visit, internal_error()))
        status, value = self._outcome(visit, work)
        if visit.action == "error_after":
            return 500, _dump(self._logged(visit, internal_error()))
        return status, _dump(_misquote(value, visit.action))

    def _outcome(self, visit: Visit, work: Work) -> tuple[int, Object]:
        operation = visit.operation
        assert operation is not None
        paths = visit.sent.get("expand") or ()
        try:
            value = operation.run(work, visit.params, *visit.path_ids)
            return 200, expand(work, value, paths)
        except ApiError as error:
            return error.status, self._logged(visit, error)
        except Exception:
            traceback.print_exc(file=sys.stderr)
            return 500, self._logged(visit, internal_error())

    def _logged(self, visit: Visit, error: ApiError) -> Object:
        return with_log(error.body, self.origin, visit.id)

    # The answer

    def _deliver(self, visit: Visit, status: int, body: str) -> Answer:
        headers = self._headers(visit)
        if visit.key is not None:
            headers["Idempotency-Key"] = visit.key
            headers["Original-Request"] = visit.id
        return self._bend(visit, Answer(status, headers, body.encode()))

    def _bend(self, visit: Visit, answer: Answer) -> Answer:
        if visit.action == "lost_after":
            return Answer(answer.status, answer.headers, answer.body, "dropped")
        if visit.action == "cut":
            return Answer(answer.status, answer.headers, answer.body, "cut")
        return answer

    def _refuse(self, visit: Visit, error: ApiError) -> None:
        headers = (
            self._headers(visit) | error.headers | ({"WWW-Authenticate": 'Basic realm="Sandbox"'} if error.status == 401 else {})
        )
        body = self._logged(visit, error) if visit.caller else error.body
        visit.answer = self._bend(visit, Answer(error.status, headers, _dump(body).encode()))
        if visit.request.method != "GET" and visit.caller is not None:
            self.append([received(self.state, visit, error.status, self.now())])

    def _headers(self, visit: Visit) -> dict[str, str]:
        version = visit.request.headers.get("stripe-version", API_VERSION)
        return {"Content-Type": "application/json", "Request-Id": visit.id, "Stripe-Version": version}

    # Time, faults, settings

    def now(self) -> int:
        return self.clock.now(self.state.settings.get("clock"))

    def settle_due(self) -> None:
        """Let happen what is due by now, in order of time, each with its own instant."""
        while (due := self.state.next_due(self.now())) is not None:
            work = Work(self.state, due.account, due.at, self.ids, self.origin)
            settle(work, due.kind, due.id)
            self._commit(work.entry)

    def append(self, events: list[Event]) -> None:
        for event in events:
            self.state.apply(event)
        self._commit(events)

    def set(self, name: str, value: Any) -> None:
        self.append([Set(name, value)])

    def arm(self, fault: Object) -> None:
        self.append([Armed(fault["id"], fault)])

    def disarm(self, fault_id: str) -> None:
        self.append([Disarmed(fault_id)])

    def work_on(self, account: str) -> Work:
        """Work that no request asked for: commands of the control API. Commit it with `finish`."""
        return Work(self.state, account, self.now(), self.ids, self.origin)

    def finish(self, work: Work) -> None:
        self._commit(work.entry)

    def committed(self) -> Future[None] | None:
        """Done when everything decided so far is in the book."""
        return self._last

    def reset(self) -> None:
        """Forget everything, the book included."""
        self.book.erase()
        self.state = State()
        self.keys_in_use.clear()

    def _commit(self, entry: Entry) -> None:
        if entry:
            self._last = self.book.append(entry)


def _dump(value: Object) -> str:
    return json.dumps(value)


def _misquote(value: Object, action: str | None) -> Object:
    if action == "wrong_amount" and "amount" in value:
        return {**value, "amount": value["amount"] + 1}
    if action == "wrong_currency" and "currency" in value:
        return {**value, "currency": "cad" if value["currency"] != "cad" else "usd"}
    return value
