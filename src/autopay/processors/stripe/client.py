"""The official SDK over aiohttp: one pinned API version, kept-alive connections, no retries of its own, nothing logged."""

from __future__ import annotations

import asyncio
import logging
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import stripe
from stripe import _util as stripe_console

Path = tuple[str, ...]
Reply = Mapping[str, Any]
"""Plain data: building the SDK's objects would take more time than the rest of a call together."""

API_VERSION = "2026-05-27.dahlia"
"""The newest published document our tests can check against; SDK 16 drops `payment_method_types`, which we need."""

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
    opening: Callable[[Account], Opened] | None = None
    """Opens the client in another way than over the network: a simulation's."""

    def __post_init__(self) -> None:
        if not self.secret_key:
            raise AccountError("The Stripe secret key is empty: set it to the key (sk_… or rk_…) of the biller's account")
        if "_live_" in self.secret_key and self.api_base.rstrip("/") != LIVE_API:
            where = urlsplit(self.api_base).netloc or self.api_base
            raise AccountError(f"A live Stripe key is only ever sent to {LIVE_API}, not to {where}: use a test key there")


@dataclass(frozen=True, slots=True)
class Opened:
    """What the first call opens, within the event loop that uses it."""

    client: stripe.StripeClient
    session: aiohttp.ClientSession
    loop: asyncio.AbstractEventLoop


def open_client(account: Account) -> Opened:
    if account.opening is not None:
        return account.opening(account)
    session = _open_session(account)
    client = stripe.StripeClient(
        account.secret_key,
        stripe_version=API_VERSION,
        base_addresses={"api": account.api_base.rstrip("/")},
        max_network_retries=0,
        http_client=stripe.AIOHTTPClient(timeout=None, session=session),
    )
    return Opened(client, session, asyncio.get_running_loop())


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
