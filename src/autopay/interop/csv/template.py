"""A file to start from: what each column means, and one row of each type."""

from __future__ import annotations

from autopay.interop.csv.rows import COLUMNS

ROWS = (
    "visit,V-1001,P-17,Ana Example,ana@example.com,555-0100,2026-11-20,35.00,,,",
    "visit,V-1002,P-17,Ana Example,,,2026-11-21,20.00,,,",
    "payment,PAY-1,,,,,2026-11-21,10.00,V-1001,,check",
    "adjustment,ADJ-1,,,,,,30.00,V-1001,,",
    "void,,,,,,,,V-1002,,",
)
SHOWN = [column for column in COLUMNS if column != "source"]


def template() -> str:
    """Commented; without the comments it can be imported as it is."""
    about = [f"# {column}: {meaning}" for column, meaning in COLUMNS.items()]
    return "\n".join(["# Lines that begin with # are not read.", *about, ",".join(SHOWN), *ROWS]) + "\n"
