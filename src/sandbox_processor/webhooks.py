"""Webhooks: what is to be delivered of an event, and how it is signed (docs.stripe.com/webhooks, Stripe-Signature v1)."""

from __future__ import annotations

import hashlib
import hmac
import json
from typing import NamedTuple

from sandbox_processor.book import Event, Put, Struck
from sandbox_processor.faults import WEBHOOK_ACTIONS, matches_webhook
from sandbox_processor.identifiers import Identifiers
from sandbox_processor.state import State
from sandbox_processor.wire import Object

RETRY_AFTER = (5, 60, 300, 3_600, 10_800, 21_600, 43_200)
"""Seconds between one attempt and the next; after the last the delivery is given up."""

HOLD = 60
"""A reordered delivery waits until a later one of its endpoint went out, but no longer than this."""


class Message(NamedTuple):
    """One delivery, ready to be posted."""

    delivery: str
    url: str
    headers: dict[str, str]
    body: bytes


def deliveries_for(state: State, account: str, event: Object, ids: Identifiers) -> list[Event]:
    """A waiting delivery for each endpoint that listens, bent by the first webhook fault that matches."""
    made: list[Event] = []
    for row in state.account(account).table("webhook_endpoint").newest_first():
        endpoint = row.object
        if endpoint["status"] != "enabled" or not _listens(endpoint["enabled_events"], event["type"]):
            continue
        fault = next((fault for fault in state.faults.values() if matches_webhook(fault, account, event)), None)
        if fault is not None:
            made.append(Struck(fault["id"]))
        made += [
            Put(account, "delivery", _delivery(ids.new("del_"), endpoint["id"], event, how), {})
            for how in _bend(fault if fault and not fault["skip"] else None)
        ]
    return made


def _listens(enabled: list[str], kind: str) -> bool:
    return "*" in enabled or kind in enabled


def _bend(fault: Object | None) -> list[Object]:
    action = fault["action"] if fault else "none"
    assert action in (*WEBHOOK_ACTIONS, "none")
    if fault is None or action == "none":
        return [{}]
    if action == "webhook_lost":
        return [{"state": "lost"}]
    if action == "webhook_twice":
        return [{}, {}]
    if action == "webhook_late":
        return [{"late": fault["seconds"]}]
    if action == "webhook_reordered":
        return [{"held": True}]
    return [{"forged": True}]


def _delivery(delivery_id: str, endpoint: str, event: Object, how: Object) -> Object:
    return {
        "id": delivery_id,
        "endpoint": endpoint,
        "event": event["id"],
        "type": event["type"],
        "attempts": 0,
        "next": event["created"] + how.get("late", 0),
        "held": how.get("held", False),
        "forged": how.get("forged", False),
        "state": how.get("state", "waiting"),
    }


def ready(state: State, now: int) -> list[tuple[str, Object]]:
    """(account, delivery) of all that may be posted now, oldest first."""
    out: list[tuple[str, Object]] = []
    for delivery_id, account in state.waiting.items():
        delivery = state.account(account).table("delivery").rows[delivery_id].object
        if delivery["next"] <= now and not (delivery["held"] and _holds(state, account, delivery, now)):
            out.append((account, delivery))
    return out


def _holds(state: State, account: str, held: Object, now: int) -> bool:
    if now >= held["next"] + HOLD:
        return False
    for row in state.account(account).table("delivery").newest_first():
        if row.object["id"] == held["id"]:
            return True
        if row.object["endpoint"] == held["endpoint"] and row.object["attempts"]:
            return False
    return True


def compose(state: State, account: str, delivery: Object, now: int) -> Message | None:
    """The signed message of a delivery; None when its endpoint is gone."""
    holdings = state.account(account)
    endpoint = holdings.table("webhook_endpoint").rows.get(delivery["endpoint"])
    if endpoint is None:
        return None
    event = holdings.table("event").rows[delivery["event"]].object
    body = json.dumps(event, indent=2).encode()
    secret = endpoint.private["secret"] if not delivery["forged"] else "whsec_forged"
    headers = {
        "Content-Type": "application/json; charset=utf-8",
        "User-Agent": "Sandbox/1.0",
        "Stripe-Signature": sign(body, secret, now),
    }
    return Message(delivery["id"], endpoint.object["url"], headers, body)


def sign(body: bytes, secret: str, at: int) -> str:
    """`t=...,v1=...`: HMAC-SHA256 of "time.body" under the endpoint's secret."""
    digest = hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={at},v1={digest}"


def after_attempt(delivery: Object, now: int, *, accepted: bool) -> Object:
    """The delivery after one attempt: delivered, waiting for the next try, or given up."""
    tried = {**delivery, "attempts": delivery["attempts"] + 1}
    if accepted:
        return {**tried, "state": "delivered"}
    if tried["attempts"] > len(RETRY_AFTER):
        return {**tried, "state": "given up"}
    return {**tried, "next": now + RETRY_AFTER[tried["attempts"] - 1]}
