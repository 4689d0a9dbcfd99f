"""Search (docs.stripe.com/search): customers, payment intents and charges by a query.

What is younger than the setting `search_lag` (seconds, 0 unless told) is not found yet, as Stripe's index lags behind.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from sandbox_processor.errors import ApiError, invalid
from sandbox_processor.parameters import EXPAND, Spec, integer, text
from sandbox_processor.present import present
from sandbox_processor.wire import Object, Params
from sandbox_processor.work import Work

SEARCH: Spec = {**EXPAND, "limit": integer(1, 100), "page": text(), "query": text()}

FIELDS = {
    "customer": ("created", "email", "metadata", "name", "phone"),
    "payment_intent": ("amount", "created", "currency", "customer", "metadata", "status"),
    "charge": (
        "amount",
        "created",
        "currency",
        "customer",
        "disputed",
        "metadata",
        "payment_method_details.card.brand",
        "payment_method_details.card.exp_month",
        "payment_method_details.card.exp_year",
        "payment_method_details.card.fingerprint",
        "payment_method_details.card.last4",
        "refunded",
        "status",
    ),
}

Clause = Callable[[Object], bool]

_CLAUSE = re.compile(
    r"""\s*(?P<not>-)?(?P<field>[\w.]+)(?:\[(?P<q>["'])(?P<key>.*?)(?P=q)\])?"""
    r"""\s*(?P<op>:|~|>=|<=|>|<)\s*(?:"(?P<text>(?:[^"\\]|\\.)*)"|'(?P<single>(?:[^'\\]|\\.)*)'|(?P<bare>[\w.-]+))\s*"""
)
_JOINT = re.compile(r"(AND|OR)\b|(?=\S)", re.IGNORECASE)


def customers(work: Work, params: Params) -> Object:
    return _found(work, "customer", "/v1/customers/search", params)


def payment_intents(work: Work, params: Params) -> Object:
    return _found(work, "payment_intent", "/v1/payment_intents/search", params)


def charges(work: Work, params: Params) -> Object:
    return _found(work, "charge", "/v1/charges/search", params)


def _found(work: Work, kind: str, url: str, params: Params) -> Object:
    wanted = query(kind, params["query"])
    known_by = work.now - work.state.settings.get("search_lag", 0)
    rows = (row for row in work.rows(kind) if "deleted" not in row.object and row.object["created"] <= known_by)
    found = [present(row, work.now) for row in rows if wanted(row.object)]
    limit, start = params.get("limit", 10), _start(params.get("page"))
    more = len(found) > start + limit
    return {
        "object": "search_result",
        "data": found[start : start + limit],
        "has_more": more,
        "next_page": str(start + limit) if more else None,
        "url": url,
    }


def _start(page: str | None) -> int:
    if page is not None and not (page.isascii() and page.isdigit()):
        raise invalid(f"Invalid page: {page}. Send the `next_page` of the page before.", "page")
    return int(page or 0)


def query(kind: str, said: str) -> Clause:
    """The test a query stands for. Raises ApiError 400 for what it cannot mean."""
    clauses: list[Clause] = []
    joints: set[str] = set()
    place = 0
    while place < len(said):
        if clauses:
            joint = _JOINT.match(said, place)
            joints.add((joint[1] or "AND").upper() if joint else "AND")
            place = joint.end() if joint else place
        found = _CLAUSE.match(said, place)
        if found is None:
            raise _not_understood(said)
        clauses.append(_clause(kind, found))
        place = found.end()
    if not clauses or len(joints) > 1:
        raise _not_understood(said)
    every = any if joints == {"OR"} else all
    return lambda value: every(clause(value) for clause in clauses)


def _not_understood(said: str) -> ApiError:
    return invalid(
        f'We were unable to parse your search query: {said}. Try `metadata["key"]:"value"`, joined by AND or by OR.', "query"
    )


def _clause(kind: str, found: re.Match[str]) -> Clause:
    field, key, operator = found["field"], found["key"], found["op"]
    if field not in FIELDS[kind]:
        names = ", ".join(FIELDS[kind])
        raise invalid(f"Field `{field}` is an unsupported search field for resource `{kind}s`. Supported: {names}.", "query")
    wanted = next(part for part in (found["text"], found["single"], found["bare"]) if part is not None)
    unset = operator == ":" and found["bare"] in ("null", "NULL")

    def matches(value: Object) -> bool:
        held = _held(value, field, key)
        hit = held is None if unset else held is not None and _compare(held, operator, wanted)
        return hit != bool(found["not"])

    return matches


def _held(value: Object, field: str, key: str | None) -> Any:
    held: Any = value
    for name in field.split("."):
        held = held.get(name) if isinstance(held, dict) else None
    return held.get(key) if key is not None and isinstance(held, dict) else held


def _compare(held: Any, operator: str, wanted: str) -> bool:
    """Text without regard to case; numbers as numbers."""
    if operator in (":", "~"):
        have, want = str(held).lower(), wanted.lower()
        return have == want if operator == ":" else want in have
    try:
        have_number, want_number = int(held), int(wanted)
    except ValueError as problem:
        raise invalid(f"`{operator}` compares numbers, but {wanted} is none.", "query") from problem
    return {
        ">": have_number > want_number,
        "<": have_number < want_number,
        ">=": have_number >= want_number,
        "<=": have_number <= want_number,
    }[operator]
