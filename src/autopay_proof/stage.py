"""One simulated agency: a database, the sandbox in this process, one clock for both, and what chance does to the network.

The adapter is the production one, down to the SDK; only where it would open a socket it speaks to the sandbox.
"""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import stripe

from autopay.agreements.consent import Signature, record_consent
from autopay.agreements.models import Switch
from autopay.agreements.terms import publish
from autopay.charging.send import Engine
from autopay.charging.switch import set_switch
from autopay.clock import Clock
from autopay.database import Step, Tx, ignore, in_transaction, inside
from autopay.journal.write import By
from autopay.parties.create import NewBiller, NewPayer, create_biller, create_payers
from autopay.processors.accounts import Keys, connect
from autopay.processors.protocol import Kind, Processor
from autopay.processors.stripe.adapter import StripeProcessor
from autopay.processors.stripe.client import API_VERSION, Account, Opened
from autopay.wallet.default import set_default
from autopay.wallet.offer import offer
from autopay.wallet.save import Wallets, save
from autopay_proof.history import Call, History
from autopay_proof.scheduler import Actor
from sandbox_processor.book import MemoryBook
from sandbox_processor.clock import Clock as SandboxClock
from sandbox_processor.identifiers import Identifiers
from sandbox_processor.in_process import ConnectionLost, InProcess
from sandbox_processor.sandbox import Sandbox
from sandbox_processor.wire import Request, decode_query

BASE = "http://sandbox.invalid"
SECRET = b"the secret of a simulated installation"
START = datetime(2026, 3, 6, 17, tzinfo=UTC)
"""A Friday, two days before clocks change in the United States."""
ZONE = "America/Los_Angeles"
GOOD, DECLINES_LATER, MASTERCARD = "4242424242424242", "4000000000000341", "5555555555554444"
PEOPLE = {"Ada": (GOOD, MASTERCARD), "Ben": (DECLINES_LATER, GOOD), "Cleo": (GOOD,)}
"""Patients, each with the cards they saved, the default first."""


class OneConnection:
    """The database as one process of one actor has it: a single connection, a step before each statement and around each commit."""

    def __init__(self, dsn: str, actor: Actor | None = None) -> None:
        self._connection = psycopg.connect(dsn, autocommit=True)
        self._step: Step = actor.step if actor else ignore
        if actor:
            actor.pids.add(self._connection.info.backend_pid)

    @contextmanager
    def transaction(self, biller: int | None = None) -> Iterator[Tx]:
        with self._connection.transaction(), self._connection.cursor() as cursor:
            yield from inside(cursor, biller, self._step)
        self._step("committed")

    def close(self) -> None:
        self._connection.close()


@dataclass
class SimulatedTime:
    """Seconds since the start; machine and business clock are one, and the sandbox reads the same."""

    passed: float = 0.0

    @property
    def clock(self) -> Clock:
        return Clock(machine=self.now, monotonic=lambda: self.passed)

    def now(self) -> datetime:
        return START + timedelta(seconds=self.passed)

    def stamp(self) -> float:
        return self.now().timestamp()


class SandboxClient(stripe.HTTPClient):
    """The SDK's way out, and into the sandbox: two steps, one before the request leaves and one after the answer came."""

    name = "simulated"

    def __init__(self, sandbox: Sandbox, actor: Actor | None, weather: Weather, history: History) -> None:
        super().__init__()
        self._way, self._actor, self._weather, self._history = InProcess(sandbox), actor, weather, history

    async def request_async(
        self, method: str, url: str, headers: Mapping[str, str] | None, post_data: Any = None
    ) -> tuple[bytes, int, Mapping[str, str]]:
        what = f"{method} {url.removeprefix(BASE)}".partition("?")[0]
        if self._actor:
            self._actor.step(f"send {what}")
        sent = decode_query(post_data) if isinstance(post_data, str) else {}
        fate = self._weather.fate(method, what) if self._actor else "calm"
        if self._actor and method == "post":
            self._history.called(self._actor, Call(what, fate, sent))
        try:
            if fate == "lost before":
                raise ConnectionLost("lost on the way there")
            answer = self._way.request(method, url, _lower(headers), post_data)
            if fate == "lost after":
                raise ConnectionLost("lost on the way back")
            if fate == "500 after":
                answer = (b'{"error": {"type": "api_error", "message": "simulated"}}', 500, answer[2])
        except ConnectionLost as lost:
            if self._actor:
                self._actor.step(f"lost {what}")
            raise stripe.APIConnectionError(str(lost)) from lost  # type: ignore[no-untyped-call]
        if self._actor:
            self._actor.step(f"receive {what}")
        return answer

    async def sleep_async(self, secs: float) -> None:
        return None

    async def close_async(self) -> None:
        return None


