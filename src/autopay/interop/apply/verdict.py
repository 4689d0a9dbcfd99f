"""What is to be done with a record, and a batch sorted by it."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from autopay.interop.records import Kind, Unfit
from autopay.interop.stage import Place, Stage
from autopay.interop.tally import Tally


class Verdict(StrEnum):
    NEW = "new"
    CHANGED = "changed"
    UNCHANGED = "unchanged"


class Sorted:
    """Records of one kind by verdict, counted; what is unfit is refused at its place."""

    def __init__(self, kind: Kind, stage: Stage) -> None:
        self._kind, self._stage = kind, stage
        self._by: dict[Verdict, list[Any]] = {verdict: [] for verdict in Verdict}
        self.tally = Tally()

    def put(self, record: Any, place: Place, verdict: Verdict | Unfit) -> None:
        if isinstance(verdict, Unfit):
            self._stage.refuse(self._kind, str(verdict), place)
            return
        self._by[verdict].append(record)
        getattr(self.tally, verdict)[self._kind] += 1

    def of(self, verdict: Verdict) -> list[Any]:
        return self._by[verdict]

    def all(self) -> list[Any]:
        """Everything that is fit, whatever the verdict."""
        return [record for records in self._by.values() for record in records]
