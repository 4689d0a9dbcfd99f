"""What was charged: under which agreement, whether it was on at that time, that nothing was sent after its end, what became of it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from .agreed import entries_of
from .chain import Entry, all_entries

SENT = {"sending", "needs_payer", "unknown", "pending", "paid", "failed", "returned"}
NOT_SENT = {"due", "withdrawn"}
TOLD = {"pending", "paid", "failed", "returned", "needs_payer"}
"""States that the journal names as they come about."""
SETTLED = {"paid", "failed", "returned"}
SAME_MOMENT = timedelta(minutes=1)
"""A charge's instant is read before its locks are taken: it may lie a breath before the change that allowed it."""
SEALED = ("ref", "reason", "minor", "trigger", "agreement", "method")


def charged_problems(document: dict[str, Any]) -> Iterator[str]:
    entries, versions = all_entries(document), {each["id"]: each for each in document["agreement"]}
    methods = {each["id"] for each in document["methods"]}
    for each in document["charges"]:
        yield from _complete(each, methods)
        yield from _outcome(each, entries)
        if each["state"] in SENT and each["sent_at"]:
            yield from _allowed(each, versions.get(each["agreement"]), document["agreement"], entries)
    charges = {each["id"]: each for each in document["charges"]}
    for each in document["refunds"]:
        yield from _refund(each, charges.get(each["charge"]), entries)


def was_paid(charge: dict[str, Any], entries: list[Entry]) -> bool:
    """Its money arrived, though a bank may have taken it back since."""
    return charge["state"] == "paid" or (
        charge["state"] == "returned" and bool(entries_of(entries, "charge", charge["id"], "charge paid"))
    )


def _complete(each: dict[str, Any], methods: set[int]) -> Iterator[str]:
    name, sent = f"charge {each['id']}", each["state"] in SENT
    if not sent and each["state"] not in NOT_SENT:
        yield f"{name}: there is no state {each['state']!r}"
    if sent and None in (each["minor"], each["sent_at"], each["method"], each["agreement"]):
        yield f"{name} was sent without amount, instant, payment method or agreement"
    elif sent and (each["minor"] <= 0 or each["minor"] != sum(part["minor"] or 0 for part in each["parts"])):
        yield f"{name}: what it took for each invoice does not add up to its amount"
    if each["method"] is not None and each["method"] not in methods:
        yield f"{name}: its payment method is not in the file"
    if (each["state"] in SETTLED) != bool(each["settled_at"]):
        yield f"{name}: its state and the instant it was settled contradict each other"


def _outcome(each: dict[str, Any], entries: list[Entry]) -> Iterator[str]:
    name, told = f"charge {each['id']}", _outcomes(each, entries)
    last = told[-1] if told else None
    if each["receipt"] != (f"R-{each['id']}" if was_paid(each, entries) else None):
        yield f"{name}: its receipt does not go with its state"
    if each["state"] not in TOLD:
        if last and last["action"].removeprefix("charge ") in SETTLED:
            yield f"{name} is said to be {each['state']}, but the journal's entry {last['id']} says {last['action']}"
        return
    if last is None or last["action"] != f"charge {each['state']}":
        yield f"{name} is said to be {each['state']}, but the journal does not say so"
        return
    if each["settled_at"] and each["settled_at"] != last["at"]:
        yield f"{name} was not settled when the journal's entry {last['id']} says"
    for key in SEALED:
        if last["data"].get(key, each[key]) != each[key]:
            yield f"{name}: its {key} is not what the journal's entry {last['id']} sealed"
    sent = last["data"].get("sent_at")
    if sent and datetime.fromisoformat(sent) != datetime.fromisoformat(each["sent_at"] or sent):
        yield f"{name} was not sent when the journal's entry {last['id']} says"


def _outcomes(each: dict[str, Any], entries: list[Entry]) -> list[Entry]:
    """What the journal says became of it; other entries, such as a receipt asked for again, say nothing of that."""
    return [entry for entry in entries_of(entries, "charge", each["id"]) if entry["action"].startswith("charge ")]


def _allowed(
    each: dict[str, Any], version: dict[str, Any] | None, agreement: list[dict[str, Any]], entries: list[Entry]
) -> Iterator[str]:
    name = f"charge {each['id']}"
    if version is None:
        yield f"{name} names an agreement that is not in the file"
        return
    if each["trigger"] == "pay_now":
        return  # the person pressed Pay Now: no agreement is needed
    if version["switch"] != "on":
        yield f"{name} names agreement version {version['version']}, in which autopay was not on"
    if datetime.fromisoformat(each["sent_at"]) < datetime.fromisoformat(version["at"]) - SAME_MOMENT:
        yield f"{name} was sent before agreement version {version['version']} was made"
    end = next((later for later in agreement if later["version"] > version["version"] and later["switch"] != "on"), None)
    if end and each["sent_at"] > end["at"] and not _was_on_its_way(each, end, entries):
        yield f"{name} was sent at {each['sent_at']}, after autopay had ended at {end['at']}"


def _was_on_its_way(each: dict[str, Any], end: dict[str, Any], entries: list[Entry]) -> bool:
    """Two machines' clocks may differ by a breath. Then the order of the locks decides, which the journal kept: the cancellation
    named the charge as already sent, or the charge's outcome was written down before it."""
    place = {entry["id"]: number for number, entry in enumerate(entries)}
    cancelled = next((entry for entry in entries if entry["id"] == end["entry"]), None)
    if cancelled is None:
        return False
    earlier = [e for e in _outcomes(each, entries) if place[e["id"]] < place[cancelled["id"]]]
    return bool(earlier) or each["id"] in cancelled["data"].get("on_its_way", [])


def _refund(each: dict[str, Any], charge: dict[str, Any] | None, entries: list[Entry]) -> Iterator[str]:
    name = f"refund {each['id']}"
    if charge is None or each["invoice"] not in {part["invoice"] for part in charge["parts"]}:
        yield f"{name} belongs to no charge of its invoice in the file"
    asked = entries_of(entries, "refund", each["id"], "refund asked")
    if [(e["at"], e["actor"], e["data"].get("minor")) for e in asked] != [(each["asked_at"], each["by"], each["minor"])]:
        yield f"{name} is not what the journal says was asked for"
    ends = entries_of(entries, "refund", each["id"], "refund done", "refund failed")
    told = [(e["action"], e["at"], e["data"].get("minor"), e["data"].get("charge", each["charge"])) for e in ends]
    ended = each["state"] in ("done", "failed")
    if told != ([(f"refund {each['state']}", each["done_at"], each["minor"], each["charge"])] if ended else []):
        yield f"{name} is said to be {each['state']}, but the journal does not say so"
