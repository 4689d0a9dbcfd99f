"""`autopay prove`: everything, for hours. What is done is kept beside the installation: started again it goes on where it was.

In the end its report is written into docs/proof.md.
"""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from pathlib import Path
from time import monotonic
from xml.etree import ElementTree

import typer

from autopay.cli.started import fail
from autopay.conf import default_home
from autopay_proof.cli import CORES, home, progress
from autopay_proof.report import Proof, written
from autopay_proof.results import PARTS, Result, Task

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "proof.md"
TESTS = "tests"
BUGS = "planted bugs"
ALL = (*PARTS, BUGS, TESTS)
WHICH = f"Of: {', '.join(ALL)}. Several with commas between them; all if none is named."


def prove(
    seeds: int = typer.Option(20_000, min=0, help="How many histories."),
    only: str = typer.Option("", help=WHICH),
    processes: int = typer.Option(CORES, min=1),
    anew: bool = typer.Option(False, help="Forget what was done at this commit."),
) -> None:
    """Run all proofs: histories, crashes, races, messages, planted bugs, and the long tests. Goes on where it was stopped."""
    chosen = [each.strip() for each in only.split(",")] if only else list(ALL)
    if unknown := [each for each in chosen if each not in ALL]:
        raise fail(f"There is no part {unknown[0]!r}. {WHICH}")
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.default_int_handler)  # stopped, it takes its PostgreSQL along
    kept = Kept(anew)
    began = monotonic()
    try:
        _simulated(kept, [each for each in chosen if each in PARTS], seeds, processes)
        for part, which in ((BUGS, ["tests/proof/test_planted.py"]), (TESTS, ["--ignore=tests/proof/test_planted.py"])):
            if part in chosen and part not in kept.tested:
                kept.keep_tests(part, _pytest(part, which))
    finally:  # stopped, it tells how far it came
        kept.spent(monotonic() - began)
        proof = kept.proof()
        PAGE.write_text(written(PAGE.read_text(), proof))
        typer.echo(f"The report is in {PAGE.relative_to(ROOT)}.")
    if proof.wrong:
        raise fail("\n".join(proof.wrong[:20]))


def _simulated(kept: Kept, parts: Iterable[str], seeds: int, processes: int) -> None:
    from autopay_proof.pool import all_of
    from autopay_proof.server import server

    with server(home()) as postgres, progress() as bar:
        from autopay_proof.tasks import do, tasks

        todo = [task for part in parts for task in tasks(part, range(seeds)) if task not in kept.done]
        shown = bar.add_task("to prove", total=len(todo))
        for result in all_of(postgres.dsn(), processes, do, todo):
            kept.keep(result)
            bar.update(shown, advance=1, description=f"{result.part}, {len(kept.wrong)} wrong")


def _pytest(part: str, which: list[str]) -> dict[str, str]:
    """Each test's outcome, or what it says of itself: the seeds it took to find a bug."""
    found = default_home() / "proof" / f"{part}.xml"
    command = [sys.executable, "-m", "pytest", "-m", "prove", "-o", "faulthandler_timeout=0", f"--junitxml={found}", "-q", *which]
    subprocess.run(command, cwd=ROOT, check=False)
    return dict(_outcomes(found)) if found.exists() else {"pytest": "did not run"}


def _outcomes(found: Path) -> Iterator[tuple[str, str]]:
    for case in ElementTree.parse(found).getroot().iter("testcase"):
        said = [each.get("value", "") for each in case.iter("property") if each.get("name") == "seeds"]
        bad = next((each.tag for each in case if each.tag in ("failure", "error", "skipped")), "")
        yield f"{case.get('classname')}::{case.get('name')}", bad or (said[0] if said else "passed")


def _git(*asked: str) -> str:
    return subprocess.run(["git", *asked], cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip()


class Kept:
    """A line of JSON for each task that is done, in a file for each state of `src`: another document or test takes nothing back."""

    def __init__(self, anew: bool) -> None:
        changed = bool(_git("status", "--porcelain", "src"))
        self.commit = _git("rev-parse", "--short=12", "HEAD") + "+" * changed
        self._file = default_home() / "proof" / f"{_git('rev-parse', '--short=12', 'HEAD:src')}.jsonl"
        self._file.parent.mkdir(parents=True, exist_ok=True)
        if anew or changed:
            self._file.unlink(missing_ok=True)
        lines = [json.loads(line) for line in self._file.read_text().splitlines()] if self._file.exists() else []
        self._results = [Result(**line["result"]) for line in lines if "result" in line]
        self.tested: dict[str, dict[str, str]] = {line["tests"]: line["outcomes"] for line in lines if "tests" in line}
        self._seconds = [float(line["seconds"]) for line in lines if "seconds" in line]

    @property
    def done(self) -> set[Task]:
        return {each.task for each in self._results}

    @property
    def wrong(self) -> list[str]:
        return [line for each in self._results for line in each.wrong]

    def keep(self, result: Result) -> None:
        self._results.append(result)
        self._write({"result": asdict(result)})

    def keep_tests(self, part: str, outcomes: dict[str, str]) -> None:
        self.tested[part] = outcomes
        self._write({"tests": part, "outcomes": outcomes})

    def spent(self, seconds: float) -> None:
        self._seconds.append(seconds)
        self._write({"seconds": round(seconds)})

    def proof(self) -> Proof:
        return Proof(self.commit, sum(self._seconds), self._results, self.tested.get(BUGS, {}), self.tested.get(TESTS, {}))

    def _write(self, line: dict[str, object]) -> None:
        with self._file.open("a") as file:
            file.write(json.dumps(line) + "\n")
