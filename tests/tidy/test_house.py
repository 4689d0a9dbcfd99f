"""The house rules as tests: what a reviewer would otherwise have to say again and again."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCES = sorted(path for path in (ROOT / "src").rglob("*.py") if "migrations" not in path.parts)
BANNED_NAMES = {
    "utils",
    "util",
    "services",
    "service",
    "helpers",
    "helper",
    "common",
    "manager",
    "managers",
    "base",
    "misc",
    "handlers",
}
LONGEST_FUNCTION = 50
LONGEST_FILE = 300
BIN = Path(sys.executable).parent


@pytest.mark.parametrize(
    "command",
    [["ruff", "check", "."], ["ruff", "format", "--check", "."], ["lint-imports"], ["mypy"]],
    ids=["ruff", "format", "imports point one way", "mypy strict"],
)
def test_the_tools_find_nothing(command: list[str]) -> None:
    run = subprocess.run(
        [str(BIN / command[0]), *command[1:]], cwd=ROOT, check=False, capture_output=True, text=True, timeout=600
    )
    assert run.returncode == 0, run.stdout[-4000:] + run.stderr[-2000:]


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT / "src")))
def test_a_file_and_its_functions_stay_short(path: Path) -> None:
    text = path.read_text()
    assert text.count("\n") <= LONGEST_FILE
    too_long = [f"{node.name}: {length}" for node, length in _functions(ast.parse(text)) if length > LONGEST_FUNCTION]
    assert too_long == []


def test_no_module_has_a_name_that_says_nothing() -> None:
    assert [str(path) for path in SOURCES if path.stem in BANNED_NAMES or path.parent.name in BANNED_NAMES] == []


def test_nothing_is_wired_by_signals() -> None:
    assert [str(path) for path in SOURCES if "@receiver" in path.read_text() or "post_save" in path.read_text()] == []


def test_only_settle_and_its_siblings_write_what_became_of_a_call() -> None:
    """States after `due` are written in settle.py (charges) and refund.py (refunds); send.py writes `sending`,
    and known.py for what the processor had done before."""
    everywhere = (
        path for path in (ROOT / "src/autopay").rglob("*.py") if "demo_states" not in path.parts
    )  # rows of a catalogue that no engine sees
    writers = {path.name for path in everywhere if "update charge c set state" in path.read_text()}
    assert writers == {"settle.py", "send.py", "put_off.py", "known.py"}


def test_the_time_is_read_in_one_place_only() -> None:
    allowed = {"clock.py"}
    reading = [str(p) for p in (ROOT / "src/autopay").rglob("*.py") if "datetime.now(" in p.read_text() and p.name not in allowed]
    assert reading == []


def _functions(tree: ast.Module) -> Iterator[tuple[ast.FunctionDef | ast.AsyncFunctionDef, int]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node, (node.end_lineno or node.lineno) - node.lineno + 1
