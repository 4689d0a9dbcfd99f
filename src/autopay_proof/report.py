"""What was proved, as the last chapter of docs/proof.md."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from autopay_proof.results import Result

BEGIN, END = "<!-- report -->", "<!-- end of report -->"
BAD = ("failure", "error", "skipped", "did not run")


@dataclass(frozen=True, slots=True)
class Proof:
    """`bugs` and `tests` by name: an outcome, or for a planted bug how many seeds it took."""

    commit: str
    seconds: float
    results: Sequence[Result]
    bugs: Mapping[str, str]
    tests: Mapping[str, str]

    @property
    def wrong(self) -> list[str]:
        told = {**self.bugs, **self.tests}
        return [line for each in self.results for line in each.wrong] + [name for name, came in told.items() if came in BAD]


def written(page: str, proof: Proof) -> str:
    """The page with this report in place of the one before."""
    before, _, rest = page.partition(BEGIN)
    lines = "\n".join(_lines(proof))
    return f"{before}{BEGIN}\n{lines}\n{END}{rest.partition(END)[2]}"


def _lines(proof: Proof) -> Iterator[str]:
    yield f"Commit `{proof.commit}`, {proof.seconds / 60:.0f} minutes. Again: `git checkout {proof.commit.rstrip('+')} && make prove`."
    yield f"Wrong: {len(proof.wrong)}."
    yield from (f"- `{line}`" for line in proof.wrong[:20])
    yield from ("", "| part | run | wrong |", "| --- | --- | --- |")
    yield from _table(proof.results)
    if proof.tests:
        bad = sum(came in BAD for came in proof.tests.values())
        yield f"| the long tests | {len(proof.tests)} tests | {bad} |"
    fired = sum((Counter(each.fired) for each in proof.results), Counter[str]())
    if fired:
        yield from ("", f"Faults fired: {_counted(fired)}.")
        edges = sum((Counter(each.edges) for each in proof.results), Counter[str]())
        yield from ("", f"Moves seen: {_counted(edges)}.")
    if proof.bugs:
        yield from ("", "| planted bug | seeds until it was found, or what found it |", "| --- | --- |")
        yield from (f"| {_named(name)} | {came} |" for name, came in proof.bugs.items())


def _table(results: Sequence[Result]) -> Iterator[str]:
    rows: dict[tuple[str, str], Counter[str]] = {}
    wrong = Counter[tuple[str, str]]()
    for each in results:
        row = (each.part, each.name)
        counts = rows.setdefault(row, Counter())
        for name, number in each.counts.items():
            counts[name] = max(counts[name], number) if name.startswith("most ") else counts[name] + number
        wrong[row] += len(each.wrong)
    for row in sorted(rows):
        yield f"| {': '.join(filter(None, row))} | {_counted(rows[row])} | {wrong[row]} |"


def _counted(counts: Counter[str]) -> str:
    return ", ".join(f"{number:,} {name}" for name, number in sorted(counts.items()))


def _named(test: str) -> str:
    found = re.search(r"\[(.+)\]", test)
    return found[1] if found else test.rpartition("::")[2]
