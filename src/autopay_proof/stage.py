"""The simulated world all actors stand on: a database, the sandbox in this process, one clock for both, and the network between."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import stripe

from autopay.charging.send import Engine
from autopay.clock import Clock
from autopay.database import in_transaction
from autopay.journal.write import By
from autopay.processors.protocol import Processor
from autopay.processors.stripe.adapter import StripeProcessor
from autopay.processors.stripe.client import API_VERSION, Account, Opened
from autopay.wallet.save import Wallets
from autopay_proof.connections import Connections, OneConnection
from autopay_proof.history import History
from autopay_proof.network import BASE, Network, Weather
from autopay_proof.scheduler import Actor
from sandbox_processor.book import MemoryBook
from sandbox_processor.clock import Clock as SandboxClock
from sandbox_processor.identifiers import Identifiers
from sandbox_processor.sandbox import Sandbox

SECRET = b"the secret of a simulated installation"
START = datetime(2030, 3, 8, 17, tzinfo=UTC)
"""A Friday, two days before clocks change in the United States. Far ahead, so that what PostgreSQL's own clock says is always past."""
ZONE = "America/Los_Angeles"


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


@dataclass(frozen=True, slots=True)
class Saved:
    """A saved method: its id with us, its token, and whether it is a bank account, or one that must be announced first."""

    id: int
    token: str
    bank: bool = False
    announced: bool = False


@dataclass
class Cast:
    """Who there is, as the product knows them: billers by name; payers by name; whose payer a biller's is; what each has saved."""

    billers: dict[str, int] = field(default_factory=dict)
    payers: dict[str, int] = field(default_factory=dict)
    biller_of: dict[str, int] = field(default_factory=dict)
    methods: dict[str, list[Saved]] = field(default_factory=dict)
    webhook_secrets: dict[int, str] = field(default_factory=dict)

    @property
    def agency(self) -> int:
        return self.billers["agency"]

    @property
    def vendor(self) -> int:
        return self.billers["vendor"]


class _Silent:
    async def close(self) -> None:
        return None


@dataclass
class Stage:
    """`connections` by role."""

    connections: Connections
    time: SimulatedTime
    sandbox: Sandbox
    weather: Weather
    history: History
    cast: Cast = field(default_factory=Cast)
    mailed: list[Any] = field(default_factory=list)
    """What reached the mail server."""
    network: Network = field(init=False)

    def __post_init__(self) -> None:
        self.network = Network(self.sandbox, self.weather, self.history, lambda: self.time.passed)

    def processor(self, biller: int, actor: Actor | None = None) -> Processor:
        client = self.network.client(actor)

        def opened(account: Account) -> Opened:
            sdk = stripe.StripeClient(
                account.secret_key,
                stripe_version=API_VERSION,
                base_addresses={"api": BASE},
                max_network_retries=0,
                http_client=client,
            )
            return Opened(sdk, _Silent(), asyncio.get_running_loop())  # type: ignore[arg-type]

        account = Account(f"sk_test_b{biller}", (self.cast.webhook_secrets.get(biller, ""),), BASE, opening=opened)
        return StripeProcessor(account, in_transaction)

    def processors(self, actor: Actor | None = None) -> Mapping[int, Processor]:
        return {biller: self.processor(biller, actor) for biller in self.cast.billers.values()}

    def engine(self, db: OneConnection, actor: Actor | None = None) -> Engine:
        return Engine(db, self.processors(actor), self.time.clock, SECRET, _in_place)

    def wallets(self, db: OneConnection, actor: Actor | None = None) -> Wallets:
        return Wallets(db, self.processors(actor), self.time.clock, SECRET)

    def by(self, who: str = "office") -> By:
        return By(who, self.time.now())

    def database(self, role: str, actor: Actor | None = None) -> OneConnection:
        return OneConnection(self.connections, role, actor, self.weather)

    def rows(self, sql: str, **params: object) -> list[dict[str, Any]]:
        with self.database("owner").transaction() as tx:
            return tx.all(dict[str, Any], sql, **params)


def new_sandbox(time: SimulatedTime, seed: int, book: MemoryBook | None = None) -> Sandbox:
    return Sandbox(book or MemoryBook(), SandboxClock(time.stamp), Identifiers(random.Random(seed)), BASE)


@contextmanager
def new_stage(dsns: Mapping[str, str], seed: int, book: MemoryBook | None = None, passed: float = 0.0) -> Iterator[Stage]:
    """Its connections are closed at the end."""
    time, connections = SimulatedTime(passed), Connections(dsns)
    try:
        yield Stage(connections, time, new_sandbox(time, seed, book), Weather(random.Random(seed)), History())
    finally:
        connections.close()


async def _in_place(work: Callable[..., Any], *args: Any) -> Any:
    return work(*args)
