"""Texts and the journal: each text has its hash, each sealed entry follows from the one before it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any

from .shape import canonical

GENESIS = "0" * 64
FIELDS = ("id", "at", "actor", "action", "object", "object_id", "data")
Entry = dict[str, Any]


def chain_problems(document: dict[str, Any]) -> Iterator[str]:
    for consent in document["consents"]:
        if hashlib.sha256(consent["text"].encode()).hexdigest() != consent["sha256"]:
            yield f"consent {consent['id']}: the text is not the one whose SHA-256 is given"
    journal, last = document["journal"], 0
    for run in journal["runs"]:
        yield from _run(run, last)
        last = run["entries"][-1]["seq"] if run["entries"] else last
    yield from _head(journal, last)
    ids = [each["id"] for each in all_entries(document)]
    if len(set(ids)) != len(ids):
        yield "an entry of the journal is there twice"


def all_entries(document: dict[str, Any]) -> list[Entry]:
    """Sealed ones in the order of the chain, then those not sealed when the file was made."""
    journal = document["journal"]
    return [each for run in journal["runs"] for each in run["entries"]] + list(journal["not_sealed_yet"])


def sealed_as(entry: Entry, before: str) -> str:
    """The hash of an entry under its number, after the hash `before`: as the journal's sealer writes it."""
    return hashlib.sha256(canonical([before, entry["seq"], *(entry[name] for name in FIELDS)])).hexdigest()


def hashes(document: dict[str, Any]) -> dict[int, str]:
    """Every hash of the journal this file knows, by number: its entries', the one before each run, the head's."""
    journal = document["journal"]
    known = {journal["head"]["seq"]: journal["head"]["hash"]}
    for run in journal["runs"]:
        known |= {run["entries"][0]["seq"] - 1: run["before"]} | {each["seq"]: each["hash"] for each in run["entries"]}
    return known


def _run(run: dict[str, Any], last: int) -> Iterator[str]:
    """`last` is the number at which the run before this one ended; right after it would be no new run."""
    if not run["entries"]:
        yield f"a run of the journal after number {last} has no entries"
        return
    first = run["entries"][0]["seq"]
    if first <= last + (last > 0):
        yield f"the journal's runs are not in order at number {first}"
    if (first == 1) != (run["before"] == GENESIS):
        yield f"journal entry {first}: the hash before it is not where the chain begins"
    before = run["before"]
    for seq, entry in enumerate(run["entries"], first):
        if entry["seq"] != seq:
            yield f"journal entry {seq} is missing from its run"
            return
        if sealed_as(entry, before) != entry["hash"]:
            yield f"journal entry {seq} ({entry['action']}) is not what was sealed"
            return
        before = entry["hash"]


def _head(journal: dict[str, Any], last: int) -> Iterator[str]:
    head = journal["head"]
    if head["seq"] < last or head["seq"] < 0:
        yield f"the journal's head is number {head['seq']}, but the file has number {last}"
    ends = [run["entries"][-1] for run in journal["runs"]]
    if head["seq"] == last and head["hash"] != (ends[-1]["hash"] if ends else GENESIS):
        yield "the journal's head is not the hash of its last entry"
