"""Which adapter speaks for a processor account. A new processor is a folder beside this file and one line below."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from autopay.processors.protocol import Processor
from autopay.processors.stripe.adapter import StripeProcessor
from autopay.processors.stripe.client import LIVE_API, Account

InTransaction = Callable[[], bool]


@dataclass(frozen=True, slots=True)
class AccountSettings:
    """What a biller's processor account needs. Secrets never appear in a repr; empty `api_base` means the processor's own."""

    adapter: str
    secret_key: str = field(repr=False)
    webhook_secrets: tuple[str, ...] = field(default=(), repr=False)
    api_base: str = ""
    connections: int = 50
    timeout: float = 30.0


class UnknownAdapter(ValueError):
    """The settings name a processor there is no adapter for."""


def open_processor(settings: AccountSettings, in_transaction: InTransaction) -> Processor:
    """One instance per account and event loop; raises UnknownAdapter, or what the adapter finds wrong with its settings."""
    if settings.adapter not in _ADAPTERS:
        raise UnknownAdapter(f"There is no processor adapter {settings.adapter!r}: use one of {', '.join(_ADAPTERS)}")
    return _ADAPTERS[settings.adapter](settings, in_transaction)


def _stripe(settings: AccountSettings, in_transaction: InTransaction) -> Processor:
    account = Account(
        settings.secret_key, settings.webhook_secrets, settings.api_base or LIVE_API, settings.connections, settings.timeout
    )
    return StripeProcessor(account, in_transaction)


_ADAPTERS: dict[str, Callable[[AccountSettings, InTransaction], Processor]] = {"stripe": _stripe}
