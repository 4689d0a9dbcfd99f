"""A stranger follows one charge, from its due row to its settled one, in few short files: those that ARCHITECTURE.md names."""

from __future__ import annotations

import re
import secrets
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

import autopay
from autopay.charging.send import send_due_charges
from tests.fixtures.world import World

OURS = Path(autopay.__file__).parent
ROOT = Path(__file__).parents[2]
MAX_FILES, MAX_LINES = 8, 900


async def test_a_charge_runs_through_at_most_eight_files_and_nine_hundred_lines(world: World) -> None:
    await _due(world)
    assert await send_due_charges(world.engine) == 1  # the first opens connections
    await _due(world)
    with _files_of_ours() as files:
        assert await send_due_charges(world.engine) == 1
    assert world.rows("select distinct state from charge") == [{"state": "paid"}]
    lines = {file.relative_to(ROOT).as_posix(): _lines_of(file) for file in sorted(files)}
    assert len(lines) <= MAX_FILES, lines
    assert sum(lines.values()) <= MAX_LINES, lines
    assert lines == _reading_list()


async def _due(world: World) -> None:
    world.visit(await world.patient(secrets.token_hex(4)))


def _lines_of(file: Path) -> int:
    return len(file.read_text().splitlines())


def _reading_list() -> dict[str, int]:
    """What ARCHITECTURE.md tells a stranger to read: `| [name](path) | lines | … |` in its list of eight."""
    text = (ROOT / "ARCHITECTURE.md").read_text().partition("<!-- eight files -->")[2].partition("<!-- /eight files -->")[0]
    return {path: int(lines) for path, lines in re.findall(r"^\| \[[^]]+\]\(([^)]+)\) \| (\d+) \|", text, re.MULTILINE)}


@contextmanager
def _files_of_ours() -> Iterator[set[Path]]:
    """The files of the product of which a function is executed meanwhile; what a dataclass generates has no file."""
    files: set[Path] = set()

    def note(frame: FrameType, event: str, _: Any) -> None:
        file = Path(frame.f_code.co_filename)
        if event == "call" and file.is_relative_to(OURS):
            files.add(file)

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        yield files
    finally:
        sys.setprofile(before)
