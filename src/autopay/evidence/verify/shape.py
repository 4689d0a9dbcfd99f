"""The file as a whole: its own digest, every field there and of its kind, lists complete and in order, local times true."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

FORMAT = "autopay evidence 1"
PROVES = (
    "Every text is the one whose hash is given. Every sealed entry of the journal follows from the one before it, within each run. "
    "Agreements, consents, charges and refunds are those the sealed entries name, and the sums add up."
)
DOES_NOT_PROVE = (
    "The journal also holds entries of others. They are not in this file, so a run is not tied to the next one here. Whoever holds "
    "nothing but this file cannot know whether all of it was made up at once. The biller's journal, or a file made at another time, "
    "has the same hash at the same number, or one of the two was changed."
)

SPEC: dict[str, Any] = {
    "format": "text",
    "proves": "text",
    "does_not_prove": "text",
    "made": {"at": "instant", "at_local": "text", "by": "text"},
    "biller": {"uid": "text", "name": "text", "phone": "text", "email": "text", "zone": "text", "currency": "text"},
    "account": {"id": "int", "uid": "text", "name": "text", "number": "text"},
    "actors": {},
    "counts": {},
    "agreement": [
        {"id": "int", "version": "int", "switch": "text", "cap_minor": "int?", "at": "instant", "at_local": "text", "by": "text",
         "entry": "int?", "reference": "text?"}
    ],
    "consents": [
        {"id": "int", "method": "int", "text": "text", "sha256": "hash", "terms": "text", "language": "text", "version": "int",
         "signed_by": "text", "channel": "text", "artefact": "text", "ip": "text?", "user_agent": "text", "range_minor": "int?",
         "at": "instant", "at_local": "text", "by": "text?", "kind": "text", "brand": "text", "last4": "text",
         "ended_at": "instant?", "ended_at_local": "text?", "ended_by": "text?", "ended_why": "text?"}
    ],
    "methods": [
        {"id": "int", "kind": "text", "brand": "text", "last4": "text", "hold_minor": "int?", "hold_placed_at": "instant?",
         "hold_placed_at_local": "text?", "hold_released_at": "instant?", "hold_released_at_local": "text?"}
    ],
    "invoices": [
        {"id": "int", "number": "int", "issued_on": "day", "due_on": "day", "total": "int", "captured": "int", "returned": "int",
         "refunded": "int", "elsewhere": "int", "voided_at": "instant?", "voided_at_local": "text?", "why": "text",
         "why_until": "day?", "approved_minor": "int?"}
    ],
    "charges": [
        {"id": "int", "receipt": "text?", "trigger": "text", "state": "text", "reason": "text", "period": "day?", "minor": "int?",
         "currency": "text", "method": "int?", "agreement": "int?", "by": "text", "created_at": "instant", "created_at_local": "text",
         "sent_at": "instant?", "sent_at_local": "text?", "settled_at": "instant?", "settled_at_local": "text?", "ref": "text",
         "parts": [{"invoice": "int", "minor": "int?"}]}
    ],
    "refunds": [
        {"id": "int", "charge": "int", "invoice": "int", "minor": "int", "state": "text", "reason": "text", "by": "text",
         "asked_at": "instant?", "asked_at_local": "text?", "done_at": "instant?", "done_at_local": "text?"}
    ],
    "elsewhere": [{"invoice": "int", "minor": "int", "how": "text", "received_on": "day"}],
    "totals": {"currency": "text", "charged": "int", "on_its_way": "int", "returned": "int", "refunded": "int", "kept": "int"},
    "journal": {
        "head": {"seq": "int", "hash": "hash"},
        "runs": [{"before": "hash", "entries": [
            {"seq": "int", "id": "int", "at": "instant", "actor": "text", "action": "text", "object": "text", "object_id": "int",
             "data": "any", "hash": "hash"}
        ]}],
        "not_sealed_yet": [
            {"id": "int", "at": "instant", "actor": "text", "action": "text", "object": "text", "object_id": "int", "data": "any"}
        ],
    },
    "sha256": "hash",
}  # fmt: skip
IN_ORDER = {"agreement": "version", "consents": "id", "methods": "id", "invoices": "number", "charges": "id", "refunds": "id"}
HASH = re.compile(r"[0-9a-f]{64}")


def shape_problems(document: Any) -> Iterator[str]:
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        yield f"this is not a file of the format {FORMAT!r}"
    elif (document.get("proves"), document.get("does_not_prove")) != (PROVES, DOES_NOT_PROVE):
        yield "the words on what this file proves were changed"
    elif digest(document) != document.get("sha256"):
        yield "the file's own digest (sha256) is not that of its content"
    else:
        yield from _differs(document, SPEC, "the file")
        yield from _lists(document)
        yield from _local_times(document, document)


def digest(document: dict[str, Any]) -> str:
    """SHA-256 of everything but the digest itself: names sorted, no spaces, UTF-8. Line breaks of the file do not matter."""
    return hashlib.sha256(canonical({name: value for name, value in document.items() if name != "sha256"})).hexdigest()


def canonical(value: Any) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode("utf-8", "surrogatepass")


def counts(document: dict[str, Any]) -> dict[str, int]:
    """How long each list is: what is missing shows."""
    journal = document["journal"]
    sealed = sum(len(run["entries"]) for run in journal["runs"])
    lists = {name: len(value) for name, value in document.items() if isinstance(value, list)}
    return lists | {"sealed_entries": sealed, "entries_not_sealed_yet": len(journal["not_sealed_yet"])}


def local(at: str, zone: str) -> str:
    return datetime.fromisoformat(at).astimezone(ZoneInfo(zone)).isoformat()


def _differs(value: Any, spec: Any, where: str) -> Iterator[str]:
    if isinstance(spec, dict):
        if not isinstance(value, dict) or (spec and value.keys() != spec.keys()):
            yield f"{where} has not the fields it should have"
            return
        for name, inner in spec.items():
            yield from _differs(value[name], inner, f"{name} of {where}")
    elif isinstance(spec, list):
        if not isinstance(value, list):
            yield f"{where} is no list"
            return
        for number, each in enumerate(value, 1):
            yield from _differs(each, spec[0], f"no. {number} in {where}")
    elif not (value is None and spec.endswith("?")) and not _is(value, spec.rstrip("?")):
        yield f"{where} is not what it should be: {str(value)[:60]!r}"


def _is(value: Any, kind: str) -> bool:
    if kind in ("int", "any"):
        return type(value) is int if kind == "int" else isinstance(value, dict)
    if not isinstance(value, str):
        return False
    try:
        if kind == "instant":
            return datetime.fromisoformat(value).astimezone(UTC).isoformat() == value
        if kind == "day":
            return date.fromisoformat(value).isoformat() == value
    except (ValueError, OverflowError):
        return False
    return kind == "text" or bool(HASH.fullmatch(value))


def _lists(document: dict[str, Any]) -> Iterator[str]:
    if document["counts"] != counts(document):
        yield "a list is longer or shorter than when the file was made (counts)"
    for name, key in IN_ORDER.items():
        keys = [each[key] for each in document[name]]
        if keys != sorted(set(keys)):
            yield f"{name} are not each there once and in their order"


def _local_times(value: Any, document: dict[str, Any]) -> Iterator[str]:
    """Every instant stands beside the same one on the biller's clock."""
    for each in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _local_times(each, document)
    for name, at in value.items() if isinstance(value, dict) else ():
        if name.endswith("_local"):
            yield from _local_time(value[name.removesuffix("_local")], at, document["biller"]["zone"])


def _local_time(at: str | None, said: str | None, zone: str) -> Iterator[str]:
    try:
        true = None if at is None else local(at, zone)
    except (ZoneInfoNotFoundError, ValueError):
        yield f"the time zone {zone!r} is not known here"
        return
    if said != true:
        yield f"{said} is not {at} on the biller's clock in {zone}"
