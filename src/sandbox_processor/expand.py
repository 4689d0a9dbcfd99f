"""`expand[]`: which fields of which object can be turned from an id into the object, and doing so (up to four deep)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from sandbox_processor.errors import invalid
from sandbox_processor.present import empty_list, present
from sandbox_processor.wire import Object

if TYPE_CHECKING:
    from sandbox_processor.routes import Operation
    from sandbox_processor.work import Work

NOTHING = "nothing"
"""A field Stripe can expand and the sandbox always leaves null (Connect, reviews, transfers)."""

EXPANDABLE: dict[str, dict[str, str]] = {
    "customer": {
        "invoice_settings.default_payment_method": "payment_method",
        "default_source": NOTHING,
        "test_clock": NOTHING,
        "sources": "list",
        "subscriptions": "list",
        "tax_ids": "list",
    },
    "payment_method": {"customer": "customer"},
    "payment_intent": {
        "customer": "customer",
        "payment_method": "payment_method",
        "latest_charge": "charge",
        "application": NOTHING,
        "on_behalf_of": NOTHING,
        "review": NOTHING,
    },
    "setup_intent": {
        "customer": "customer",
        "payment_method": "payment_method",
        "mandate": "mandate",
        "latest_attempt": "setup_attempt",
        "single_use_mandate": "mandate",
        "application": NOTHING,
        "on_behalf_of": NOTHING,
    },
    "setup_attempt": {"customer": "customer", "payment_method": "payment_method", "setup_intent": "setup_intent"},
    "charge": {
        "balance_transaction": "balance_transaction",
        "customer": "customer",
        "failure_balance_transaction": "balance_transaction",
        "payment_intent": "payment_intent",
        "refunds": "refund_list",
        "application": NOTHING,
        "application_fee": NOTHING,
        "on_behalf_of": NOTHING,
        "review": NOTHING,
        "source_transfer": NOTHING,
        "transfer": NOTHING,
    },
    "refund": {
        "balance_transaction": "balance_transaction",
        "charge": "charge",
        "failure_balance_transaction": "balance_transaction",
        "payment_intent": "payment_intent",
        "source_transfer_reversal": NOTHING,
        "transfer_reversal": NOTHING,
    },
    "dispute": {"charge": "charge", "payment_intent": "payment_intent"},
    "balance_transaction": {"source": "source"},
    "payout": {
        "balance_transaction": "balance_transaction",
        "failure_balance_transaction": "balance_transaction",
        "original_payout": "payout",
        "destination": NOTHING,
    },
    "mandate": {"payment_method": "payment_method"},
}
SOURCES = {"ch": "charge", "py": "charge", "re": "refund", "pyr": "refund", "po": "payout", "du": "dispute"}


def check_expand(operation: Operation, paths: Sequence[str]) -> None:
    """Refuse, before anything happens, a path that cannot be expanded."""
    for path in paths:
        parts = path.split(".")
        if operation.lists and parts.pop(0) != "data":
            raise _cannot(path)
        if len(parts) > 4:
            raise invalid(f"You cannot expand more than 4 levels of a property ({path}).", "expand")
        _walk(operation.returns, parts, path)


def _walk(kind: str, parts: list[str], path: str) -> None:
    while parts:
        fields = EXPANDABLE.get(kind, {})
        name = parts.pop(0)
        if name not in fields and parts and f"{name}.{parts[0]}" in fields:
            name = f"{name}.{parts.pop(0)}"
        if name not in fields:
            raise _cannot(path)
        kind = fields[name]
        if kind in ("source", "list", "refund_list", NOTHING):
            return


def _cannot(path: str) -> Exception:
    return invalid(f"This property cannot be expanded ({path}).", "expand")


def expand(work: Work, value: Object, paths: Sequence[str]) -> Object:
    for path in paths:
        value = _expanded(work, value, path.split("."))
    return value


def _expanded(work: Work, value: Object, parts: list[str]) -> Object:
    name, rest = parts[0], parts[1:]
    if name == "data":
        return {**value, "data": [_expanded(work, item, rest) for item in value["data"]]}
    kind = EXPANDABLE.get(value.get("object", ""), {}).get(name)
    if kind == "refund_list":
        return {**value, name: _refunds_of(work, value)}
    if kind == "list":
        return {**value, name: empty_list(f"/v1/customers/{value['id']}/{name}")}
    inner = value.get(name)
    if isinstance(inner, str) and kind != NOTHING:
        inner = _fetch(work, kind, inner)
    if rest and isinstance(inner, dict):
        inner = _expanded(work, inner, rest) if "object" in inner else _expanded_group(work, inner, rest)
    return {**value, name: inner}


def _expanded_group(work: Work, group: Object, parts: list[str]) -> Object:
    """Within a plain group such as `invoice_settings`."""
    inner: Any = group.get(parts[0])
    if isinstance(inner, str):
        inner = _fetch(work, "payment_method", inner)
    if parts[1:] and isinstance(inner, dict):
        inner = _expanded(work, inner, parts[1:])
    return {**group, parts[0]: inner}


def _fetch(work: Work, kind: str | None, object_id: str) -> Any:
    if kind == "source":
        kind = SOURCES.get(object_id.partition("_")[0])
    row = work.row(kind, object_id) if kind else None
    return present(row, work.now) if row else object_id


def _refunds_of(work: Work, charge: Object) -> Object:
    found = [present(row, work.now) for row in work.rows("refund", "charge", charge["id"])]
    return empty_list(f"/v1/charges/{charge['id']}/refunds") | {"data": found[:10], "has_more": len(found) > 10}
