"""What an import came to, for people and for programs. It adds up: what was read is new, unchanged, changed or refused."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from enum import StrEnum
from itertools import islice
from pathlib import Path
from typing import Any

from autopay.interop.records import Kind
from autopay.interop.stage import Stage
from autopay.interop.tally import Tally

SHOWN = 20
"""Refused records named one by one; all of them are in the file."""
TITLES = {
    Kind.PATIENT: "Patients",
    Kind.CONTACT: "Billing contacts",
    Kind.VISIT: "Visits",
    Kind.PAYMENT: "Payments made elsewhere",
    Kind.ADJUSTMENT: "Adjustments",
    Kind.VOID: "Voids",
    Kind.SHARE: "Patient shares",
    Kind.FILE: "Places in files",
}


class Ending(StrEnum):
    DONE = "done"
    TAKEN_BACK = "taken back"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class Line:
    """One kind's numbers. Of shares only those that were refused: the others are part of their visits."""

    kind: Kind
    read: int
    new: int
    unchanged: int
    changed: int
    refused: int


@dataclass(frozen=True, slots=True)
class Report:
    """`reasons`: how often each; `first`: place, kind and reason of the first few refused; `refused_file`: all of them, to be mended."""

    ending: Ending
    lines: tuple[Line, ...]
    other: dict[str, int]
    invoices: int
    decided: dict[str, int]
    cards: dict[str, int]
    reasons: Counter[tuple[str, str]]
    first: tuple[tuple[str, str, str], ...]
    refused_file: Path | None

    @property
    def refused(self) -> int:
        return self.reasons.total()

    def as_json(self) -> dict[str, Any]:
        kinds = {line.kind.value: {name: getattr(line, name) for name in Line.__slots__ if name != "kind"} for line in self.lines}
        return {
            "ending": self.ending.value,
            "records": kinds,
            "other": self.other,
            "invoices": self.invoices,
            "decided": self.decided,
            "cards": self.cards,
            "refused": [{"kind": kind, "reason": reason, "count": count} for (kind, reason), count in self.reasons.most_common()],
            "refused_first": [{"place": place, "kind": kind, "reason": reason} for place, kind, reason in self.first],
            "refused_file": str(self.refused_file) if self.refused_file else None,
        }


def report_of(stage: Stage, tally: Tally, ending: Ending, refused_file: Path | None) -> Report:
    taken = Tally() if ending is Ending.TAKEN_BACK else tally
    reasons = Counter((each.kind.value, each.reason) for each in stage.refusals())
    first = tuple((stage.place(each.place), each.kind.value, each.reason) for each in islice(stage.refusals(), SHOWN))
    lines = tuple(line for kind in TITLES if (line := _line(kind, stage, taken, reasons)).read)
    decided = {why.value: count for why, count in taken.decided.items()}
    return Report(ending, lines, dict(stage.other), taken.invoices, decided, dict(taken.cards), reasons, first, refused_file)


def _line(kind: Kind, stage: Stage, tally: Tally, reasons: Counter[tuple[str, str]]) -> Line:
    refused = sum(count for (of, _), count in reasons.items() if of == kind)
    read = refused if kind is Kind.SHARE else stage.read[kind] + tally.read[kind]
    return Line(kind, read, tally.new[kind], tally.unchanged[kind], tally.changed[kind], refused)
