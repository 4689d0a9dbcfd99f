"""The parts of the documents that are drawn from the code. `REDRAW=1 pytest tests/tidy/test_docs.py` writes them anew."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Any

from autopay.charging.charge import MOVES, REFUND_MOVES
from autopay.conf import CHECKOUT, Settings
from autopay.interop.csv.rows import COLUMNS
from autopay.parties.models import Role
from autopay.parties.permissions import ALLOWED, Act

ROOT = Path(__file__).parents[2]
Moves = Mapping[Any, Collection[Any]]
LISTED = re.compile(r"^\| \[`[^`]+`\]\(([^)]+)\) \| \d+ \|(.*)$", re.MULTILINE)


def redrawn(text: str) -> str:
    """The document with every part between `<!-- name -->` and `<!-- /name -->` drawn anew."""
    for name, draw in DRAWINGS.items():
        begin, end = f"<!-- {name} -->\n", f"<!-- /{name} -->"
        if begin in text:
            before, _, rest = text.partition(begin)
            old, _, after = rest.partition(end)
            text = f"{before}{begin}{draw(old)}{end}{after}"
    return text


def charge_states(_: str) -> str:
    return _moves(MOVES)


def refund_states(_: str) -> str:
    return _moves(REFUND_MOVES)


def _moves(moves: Moves) -> str:
    rows = [f"| `{old}` | {' · '.join(f'`{new}`' for new in _in_order(moves, news)) or 'final'} |" for old, news in moves.items()]
    return _table("from", "to", rows)


def _in_order(moves: Moves, news: Collection[str]) -> list[str]:
    return [state for state in moves if state in news]


def lines_of_files(old: str) -> str:
    """The files stay as they are listed, with what is said of them; their lengths are counted."""
    total = 0
    rows = []
    for path, about in LISTED.findall(old):
        length = len((ROOT / path).read_text().splitlines())
        total += length
        rows.append(f"| [`{path.removeprefix('src/autopay/')}`]({path}) | {length} |{about}")
    return f"| file | lines | what it holds |\n| --- | --- | --- |\n{_lines(rows)}| together | {total} | |\n"


def settings(_: str) -> str:
    """Name, default and the docstring below the field."""
    rows = [
        f"| `AUTOPAY_{name.upper()}` | {_default(field.default)} | {said[name]} |"
        for said in [said_below(Settings.__name__, ROOT / "src/autopay/conf.py")]
        for name, field in Settings.model_fields.items()
    ]
    return "| setting | default | what it does |\n| --- | --- | --- |\n" + _lines(rows)


def _default(value: object) -> str:
    if isinstance(value, Path):
        return "`.autopay` in a checkout, else `~/.autopay`" if value.is_relative_to(CHECKOUT) else f"`{value}`"
    if isinstance(value, list):
        return ", ".join(f"`{each}`" for each in value)
    return "none" if value is None else f"`{value}`"


def said_below(name: str, file: Path) -> dict[str, str]:
    """Docstrings of a class's fields: the string that follows each."""
    body = next(n.body for n in ast.parse(file.read_text()).body if isinstance(n, ast.ClassDef) and n.name == name)
    said = {}
    for field, below in zip(body, [*body[1:], ast.Pass()], strict=True):
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name):
            text = below.value.value if isinstance(below, ast.Expr) and isinstance(below.value, ast.Constant) else ""
            said[field.target.id] = " ".join(str(text).split())
    return said


def csv_columns(_: str) -> str:
    return _table("column", "what it holds", [f"| `{name}` | {about} |" for name, about in COLUMNS.items()])


def permissions(_: str) -> str:
    head = " | ".join(str(role.label) for role in Role)
    rows = [f"| {act} | " + " | ".join("yes" if act in ALLOWED[role] else "" for role in Role) + " |" for act in Act]
    return f"| may | {head} |\n| --- |{' --- |' * len(Role)}\n" + _lines(rows)


def _table(left: str, right: str, rows: list[str]) -> str:
    return f"| {left} | {right} |\n| --- | --- |\n" + _lines(rows)


def _lines(rows: list[str]) -> str:
    return "".join(f"{row}\n" for row in rows)


DRAWINGS: dict[str, Callable[[str], str]] = {
    "charge states": charge_states,
    "refund states": refund_states,
    "eight files": lines_of_files,
    "settings": settings,
    "csv columns": csv_columns,
    "permissions": permissions,
}
