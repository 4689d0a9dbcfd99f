"""Bugs planted in a copy of the product are caught by the same command anybody may run. A harness that finds nothing is no proof."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable
from itertools import chain, repeat
from pathlib import Path

import pytest

from tests.proof.bugs import BUGS, CANARY, Bug

SRC = Path(__file__).parents[2] / "src"
STEPS = (10, 30, 60, 100, 200)
"""Seeds at a time, until it is caught; the last again and again."""
QUICK = ("X3",)
RUN = "from autopay.cli.main import main; main()"


def copy_with(bug: Bug | None, place: Path) -> Path:
    copy = place / "src"
    shutil.copytree(SRC, copy, ignore=shutil.ignore_patterns("__pycache__"))
    if bug:
        bug.plant(copy)
    return copy


def failing(copy: Path, first: int, seeds: int) -> dict[str, list[str]]:
    """What `autopay simulate` of this copy says of these seeds: what is wrong, by seed."""
    told = subprocess.run(
        [sys.executable, "-c", RUN, "simulate", "--first", str(first), "--seeds", str(seeds), "--processes", "2", "--json"],
        env=environment(copy),
        capture_output=True,
        text=True,
        check=False,
    )
    assert told.stdout, told.stderr[-2000:]
    found = json.loads(told.stdout)
    assert found["seeds"] == seeds
    assert told.returncode == bool(found["failed"])
    wrong: dict[str, list[str]] = found["wrong"]
    return wrong


def failed_tests(copy: Path, which: str) -> list[str]:
    """Of these tests, run against this copy. All must run; none may fail for want of something."""
    command = [sys.executable, "-m", "pytest", *shlex.split(which), "-p", "no:cacheprovider", "--tb=no", "-rfE"]
    told = subprocess.run(command, env=environment(copy), capture_output=True, text=True, check=False, cwd=SRC.parent)
    assert "ERROR" not in told.stdout, told.stdout[-2000:]
    return [line.split()[1] for line in told.stdout.splitlines() if line.startswith("FAILED ")]


def environment(copy: Path) -> dict[str, str]:
    env = {name: value for name, value in os.environ.items() if not name.startswith("AUTOPAY_")}
    return env | {"PYTHONPATH": str(copy), "HOME": str(copy.parent), "PYTHONDONTWRITEBYTECODE": "1"}


def caught(bug: Bug, place: Path) -> int:
    """The number of seeds it took; fails if they were not enough."""
    copy = copy_with(bug, place)
    if bug.by:
        assert failed_tests(copy, bug.by), f"{bug.name} was not caught by {bug.by}"
        return 1
    first = 0
    for step in chain(STEPS, repeat(STEPS[-1])):
        if first >= bug.seeds:
            break
        if wrong := failing(copy, first, step):
            return min(int(seed) for seed in wrong) + 1
        first += step
    raise AssertionError(f"{bug.name} was not caught within {bug.seeds} seeds")


@pytest.mark.parametrize("bug", [CANARY, *BUGS], ids=lambda bug: bug.name)
def test_every_planted_bug_still_applies(bug: Bug, tmp_path: Path) -> None:
    copy_with(bug, tmp_path)


def test_a_patch_that_no_longer_applies_is_told(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"X0 gone no longer applies to charging/send\.py"):
        copy_with(Bug("X0 gone", (("charging/send.py", "nobody wrote this", ""),)), tmp_path)


@pytest.mark.parametrize("bug", [CANARY, *(bug for bug in BUGS if bug.name.split()[0] in QUICK)], ids=lambda bug: bug.name)
def test_V35_a_planted_bug_is_caught(bug: Bug, tmp_path: Path) -> None:
    assert caught(bug, tmp_path) <= bug.seeds


@pytest.mark.prove
@pytest.mark.parametrize("bug", [CANARY, *BUGS], ids=lambda bug: bug.name)
def test_V35_each_planted_bug_is_caught(bug: Bug, tmp_path: Path, record_property: Callable[[str, object], None]) -> None:
    found = caught(bug, tmp_path)
    record_property("seeds", bug.by or found)
    assert found <= bug.seeds
