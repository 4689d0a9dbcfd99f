"""The wire between the engine and the payment company, and what chance does to it.

The adapter is the production one, down to the SDK; only where it would open a socket it speaks to the sandbox in this process. What
can go wrong on the way is the sandbox's own faults; one more is ours: a request that arrives long after its sender gave up.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import stripe

from autopay.database import in_transaction
from autopay_proof.history import Call, History
from autopay_proof.scheduler import Actor
from sandbox_processor.faults import fault_of
from sandbox_processor.in_process import ConnectionLost, InProcess
from sandbox_processor.sandbox import Sandbox
from sandbox_processor.wire import decode_query

Wired = tuple[bytes, int, Mapping[str, str]]
BASE = "http://sandbox.invalid"
LATE = "late"
CHANGES_ONLY = {LATE, "error_after", "wrong_amount", "wrong_currency", "lost_before"}
"""Faults that mean something only for a request that changes something."""
FATES = {
    "lost_after": 9,
    LATE: 6,
    "lost_before": 4,
    "cut": 3,
    "error_after": 4,
    "error_before": 2,
    "rate_limited": 2,
    "conflict": 1,
    "unauthorized": 1,
    "unavailable": 2,
    "wrong_amount": 1,
    "wrong_currency": 1,
}
ARRIVES_AFTER = (1, 20, 200, 800)
"""Seconds; all of them less than the time after which an adapter says that a look-up can no longer be overtaken."""


@dataclass
class Weather:
    """What becomes of a request and of a commit. Calm until told otherwise; `worst` is the chance of anything breaking, in a hundred."""

    chance: random.Random
    stormy: bool = False
    worst: int = 22
    commits: int = 2
    happens: Callable[[], bool] = lambda: True
    """Asked before anything breaks."""
    fired: dict[str, int] = field(default_factory=dict)
    _lost: int = 0
    _how: str = ""

    def loses(self, requests: int, how: str = "lost_after") -> None:
        """The next so many requests that change something get lost, or only their answers."""
        self._lost, self._how = requests, how

    def of_request(self, method: str) -> str:
        if self._lost and method == "post":
            self._lost -= 1
            return self._how
        if not self.stormy or self.chance.randrange(100) >= self.worst:
            return "calm"
        fate = self.chance.choices(list(FATES), list(FATES.values()))[0]
        return self._if_it_happens("lost_after" if method == "get" and fate in CHANGES_ONLY else fate)

    def of_commit(self) -> str:
        if not self.stormy or self.chance.randrange(100) >= self.commits:
            return "calm"
        fate = self.chance.choice(("lost before", "lost after"))
        return self._if_it_happens(fate, f"database {fate} commit")

    def _if_it_happens(self, fate: str, name: str = "") -> str:
        if not self.happens():
            return "calm"
        self.fired[name or fate] = self.fired.get(name or fate, 0) + 1
        return fate


class Underway(NamedTuple):
    """A request whose sender has given up. `arrives`: seconds since the start."""

    arrives: float
    method: str
    url: str
    headers: dict[str, str]
    body: str


@dataclass
class Network:
    """Of one history. `now`: seconds since the start."""

    sandbox: Sandbox
    weather: Weather
    history: History
    now: Callable[[], float]
    underway: list[Underway] = field(default_factory=list)

    def client(self, actor: Actor | None) -> SandboxClient:
        return SandboxClient(self, actor)

    def arrive(self) -> int:
        """What was on its way, and whose time has come, arrives; its answer goes nowhere."""
        due = [each for each in self.underway if each.arrives <= self.now()]
        self.underway = [each for each in self.underway if each.arrives > self.now()]
        for each in due:
            InProcess(self.sandbox).request(each.method, each.url, each.headers, each.body)
        return len(due)

    def answer(self, fate: str, method: str, url: str, headers: Mapping[str, str], body: Any) -> Wired:
        """Raises ConnectionLost where there is no answer."""
        if fate == LATE:
            self.underway.append(
                Underway(self.now() + self.weather.chance.choice(ARRIVES_AFTER), method, url, dict(headers), body)
            )
            raise ConnectionLost("given up while it was on its way")
        if fate != "calm":
            self.sandbox.arm(fault_of({"action": fate}, f"fault-{sum(self.weather.fired.values())}"))
        return InProcess(self.sandbox).request(method, url, headers, body)


class SandboxClient(stripe.HTTPClient):
    """The SDK's way out, and into the sandbox: two steps, one before the request leaves and one after the answer came."""

    name = "simulated"

    def __init__(self, network: Network, actor: Actor | None) -> None:
        super().__init__()
        self._network, self._actor = network, actor

    async def request_async(self, method: str, url: str, headers: Mapping[str, str] | None, post_data: Any = None) -> Wired:
        lower = {name.lower(): value for name, value in (headers or {}).items()}
        if self._actor is None:
            return self._network.answer("calm", method, url, lower, post_data)
        return self._stepped(self._actor, method, url, lower, post_data)

    def _stepped(self, actor: Actor, method: str, url: str, headers: dict[str, str], body: Any) -> Wired:
        what = f"{method} {url.removeprefix(BASE)}".partition("?")[0]
        inside = in_transaction()
        actor.step(f"send {what}")
        fate = self._network.weather.of_request(method)
        if method == "post":
            form = decode_query(body) if isinstance(body, str) else {}
            key = headers.get("idempotency-key", "")
            self._network.history.called(actor, Call(what, fate, form, key, inside))
        try:
            answer = self._network.answer(fate, method, url, headers, body)
        except ConnectionLost as lost:
            actor.step(f"lost {what}")
            raise stripe.APIConnectionError(str(lost)) from lost  # type: ignore[no-untyped-call]
        actor.step(f"receive {what}")
        return answer

    async def sleep_async(self, secs: float) -> None:
        return None

    async def close_async(self) -> None:
        return None