@dataclass
class Weather:
    """What becomes of a request. Calm until told otherwise."""

    chance: random.Random
    stormy: bool = False
    happens: Callable[[], bool] = lambda: True
    """Asked before anything breaks."""
    fired: dict[str, int] = field(default_factory=dict)

    def fate(self, method: str, what: str) -> str:
        if not self.stormy:
            return "calm"
        fate = self.chance.choices(("calm", "lost before", "lost after", "500 after"), (78, 6, 10, 6))[0]
        if fate == "500 after" and method == "get":
            fate = "lost after"
        if fate != "calm" and not self.happens():
            return "calm"
        if fate != "calm":
            self.fired[fate] = self.fired.get(fate, 0) + 1
        return fate


class _Silent:
    async def close(self) -> None:
        return None


@dataclass
class Stage:
    """All actors stand on it. `dsns` by role; `cards` are tokens by (name, nth); `payers` and `methods` the ids the product gave."""

    dsns: Mapping[str, str]
    time: SimulatedTime
    sandbox: Sandbox
    weather: Weather
    history: History
    biller: int = 0
    payers: dict[str, int] = field(default_factory=dict)
    methods: dict[str, list[int]] = field(default_factory=dict)
    tokens: dict[int, str] = field(default_factory=dict)

    def processor(self, actor: Actor | None = None) -> Processor:
        client = SandboxClient(self.sandbox, actor, self.weather, self.history)

        def opened(account: Account) -> Opened:
            sdk = stripe.StripeClient(
                account.secret_key,
                stripe_version=API_VERSION,
                base_addresses={"api": BASE},
                max_network_retries=0,
                http_client=client,
            )
            return Opened(sdk, _Silent(), asyncio.get_running_loop())  # type: ignore[arg-type]

        return StripeProcessor(Account(f"sk_test_b{self.biller}", (), BASE, opening=opened), in_transaction)

    def engine(self, db: OneConnection, actor: Actor | None = None) -> Engine:
        return Engine(db, {self.biller: self.processor(actor)}, self.time.clock, SECRET, _in_place)

    def by(self, who: str = "office") -> By:
        return By(who, self.time.now())

    @contextmanager
    def database(self, role: str, actor: Actor | None = None) -> Iterator[OneConnection]:
        db = OneConnection(self.dsns[role], actor)
        try:
            yield db
        finally:
            db.close()

    def rows(self, sql: str, **params: object) -> list[dict[str, Any]]:
        with self.database("owner") as db, db.transaction() as tx:
            return tx.all(dict[str, Any], sql, **params)


def new_sandbox(time: SimulatedTime, seed: int, book: MemoryBook | None = None) -> Sandbox:
    return Sandbox(book or MemoryBook(), SandboxClock(time.stamp), Identifiers(random.Random(seed)), BASE)


def furnish(stage: Stage) -> None:
    """The agency and its patients, by the product's own verbs; nobody watches yet."""
    with stage.database("owner") as db, db.transaction() as tx:
        stage.biller = create_biller(tx, NewBiller("agency", "Simulated Home Care", "Sim", ZONE), stage.by())
        publish(tx, stage.biller)
        keys = Keys(BASE, f"pk_test_b{stage.biller}", f"sk_test_b{stage.biller}", f"whsec_b{stage.biller}")
        connect(tx, stage.biller, keys, SECRET)
    with stage.database("app") as db:
        with db.transaction(stage.biller) as tx:
            ids = create_payers(tx, stage.biller, [NewPayer("patient", name, name) for name in PEOPLE], stage.by())
        stage.payers = {name: ids["autopay", name] for name in PEOPLE}
        for name, cards in PEOPLE.items():
            stage.methods[name] = [card(stage, db, stage.payers[name], number) for number in cards]
            if cards:
                set_default(db, stage.biller, stage.methods[name][0], stage.by())
            set_switch(db, stage.biller, stage.payers[name], Switch.ON, stage.by())


def card(stage: Stage, db: OneConnection, payer: int, number: str) -> int:
    typed = f"type=card&card[number]={number}&card[exp_month]=12&card[exp_year]=2040&card[cvc]=123"
    headers = {"authorization": f"Bearer pk_test_b{stage.biller}"}
    answer = stage.sandbox.handle(Request("POST", "/v1/payment_methods", "", headers, typed.encode()))
    token = str(_json(answer.body)["id"])
    method = offer(db, stage.biller, payer, Kind.CARD, token, stage.by())

    async def saved() -> str:
        return await save(Wallets(db, {stage.biller: stage.processor()}, stage.time.clock, SECRET), method, stage.biller)

    if (state := asyncio.run(saved())) != "usable":
        raise RuntimeError(f"a test card was not saved: {state}")
    with db.transaction(stage.biller) as tx:
        record_consent(tx, stage.biller, method, Signature("the payer"), stage.by())
    stage.tokens[method] = token
    return method


async def _in_place(work: Callable[..., Any], *args: Any) -> Any:
    return work(*args)


def _lower(headers: Mapping[str, str] | None) -> dict[str, str]:
    return {name.lower(): value for name, value in (headers or {}).items()}


def _json(body: bytes) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(body)
    return found
