"""What a task is and what came of it. Standard library only: a report is read where no engine runs."""

from __future__ import annotations

from dataclasses import dataclass, field

PARTS = ("seeds", "restores", "crashes", "double crashes", "races", "messages")


@dataclass(frozen=True, slots=True)
class Task:
    """`of`: the first seed; or the index of a workflow, a race, a story; `at`: from which place, where there are many."""

    part: str
    of: int
    at: int = 0


@dataclass(slots=True)
class Result:
    """`counts`: what was run; `fired`: faults and moves seen; `wrong`: a line for each case, with how to repeat it."""

    part: str
    of: int
    at: int = 0
    name: str = ""
    counts: dict[str, int] = field(default_factory=dict)
    fired: dict[str, int] = field(default_factory=dict)
    edges: dict[str, int] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)

    @property
    def task(self) -> Task:
        return Task(self.part, self.of, self.at)
