"""The official SDK over aiohttp: one pinned API version, kept-alive connections, no retries of its own, nothing logged."""

from __future__ import annotations

import asyncio
import logging
import re
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar
from urllib.parse import urlsplit

import aiohttp
import stripe
from stripe import _util as stripe_console

from autopay.processors.stripe.failure import Failure, read_failure
from autopay.processors.stripe.replies import Reply

T = TypeVar("T")
Path = tuple[str, ...]

API_VERSION = "2026-05-27.dahlia"
"""The newest published document our tests can check against; SDK 16 drops `payment_method_types`, which we need."""

PAGE = 100
MAX_PAGES = 10_000
LIVE_API = "https://api.stripe.com"

stripe.enable_telemetry = False  # says nothing about this installation, writes no file in the home directory
stripe_console.STRIPE_LOG = None  # with STRIPE_LOG=debug the SDK would print bodies to the console
logging.getLogger("stripe").setLevel(logging.WARNING)  # below it the SDK logs addresses and bodies


class CalledInTransaction(RuntimeError):
    """A bug of ours: the processor was called while a database transaction was open."""


class OtherLoop(RuntimeError):
    """A bug of ours: an adapter's connections live in the event loop of its first call; another loop needs an adapter of its own."""


class Redirected(Exception):
    """An answer that sends a payment elsewhere. It is never followed: the request would be sent a second time."""


class BadId(ValueError):
    """Not an id of Stripe's."""


class AccountError(ValueError):
    """Settings of a Stripe account that must not be used; the message says what to change."""


@dataclass(frozen=True, slots=True)
class Account:
    """One Stripe account. `webhook_secrets` are several while they are being rotated; `timeout` is seconds for a whole call."""

    secret_key: str = field(repr=False)
    webhook_secrets: tuple[str, ...] = field(default=(), repr=False)
    api_base: str = LIVE_API
    connections: int = 50
    timeout: float = 30.0

    def __post_init__(self) -> None:
        if not self.secret_key:
            raise AccountError("The Stripe secret key is empty: set it to the key (sk_… or rk_…) of the biller's account")
        if "_live_" in self.secret_key and self.api_base.rstrip("/") != LIVE_API:
            where = urlsplit(self.api_base).netloc or self.api_base
            raise AccountError(f"A live Stripe key is only ever sent to {LIVE_API}, not to {where}: use a test key there")


class Connection:
    """Opens the SDK client on first use, within the event loop that uses it.

    Replies are read as plain data: building the SDK's objects would take more time than the rest of a call together.
    """

    def __init__(self, account: Account, in_transaction: Callable[[], bool]) -> None:
        self._account = account
        self._in_transaction = in_transaction
        self._session: aiohttp.ClientSession | None = None
        self._client: stripe.StripeClient | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    async def post(self, path: Path, body: Mapping[str, object], read: Callable[[Reply], T], key: str = "") -> T | Failure:
        """Whatever goes wrong between sending and having read the answer is a Failure; raises CalledInTransaction, OtherLoop."""
        client = self._ready()
        try:
            options = {"idempotency_key": key} if key else {}
            return read((await client.raw_request_async("post", _url(path), **body, **options)).data)
        except Exception as error:
            return read_failure(error)

    async def get(self, path: Path, query: Mapping[str, object], read: Callable[[Reply], T]) -> T | Failure:
        client = self._ready()
        try:
            return read((await client.raw_request_async("get", _url(path), **query)).data)
        except Exception as error:
            return read_failure(error)

    async def get_all(self, path: Path, query: Mapping[str, object], read: Callable[[list[Reply]], T]) -> T | Failure:
        """Every object of a list, all pages, newest first as Stripe gives them; a page that fails fails the whole."""
        found: list[Reply] = []
        for _ in range(MAX_PAGES):
            after = {"starting_after": found[-1]["id"]} if found else {}
            page = await self.get(path, {**query, **after, "limit": PAGE}, _read_page)
            if isinstance(page, Failure):
                return page
            found += page.data
            if not page.has_more:
                return _read_list(found, read)
        return Failure("TooManyPages")

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()
        self._session = self._client = None

    def _ready(self) -> stripe.StripeClient:
        if self._in_transaction():
            raise CalledInTransaction("the processor was called inside a database transaction: commit first, then call")
        loop = asyncio.get_running_loop()
        if self._client is None:
            self._loop, self._session = loop, _open_session(self._account)
            self._client = _open_client(self._account, self._session)
        if self._loop is not loop:
            raise OtherLoop(
                "this processor belongs to another event loop: open one in each loop, and close it before the loop ends"
            )
        return self._client


@dataclass(frozen=True, slots=True)
class _Page:
    data: list[Reply]
    has_more: bool


def _read_page(page: Reply) -> _Page:
    return _Page([dict(item, id=str(item["id"])) for item in page["data"]], page["has_more"] and bool(page["data"]))


def _read_list(found: list[Reply], read: Callable[[list[Reply]], T]) -> T | Failure:
    try:
        return read(found)
    except Exception as error:
        return read_failure(error)


def _url(path: Path) -> str:
    """Ids come from a browser too: one that is not a plain word could lead to another address."""
    if not all(re.fullmatch(r"\w+", part, re.ASCII) for part in path):
        raise BadId
    return "/v1/" + "/".join(path)


def _open_client(account: Account, session: aiohttp.ClientSession) -> stripe.StripeClient:
    return stripe.StripeClient(
        account.secret_key,
        stripe_version=API_VERSION,
        base_addresses={"api": account.api_base.rstrip("/")},
        max_network_retries=0,
        http_client=stripe.AIOHTTPClient(timeout=None, session=session),
    )


def _open_session(account: Account) -> aiohttp.ClientSession:
    """aiohttp drops connections idle for 15 s, before Stripe does, and never sends a POST a second time by itself."""
    trace = aiohttp.TraceConfig()
    trace.on_request_redirect.append(_refuse_redirect)
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=account.connections, ssl=ssl.create_default_context(cafile=stripe.ca_bundle_path)),
        timeout=aiohttp.ClientTimeout(total=account.timeout, sock_connect=min(5.0, account.timeout / 2)),
        cookie_jar=aiohttp.DummyCookieJar(),
        trace_configs=[trace],
    )


async def _refuse_redirect(*_: object) -> None:
    raise Redirected
