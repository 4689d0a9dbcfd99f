"""The sandbox without a network: a function from a request to an answer, and the shape an SDK's HTTP client needs.

A dropped connection or a cut body raises `ConnectionLost`, as a socket would. Slow faults call `sleep`, which a simulation
replaces by its own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from urllib.parse import urlsplit

from sandbox_processor.control import command
from sandbox_processor.sandbox import Sandbox
from sandbox_processor.wire import Answer, Request


class ConnectionLost(ConnectionError):
    """The answer did not arrive, or not whole. Whether anything happened is not known."""


class InProcess:
    """`client.request("POST", "https://api.stripe.com/v1/refunds", headers, "charge=ch_1")` to (body, status, headers)."""

    def __init__(self, sandbox: Sandbox, sleep: Callable[[float], None] | None = None) -> None:
        self.sandbox = sandbox
        self.sleep = sleep or (lambda seconds: None)

    def request(
        self, method: str, url: str, headers: Mapping[str, str] | None = None, body: bytes | str | None = None
    ) -> tuple[bytes, int, Mapping[str, str]]:
        """The answer as it would come over the wire, header names in lower case. Raises ConnectionLost."""
        parts = urlsplit(url)
        lower = {name.lower(): value for name, value in (headers or {}).items()}
        sent = body.encode() if isinstance(body, str) else body or b""
        answer = self.send(Request(method.upper(), parts.path, parts.query, lower, sent))
        if answer.delivery == "dropped":
            raise ConnectionLost("The connection was dropped before an answer arrived.")
        if answer.delivery == "cut":
            raise ConnectionLost("The connection was dropped in the middle of the answer.")
        return answer.body, answer.status, {name.lower(): value for name, value in answer.headers.items()}

    def send(self, request: Request) -> Answer:
        if request.path.startswith("/_sandbox/"):
            return command(self.sandbox, request)
        visit = self.sandbox.arrive(request)
        if visit.seconds_before:
            self.sleep(visit.seconds_before)
        self.sandbox.perform(visit)
        if visit.committed is not None:
            visit.committed.result()
        if visit.seconds_after:
            self.sleep(visit.seconds_after)
        self.sandbox.leave(visit)
        assert visit.answer is not None
        return visit.answer
