"""Rows out of a CSV file, one line each: UTF-8 with or without a byte order mark; commas, semicolons or tabs."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from autopay.interop.csv.rows import COLUMNS, REQUIRED
from autopay.interop.files import BROKEN, Read, opened
from autopay.refusal import Refusal

DELIMITERS = ",;\t"
BOM = b"\xef\xbb\xbf"
UTF_16 = (b"\xff\xfe", b"\xfe\xff")


@dataclass(frozen=True, slots=True)
class Header:
    """The columns in their order; `line` is the number of the header's line, from 1."""

    columns: tuple[str, ...]
    delimiter: str
    line: int
    text: bytes


@dataclass(frozen=True, slots=True)
class Line:
    """A row by column; or, with `problem`, why it cannot be read. `text` is the line as it stands."""

    number: int
    fields: dict[str, str]
    text: bytes
    problem: str = ""


def read_lines(path: Path, read: Read = lambda _: None) -> Iterator[Header | Line]:
    """The header, then every row. Empty lines and lines that begin with # say nothing. Raises Refusal if the header is no header."""
    with opened(path, read) as file:
        header: Header | None = None
        try:
            for number, text in enumerate(file, start=1):
                if number == 1 and text.startswith(UTF_16):
                    raise Refusal("encoding", f"{path} is in UTF-16. Save it as CSV UTF-8.")
                line = text.removeprefix(BOM) if number == 1 else text
                if not line.strip() or line.startswith(b"#"):
                    continue
                if header:
                    yield _line(header, number, line)
                else:
                    header = _header(path, number, line)
                    yield header
        except BROKEN:
            raise Refusal("damaged", f"{path} is damaged: it cannot be unpacked to its end.") from None
    if header is None:
        raise Refusal("empty", f"{path} is empty. `autopay import csv --template` prints what belongs into it.")


def _header(path: Path, number: int, text: bytes) -> Header:
    line = text.decode("utf-8", "replace").rstrip("\r\n")
    delimiter = max(DELIMITERS, key=line.count)
    columns = tuple(cell.strip().lower() for cell in _split(line, delimiter) or ())
    unknown = [column for column in columns if column not in COLUMNS]
    missing = [column for column in REQUIRED if column not in columns]
    if unknown or missing or len(set(columns)) < len(columns):
        what = (
            f"has a column {unknown[0][:30]!r}"
            if unknown
            else f"has no column {missing[0]!r}"
            if missing
            else "has a column twice"
        )
        raise Refusal("header", f"{path}:{number} {what}. Columns are: {', '.join(COLUMNS)}.")
    return Header(columns, delimiter, number, text)


def _line(header: Header, number: int, text: bytes) -> Line:
    try:
        line = text.decode("utf-8").rstrip("\r\n")
    except UnicodeDecodeError:
        return Line(number, {}, text, "is not UTF-8; save the file as CSV UTF-8")
    cells = _split(line, header.delimiter)
    if cells is None:
        return Line(number, {}, text, "has a quotation mark that does not end on its line")
    if len(cells) > len(header.columns):
        return Line(
            number,
            {},
            text,
            f"has {len(cells)} cells, but there are {len(header.columns)} columns; is a cell with a comma not quoted?",
        )
    return Line(number, dict(zip(header.columns, map(str.strip, cells), strict=False)), text)


def _split(line: str, delimiter: str) -> list[str] | None:
    try:
        return next(csv.reader([line], delimiter=delimiter, strict=True), [])
    except csv.Error:
        return None
