"""Faults on command: what may go wrong, which request it hits, and for how many.

A fault is a dict: id, action, times (None: from now on), skip, ms, seconds, retry_after (of a 429, if it shall name a wait), and its
scope: account, operation, customer, payment_method, metadata, event. A scope left out matches everything; `operation` may name several.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sandbox_processor.wire import Object

REQUEST_ACTIONS = {
    "lost_before": "the connection drops before anything happens",
    "lost_after": "it happens, then the connection drops: the answer is lost",
    "cut": "it happens, and half of the answer's body arrives",
    "error_before": "500 and nothing happened; stored under the key",
    "error_after": "it happens, but the answer is a 500; stored under the key",
    "rate_limited": "429, nothing happens, nothing stored",
    "conflict": "409 as if the key were in use",
    "unauthorized": "401, nothing happens, nothing stored",
    "unavailable": "503 without a JSON body, nothing happens",
    "slow": "it happens at once, the answer comes `ms` later",
    "late_effect": "it happens `ms` later",
    "wrong_amount": "it happens, but the answer echoes an amount one higher",
    "wrong_currency": "it happens, but the answer echoes another currency",
}
WEBHOOK_ACTIONS = {
    "webhook_lost": "the webhook is never sent",
    "webhook_twice": "the webhook is sent twice",
    "webhook_late": "the webhook is sent `seconds` later",
    "webhook_reordered": "the webhook is sent after the next one of its endpoint",
    "webhook_forged": "the webhook's signature is wrong",
}
DEFAULT_MS, DEFAULT_SECONDS = 1000, 60
SCOPES = ("account", "operation", "customer", "payment_method", "metadata", "event")


def fault_of(sent: Object, fault_id: str) -> Object:
    """A fault from what the control API was sent. Raises ValueError with what to do."""
    action = sent.get("action")
    if action not in REQUEST_ACTIONS and action not in WEBHOOK_ACTIONS:
        raise ValueError(f"action must be one of: {', '.join([*REQUEST_ACTIONS, *WEBHOOK_ACTIONS])}")
    fault: Object = {"id": fault_id, "action": action, "times": sent.get("times", 1)}
    for name, default in (("skip", 0), ("ms", DEFAULT_MS), ("seconds", DEFAULT_SECONDS)):
        fault[name] = sent.get(name, default)
        if type(fault[name]) is not int or fault[name] < 0:
            raise ValueError(f"{name} must be a whole number, 0 or more")
    if fault["times"] is not None and (type(fault["times"]) is not int or fault["times"] < 1):
        raise ValueError("times must be a whole number above 0, or null for all from now on")
    if "retry_after" in sent:
        fault["retry_after"] = _wait(sent["retry_after"], sent["action"])
    unknown = set(sent) - {*SCOPES, "action", "times", "skip", "ms", "seconds", "retry_after"}
    if unknown:
        raise ValueError(f"unknown: {', '.join(sorted(unknown))}. A fault's scope is any of: {', '.join(SCOPES)}")
    if not isinstance(sent.get("metadata", {}), dict):
        raise ValueError("metadata must be an object of name to value")
    return fault | {name: sent[name] for name in SCOPES if sent.get(name) is not None}


def _wait(given: Any, action: str) -> str:
    """The text of the header Retry-After."""
    if action != "rate_limited":
        raise ValueError("retry_after belongs to the action rate_limited")
    if type(given) is int and given >= 0:
        return str(given)
    if isinstance(given, str) and given and given.isascii() and given.isprintable():
        return given
    raise ValueError("retry_after must be a whole number of seconds, 0 or more, or another text for the header, such as a date")


def choose(faults: Iterable[Object], operation: str, facts: Object) -> Object | None:
    """The first request fault whose scope the request is in."""
    return next((fault for fault in faults if _matches(fault, operation, facts)), None)


def _matches(fault: Object, operation: str, facts: Object) -> bool:
    if fault["action"] not in REQUEST_ACTIONS:
        return False
    if "operation" in fault and operation not in _several(fault["operation"]):
        return False
    if any(name in fault and fault[name] != facts.get(name) for name in ("account", "customer", "payment_method")):
        return False
    return _has_metadata(fault, facts.get("metadata"))


def _several(named: str | list[str]) -> list[str]:
    return [named] if isinstance(named, str) else named


def matches_webhook(fault: Object, account: str, event: Object) -> bool:
    if fault["action"] not in WEBHOOK_ACTIONS:
        return False
    if fault.get("account", account) != account or fault.get("event", event["type"]) != event["type"]:
        return False
    value = event["data"]["object"]
    if any(name in fault and fault[name] != value.get(name) for name in ("customer", "payment_method")):
        return False
    return _has_metadata(fault, value.get("metadata"))


def _has_metadata(fault: Object, metadata: Any) -> bool:
    wanted = fault.get("metadata")
    if not wanted:
        return True
    return isinstance(metadata, dict) and all(metadata.get(name) == value for name, value in wanted.items())
