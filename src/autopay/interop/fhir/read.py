"""Resources out of Bundles and ndjson, one at a time: a file of a gigabyte costs no more memory than one of its resources."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import IO, Any

import ijson

from autopay.interop.files import BROKEN, Read, opened

ENDINGS = (".json", ".ndjson", ".jsonl")
PEEK = 1 << 20
"""How far to look for the end of a first line: beyond it a file is taken to be one document."""
LARGEST_ALONE = 64 << 20
"""A single resource outside a Bundle is read whole, up to this."""

Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Entry:
    """A resource and where it stands: its line (from 1) in ndjson, its index (from 0) in a Bundle's `entry`."""

    position: int
    full_url: str
    resource: Json


@dataclass(frozen=True, slots=True)
class Broken:
    """A place that cannot be read, and why. `line` is what stands there, if it is a line."""

    position: int
    reason: str
    line: bytes = b""


def read_entries(path: Path, read: Read = lambda _: None) -> Iterator[Entry | Broken]:
    """Everything in a file, in its order. What cannot be read comes as Broken; in ndjson the rest follows it."""
    try:
        yield from _lines(path, read) if has_lines(path) else _document(path, read)
    except BROKEN:
        yield Broken(0, "The file is damaged: it cannot be unpacked to its end.")


def has_lines(path: Path) -> bool:
    """Whether each line is a resource of its own (ndjson), whatever the file is called."""
    with opened(path, lambda _: None) as file:
        head = file.read(PEEK)
    first, ended, _ = head.lstrip().partition(b"\n")
    return _is_object(first) if ended else path.name.lower().removesuffix(".gz").endswith((".ndjson", ".jsonl"))


def _is_object(line: bytes) -> bool:
    try:
        return isinstance(json.loads(line), dict)
    except ValueError:
        return False


def _lines(path: Path, read: Read) -> Iterator[Entry | Broken]:
    with opened(path, read) as file:
        for number, line in enumerate(file, start=1):
            if line.strip():
                yield from _line(number, line)


def _line(number: int, line: bytes) -> Iterator[Entry | Broken]:
    try:
        document = json.loads(line, parse_float=Decimal)
    except (ValueError, RecursionError):
        yield Broken(number, "The line is not JSON.", line)
        return
    if not isinstance(document, dict):
        yield Broken(number, "The line is not a FHIR resource.", line)
    elif document.get("resourceType") == "Bundle":
        yield from (_entry(number, entry) for entry in document.get("entry") or ())
    else:
        yield Entry(number, "", document)


def _document(path: Path, read: Read) -> Iterator[Entry | Broken]:
    kind = _type_of(path)
    if kind == "Bundle":
        yield from _bundle(path, read)
    elif kind and path.stat().st_size <= LARGEST_ALONE:
        yield from _alone(path, read)
    else:
        yield Broken(0, "The file is not a FHIR resource in JSON: it names no resourceType.")


def _type_of(path: Path) -> str:
    with opened(path, lambda _: None) as file:
        try:
            return str(next(ijson.items(file, "resourceType"), ""))
        except ijson.JSONError:
            return ""


def _bundle(path: Path, read: Read) -> Iterator[Entry | Broken]:
    position = -1
    with opened(path, read) as file:
        try:
            for position, entry in enumerate(_items(file)):
                yield _entry(position, entry)
        except ijson.JSONError:
            yield Broken(position + 1, "From here on the file is not JSON; what stands before was read.")


def _items(file: IO[bytes]) -> Iterator[Any]:
    return iter(ijson.items(file, "entry.item"))


def _alone(path: Path, read: Read) -> Iterator[Entry | Broken]:
    with opened(path, read) as file:
        try:
            yield Entry(0, "", json.loads(file.read(), parse_float=Decimal))
        except (ValueError, RecursionError):
            yield Broken(0, "The file is not JSON.")


def _entry(position: int, entry: Any) -> Entry | Broken:
    resource = entry.get("resource") if isinstance(entry, dict) else None
    if not isinstance(resource, dict):
        return Broken(position, "The entry holds no resource.")
    full_url = entry.get("fullUrl", "")
    return Entry(position, full_url if isinstance(full_url, str) else "", resource)
