"""What comes in and goes out, and the bracketed form encoding between: `metadata[order]=7&expand[]=customer`."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import parse_qsl

Object = dict[str, Any]
"""An API object, decoded. Never changed once stored: a new form of it is a new dict."""

Params = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request. Header names are lower case; `body` is a form, as Stripe's v1 API takes it."""

    method: str
    path: str
    query: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


Delivery = Literal["whole", "cut", "dropped"]


@dataclass(frozen=True, slots=True)
class Answer:
    """What to send back, and how much of it: a fault may cut the body or drop the connection."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    delivery: Delivery = "whole"


def decode_query(query: str) -> dict[str, str]:
    """A plain query or form, without brackets."""
    return dict(parse_qsl(query, keep_blank_values=True))


def read_params(request: Request) -> Params:
    """Query and form as one nested dict of strings and lists. A malformed name is kept as it is and refused later as unknown."""
    pairs = parse_qsl(request.query, keep_blank_values=True)
    if request.body:
        pairs += parse_qsl(request.body.decode("utf-8", "replace"), keep_blank_values=True)
    return decode_pairs(pairs)


def decode_pairs(pairs: list[tuple[str, str]]) -> Params:
    """`[("a[b]", "1"), ("c[]", "2")]` to `{"a": {"b": "1"}, "c": ["2"]}`."""
    root: Params = {}
    nested = False
    for name, value in pairs:
        if "[" not in name:
            root[name] = value
        else:
            nested = True
            _place(root, name, value)
    return {name: _lists(value) for name, value in root.items()} if nested else root


def _place(root: Params, name: str, value: str) -> None:
    head, _, rest = name.partition("[")
    steps = [head, *rest.removesuffix("]").split("][")]
    here = root
    for step in steps[:-1]:
        below = here.get(step)
        if not isinstance(below, dict):
            below = here[step] = {}
        here = below
    last = steps[-1] if steps[-1] else str(len(here))
    here[last] = value


def _lists(value: Any) -> Any:
    """A dict whose names are 0, 1, 2... is a list."""
    if not isinstance(value, dict):
        return value
    inner = {name: _lists(part) for name, part in value.items()}
    if inner and all(name.isdigit() for name in inner):
        return [inner[name] for name in sorted(inner, key=int)]
    return inner


def api_key(headers: Mapping[str, str]) -> str | None:
    """The key of `Authorization: Bearer KEY` or of Basic with the key as user name; None when there is none."""
    scheme, _, rest = headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return rest.strip() or None
    if scheme.lower() != "basic":
        return None
    try:
        user = base64.b64decode(rest.strip(), validate=True).decode().partition(":")[0]
    except (binascii.Error, UnicodeDecodeError):
        return None
    return user or None
