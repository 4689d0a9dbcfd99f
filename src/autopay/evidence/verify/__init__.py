"""Does an evidence file hold? Standard library only: no database, no settings, no network, nothing else of this project.

`python -m autopay.evidence.verify FILE`, or this folder alone copied anywhere: `python -m verify FILE`. It names the first thing
that does not hold. What it can show and what not is in docs/operate-it.md.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from .agreed import agreed_problems
from .chain import chain_problems, hashes
from .charged import charged_problems
from .opened import Broken, opened
from .shape import shape_problems
from .sums import sum_problems

__all__ = ["Broken", "disagreement", "first_problem", "opened"]

CHECKS = (shape_problems, chain_problems, agreed_problems, charged_problems, sum_problems)
"""In this order: a later one may rely on what an earlier one found in order."""


def first_problem(document: Any) -> str | None:
    """A sentence naming the first thing that does not hold, or None."""
    return next(problems(document), None)


def disagreement(one: dict[str, Any], other: dict[str, Any]) -> str | None:
    """Two files of one biller, both found in order: where their journals differ under the same number. None if nowhere.

    Whoever makes up a whole chain anew cannot make it meet one that was given away before.
    """
    if one["biller"]["uid"] != other["biller"]["uid"]:
        return "the two files are of two billers"
    mine, theirs = hashes(one), hashes(other)
    wrong = [seq for seq in sorted(mine.keys() & theirs.keys()) if mine[seq] != theirs[seq]]
    return f"the two files have different journals at number {wrong[0]}" if wrong else None


def problems(document: Any) -> Iterator[str]:
    for check in CHECKS:
        found = False
        for problem in check(document):
            found = True
            yield problem
        if found:
            return
