"""What each operation accepts. A spec is a dict of name to check; a check turns what was sent into a value or refuses it.

An empty string means "unset": allowed for what `clearable` wraps, refused elsewhere, as Stripe does.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sandbox_processor.errors import invalid, missing
from sandbox_processor.wire import Params

Check = Callable[[Any, str], Any]
"""(what was sent, its name as Stripe writes it: `card[number]`) to the value, or ApiError."""

Spec = Mapping[str, Check]


def read(spec: Spec, sent: Params, required: tuple[str, ...] = (), within: str = "") -> Params:
    """The checked values of what was sent. Raises ApiError 400: unknown, missing or wrong."""
    unknown = [_name(within, name) for name in sent if name not in spec]
    if unknown:
        plural = "s" if len(unknown) > 1 else ""
        raise invalid(f"Received unknown parameter{plural}: {', '.join(unknown)}", unknown[0], "parameter_unknown")
    for name in required:
        if name not in sent:
            raise missing(_name(within, name))
    return {name: spec[name](value, _name(within, name)) for name, value in sent.items()}


def _name(within: str, name: str) -> str:
    return f"{within}[{name}]" if within else name


def text(longest: int = 5000) -> Check:
    def check(value: Any, param: str) -> str:
        if not isinstance(value, str):
            raise invalid(f"Invalid string: {value}", param)
        _check_not_empty(value, param)
        if len(value) > longest:
            raise invalid(f"Invalid string: {value[:20]}...; must be at most {longest} characters", param)
        return value

    return check


def _check_not_empty(value: Any, param: str) -> None:
    if value == "":
        raise invalid(
            f"You passed an empty string for '{param}'. We assume empty values are an attempt to unset a parameter; however "
            f"'{param}' cannot be unset. You should remove '{param}' from your request or supply a non-empty value.",
            param,
            "parameter_invalid_empty",
        )


def email(value: Any, param: str) -> str:
    address: str = text(512)(value, param)
    name, at, host = address.rpartition("@")
    if not (name and at and host) or any(sign.isspace() for sign in address):
        raise invalid(f"Invalid email address: {address}", param, "email_invalid")
    return address


def integer(least: int | None = None, most: int | None = None) -> Check:
    def check(value: Any, param: str) -> int:
        _check_not_empty(value, param)
        if not isinstance(value, str) or not value.removeprefix("-").isascii() or not value.removeprefix("-").isdigit():
            raise invalid(f"Invalid integer: {value}", param, "parameter_invalid_integer")
        number = int(value)
        if least is not None and number < least:
            raise invalid(f"This value must be greater than or equal to {least}.", param, "parameter_invalid_integer")
        if most is not None and number > most:
            raise invalid(f"This value must be less than or equal to {most}.", param, "parameter_invalid_integer")
        return number

    return check


def boolean(value: Any, param: str) -> bool:
    _check_not_empty(value, param)
    if value not in ("true", "false", "True", "False"):
        raise invalid(f"Invalid boolean: {value}", param)
    return bool(value.lower() == "true")


def choice(*names: str) -> Check:
    def check(value: Any, param: str) -> str:
        _check_not_empty(value, param)
        if value not in names:
            raise invalid(f"Invalid {param}: must be one of {_enumerate(names)}", param)
        return str(value)

    return check


def _enumerate(names: tuple[str, ...]) -> str:
    if len(names) < 3:
        return " or ".join(names)
    return ", ".join(names[:-1]) + ", or " + names[-1]


def either(first: Check, *names: str) -> Check:
    """The first check, or one of the names literally: `off_session` is a boolean or `recurring`."""
    return lambda value, param: value if value in names else first(value, param)


def clearable(check: Check) -> Check:
    """An empty string unsets: the value becomes None."""
    return lambda value, param: None if value == "" else check(value, param)


def group(spec: Spec, *required: str) -> Check:
    def check(value: Any, param: str) -> Params:
        _check_not_empty(value, param)
        if not isinstance(value, dict):
            raise invalid("Invalid object", param)
        return read(spec, value, required, param)

    return check


def list_of(check: Check) -> Check:
    def check_all(value: Any, param: str) -> list[Any]:
        _check_not_empty(value, param)
        if not isinstance(value, list):
            raise invalid("Invalid array", param)
        return [check(part, f"{param}[{place}]") for place, part in enumerate(value)]

    return check_all


def anything(value: Any, _param: str) -> Any:
    return value


def metadata(value: Any, param: str) -> dict[str, str] | None:
    """Up to 50 keys of 40 characters with values of 500. None (sent as "") clears all; a value "" removes its key."""
    if value == "":
        return None
    if not isinstance(value, dict):
        raise invalid("Invalid object", param)
    if len(value) > 50:
        raise invalid(f"You can have up to 50 metadata keys, but you passed in {len(value)}.", param)
    for key, part in value.items():
        _metadata_pair(key, part, param)
    return value


def _metadata_pair(key: str, part: Any, param: str) -> None:
    if not isinstance(part, str):
        raise invalid(f"Invalid metadata value for {key}: it must be a string.", f"{param}[{key}]")
    if len(key) > 40:
        raise invalid(
            f"Metadata keys can have up to 40 characters, but you passed in a key that is {len(key)} characters. "
            f"Invalid key: {key}",
            param,
        )
    if len(part) > 500:
        raise invalid(
            f"Metadata values can have up to 500 characters, but you passed in a value that is {len(part)} characters. "
            f"Invalid value: {part}",
            f"{param}[{key}]",
        )


def merge_metadata(now: dict[str, str], sent: dict[str, str] | None) -> dict[str, str]:
    """Stripe's merge: keys sent replace, keys sent empty go, the rest stays; None empties."""
    if sent is None:
        return {}
    merged = {**now, **sent}
    return {key: value for key, value in merged.items() if value != ""}


CURRENCIES = ("usd", "cad", "eur", "gbp", "jpy", "aud", "mxn", "chf", "sek", "nzd")


def currency(value: Any, param: str) -> str:
    _check_not_empty(value, param)
    name = str(value).lower()
    if name not in CURRENCIES:
        raise invalid(f"Invalid currency: {name}. The sandbox supports these currencies: {', '.join(CURRENCIES)}", param)
    return name


ADDRESS: Spec = {name: clearable(text()) for name in ("city", "country", "line1", "line2", "postal_code", "state")}
BILLING_DETAILS: Spec = {
    "address": clearable(group(ADDRESS)),
    "email": clearable(email),
    "name": clearable(text()),
    "phone": clearable(text()),
    "tax_id": text(),
}
SHIPPING: Spec = {
    "address": group(ADDRESS),
    "carrier": text(),
    "name": text(),
    "phone": text(),
    "tracking_number": text(),
}
MANDATE_DATA: Spec = {
    "customer_acceptance": group(
        {
            "accepted_at": integer(),
            "offline": group({}),
            "online": group({"ip_address": text(), "user_agent": text()}),
            "type": choice("online", "offline"),
        },
        "type",
    )
}


def created(value: Any, param: str) -> Any:
    """An instant in seconds, or a range of them: `created[gte]`."""
    if isinstance(value, dict):
        return group({name: integer() for name in ("gt", "gte", "lt", "lte")})(value, param)
    return integer()(value, param)


EXPAND: Spec = {"expand": list_of(text())}
PAGE: Spec = {**EXPAND, "limit": integer(1, 100), "starting_after": text(), "ending_before": text()}
