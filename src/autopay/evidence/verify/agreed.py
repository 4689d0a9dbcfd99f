"""What was agreed: every version of the agreement and every consent is what the journal says, and the journal names no other."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any

from .chain import Entry, all_entries
from .shape import canonical

RECORD = (
    "sha256",
    "terms",
    "language",
    "version",
    "signed_by",
    "channel",
    "artefact",
    "ip",
    "user_agent",
    "range_minor",
    "at",
    "kind",
    "brand",
    "last4",
)
"""The facts of a consent under one digest, which its journal entry carries."""


def agreed_problems(document: dict[str, Any]) -> Iterator[str]:
    entries = all_entries(document)
    yield from _belong(document, entries)
    yield from _versions(document, {each["id"]: each for each in entries})
    yield from _consents(document, entries)


def entries_of(entries: list[Entry], table: str, row: int, *actions: str) -> list[Entry]:
    """About this row, in order; with `actions` only those."""
    mine = [each for each in entries if (each["object"], each["object_id"]) == (table, row)]
    return [each for each in mine if not actions or each["action"] in actions]


def actors(document: dict[str, Any], entries: list[Entry]) -> set[str]:
    """Everybody who did something in this file."""
    did = [each["by"] for name in ("agreement", "charges", "refunds") for each in document[name]]
    return {*did, *(each["actor"] for each in entries)}


def _belong(document: dict[str, Any], entries: list[Entry]) -> Iterator[str]:
    """Nothing in the journal is about a thing that the file does not show."""
    lists = {"payer": [document["account"]], "consent": document["consents"], "invoice": document["invoices"]}
    lists |= {"charge": document["charges"], "refund": document["refunds"]}
    known = {table: {each["id"] for each in rows} for table, rows in lists.items()}
    for each in entries:
        if each["object_id"] not in known.get(each["object"], set()):
            yield f"the journal's entry {each['id']} ({each['action']}) is about {each['object']} {each['object_id']}, which is not in the file"
    if set(document["actors"]) != actors(document, entries):
        yield "those who are explained in the file are not those who did something in it"


def _versions(document: dict[str, Any], entries: dict[int, Entry]) -> Iterator[str]:
    before: dict[str, Any] = {"version": 0, "switch": None, "at": ""}
    for each in document["agreement"]:
        name = f"agreement version {each['version']}"
        if each["version"] != before["version"] + 1 or each["at"] < before["at"]:
            yield f"{name} does not follow the one before it"
        ends = before["switch"] == "on" and each["switch"] == "off"
        if each["reference"] != (f"C-{each['entry']}" if ends else None):
            yield f"{name}: its reference is not that of {'a' if ends else 'no'} cancellation"
        yield from _version(name, each, before, entries.get(each["entry"]) if each["entry"] else None)
        before = each
    turns = {each["id"] for each in entries.values() if each["action"].startswith("auto-pay ")}
    for missing in sorted(turns - {each["entry"] for each in document["agreement"]}):
        yield f"the journal's entry {missing} changed the agreement, but no version of it is in the file"


def _version(name: str, each: dict[str, Any], before: dict[str, Any], entry: Entry | None) -> Iterator[str]:
    if each["version"] == 1 and each["entry"] is None:
        return  # as the account was made: nothing was agreed to
    if entry is None:
        yield f"{name}: the journal does not say that it was made"
        return
    data = entry["data"]
    said = (f"auto-pay {each['switch']}", each["at"], each["by"], before["switch"])
    if said != (entry["action"], entry["at"], entry["actor"], data.get("was")):
        yield f"{name} is not what the journal's entry {entry['id']} says"
    if (data.get("version", each["version"]), data.get("cap_minor", each["cap_minor"])) != (each["version"], each["cap_minor"]):
        yield f"{name}: number or limit are not what the journal's entry {entry['id']} says"


def _consents(document: dict[str, Any], entries: list[Entry]) -> Iterator[str]:
    for each in document["consents"]:
        name, found = f"consent {each['id']}", entries_of(entries, "consent", each["id"], "consent recorded")
        if len(found) != 1:
            yield f"{name}: the journal says {len(found)} times that it was recorded"
            continue
        entry, data = found[0], found[0]["data"]
        same = {key: data.get(key, each[key]) for key in ("method", "channel", "kind", "brand", "last4")}
        if (entry["at"], entry["actor"]) != (each["at"], each["by"]) or any(each[key] != value for key, value in same.items()):
            yield f"{name} is not what the journal's entry {entry['id']} says"
        record = hashlib.sha256(canonical({key: each[key] for key in RECORD})).hexdigest()
        if data.get("record", record) != record:
            yield f"{name}: text, person, place or method are not those the journal's entry {entry['id']} sealed"
        if each["method"] not in {method["id"] for method in document["methods"]}:
            yield f"{name}: its payment method is not in the file"
        yield from _end(name, each, document, entries_of(entries, "consent", each["id"], "consent ended"))


def _end(name: str, each: dict[str, Any], document: dict[str, Any], ends: list[Entry]) -> Iterator[str]:
    end = (each["ended_at"], each["ended_by"], each["ended_why"])
    if end[2] == "replaced":
        after = [
            (c["at"], c["by"], "replaced") for c in document["consents"] if c["method"] == each["method"] and c["id"] > each["id"]
        ]
        if after[:1] != [end]:
            yield f"{name} is said to be replaced, but not by the next consent for its method"
    elif [end] != [(e["at"], e["actor"], e["data"].get("why")) for e in ends] and (end != (None, None, None) or ends):
        yield f"{name}: its end is not what the journal says"
