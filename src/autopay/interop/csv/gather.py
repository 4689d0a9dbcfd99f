"""Read CSV files into the stage."""

from __future__ import annotations

from pathlib import Path

from autopay.interop.csv.read import Header, Line, read_lines
from autopay.interop.csv.rows import Row, read_row
from autopay.interop.files import Read
from autopay.interop.records import Kind, Unfit
from autopay.interop.stage import Place, Stage


def gather(stage: Stage, path: Path, source: str, currency: str, read: Read) -> None:
    """All rows of one file. Raises Refusal if it is no CSV file of ours."""
    file = stage.add_file(path, lines=True)
    for line in read_lines(path, read):
        if not isinstance(line, Header):
            stage.other["rows"] += 1
            _gather_line(stage, line, Place(file, line.number), (source, currency))


def _gather_line(stage: Stage, line: Line, place: Place, origin: tuple[str, str]) -> None:
    kind = KINDS.get(line.fields.get("type", "").lower(), Kind.FILE)
    try:
        if line.problem:
            raise Unfit(line.problem)
        _add(stage, read_row(line.fields, *origin), place)
    except Unfit as unfit:
        stage.refuse(kind, str(unfit), place, staged=False)


def _add(stage: Stage, row: Row, place: Place) -> None:
    if row.patient:
        stage.merge_patient(row.patient, place)
    if row.visit:
        stage.add_visit(row.visit, place)
    if row.follow_up:
        stage.add_follow_up(row.follow_up, place)


KINDS = {"": Kind.VISIT, "visit": Kind.VISIT, "payment": Kind.PAYMENT, "adjustment": Kind.ADJUSTMENT, "void": Kind.VOID}
