"""What was refused, written out so that it can be mended and imported: nothing is lost.

CSV: the rows as they stood, each under a comment that says why. FHIR: ndjson, each refused resource and what belongs to it, under an
OperationOutcome that says why; a line that is not JSON stands as it stood.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import IO, Any

from autopay.interop.csv.read import Header, read_lines
from autopay.interop.fhir.read import Broken, read_entries
from autopay.interop.stage import Stage


def write_refused(stage: Stage, kind: str, target: Path) -> None:
    """`kind` is csv or fhir. The file may be read by its owner only: it holds what the files held."""
    with os.fdopen(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
        for file in stage.refused_files():
            reasons = Reasons(stage.refused_in(file))
            (_copy_rows if kind == "csv" else _copy_resources)(stage.path(file), reasons, out)


class Reasons:
    """Why each place of one file was refused, asked in the order of the file; memory stays flat."""

    def __init__(self, refused: Iterator[tuple[int, str]]) -> None:
        self._refused = refused
        self._next = next(refused, None)

    def at(self, position: int) -> list[str] | None:
        """None: it was not refused. Empty: it was not, but belongs to something that was."""
        while self._next and self._next[0] < position:
            self._next = next(self._refused, None)
        if not self._next or self._next[0] != position:
            return None
        found = []
        while self._next and self._next[0] == position:
            found.append(self._next[1])
            self._next = next(self._refused, None)
        return [reason for reason in found if reason]


def _copy_rows(path: Path, reasons: Reasons, out: IO[bytes]) -> None:
    for line in read_lines(path):
        if isinstance(line, Header):
            out.write(line.text.rstrip(b"\r\n") + b"\n")
        elif (why := reasons.at(line.number)) is not None:
            out.write(b"".join(f"# line {line.number}: {each}\n".encode() for each in why))
            out.write(line.text.rstrip(b"\r\n") + b"\n")


def _copy_resources(path: Path, reasons: Reasons, out: IO[bytes]) -> None:
    last, why = None, None
    for entry in read_entries(path):
        if entry.position != last:
            last, why = entry.position, reasons.at(entry.position)
            out.write(b"".join(_json(_outcome(each)) for each in why or ()))
        if why is None:
            continue
        if isinstance(entry, Broken):
            out.write(entry.line.rstrip(b"\r\n") + b"\n" if entry.line else b"")
        else:
            out.write(_json(_with_id(entry.resource, entry.full_url)))


def _outcome(reason: str) -> dict[str, Any]:
    return {"resourceType": "OperationOutcome", "issue": [{"severity": "error", "code": "processing", "diagnostics": reason}]}


def _with_id(resource: Any, full_url: str) -> dict[str, Any]:
    """Without its Bundle a resource is found by its id: one that had only a fullUrl gets it from there."""
    return dict(resource) if resource.get("id") else {**resource, "id": full_url.rpartition(":")[2].rpartition("/")[2]}


def _json(resource: dict[str, Any]) -> bytes:
    return json.dumps(resource, ensure_ascii=False, default=_number).encode("utf-8", "surrogatepass") + b"\n"


def _number(value: Decimal) -> int | float:
    return int(value) if value == value.to_integral_value() else float(value)
