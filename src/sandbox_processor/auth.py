"""Who asks: a test key names an account; `sk_test_x` and `pk_test_x` are the two keys of account x. Live keys are refused."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sandbox_processor import API_VERSION
from sandbox_processor.errors import ApiError, invalid

NO_KEY = (
    "You did not provide an API key. You need to provide your API key in the Authorization header, using Bearer auth "
    "(e.g. 'Authorization: Bearer YOUR_SECRET_KEY'). See https://stripe.com/docs/api#authentication for details."
)
PUBLISHABLE = "This API call cannot be made with a publishable API key. Please use a secret API key."
LIVE = "The sandbox takes test keys only. It has no real money, and a live key must never reach it."


@dataclass(frozen=True, slots=True)
class Caller:
    account: str
    publishable: bool

    def must_be_allowed(self, publishable_may: bool) -> None:
        if self.publishable and not publishable_may:
            raise ApiError(401, PUBLISHABLE, code="secret_key_required")


def authenticate(key: str | None) -> Caller:
    """The account of a key. Raises ApiError 401: none, live, or no key at all by its looks."""
    if key is None:
        raise ApiError(401, NO_KEY)
    if "_live_" in key:
        raise ApiError(401, LIVE)
    prefix, _, account = key.partition("_test_")
    if prefix not in ("sk", "rk", "pk") or not account:
        raise ApiError(401, f"Invalid API Key provided: {_masked(key)}")
    return Caller(account, publishable=prefix == "pk")


def _masked(key: str) -> str:
    return key[:3] + "*" * max(0, len(key) - 7) + key[-4:] if len(key) > 7 else "*" * len(key)


def check_headers(headers: Mapping[str, str]) -> None:
    """Raises ApiError for another API version, a connected account, or a body that is no form.

    Releases of one major line are compatible by Stripe's promise; another line is another API and is refused.
    """
    if headers.get("content-type", "").startswith("application/json"):
        raise invalid("Invalid request (check that your POST content type is application/x-www-form-urlencoded).")
    line = "." + API_VERSION.partition(".")[2]
    if not headers.get("stripe-version", API_VERSION).endswith(line):
        raise invalid(f"Invalid Stripe API version: {headers['stripe-version']}. The sandbox speaks {API_VERSION}.")
    if "stripe-account" in headers:
        raise ApiError(403, "The sandbox knows no connected accounts.", code="account_invalid")
