"""A measured figure: what each round gave, what the database could do at that moment, and what it must reach."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import median


@dataclass(frozen=True, slots=True)
class Bar:
    """`of`: "L" where a figure is divided by the reference, "" where it stands for itself. `less`: a smaller one is better."""

    must: float
    aim: float
    of: str = ""
    less: bool = False

    def reached(self, value: float, wanted: float) -> bool:
        return value <= wanted if self.less else value >= wanted


@dataclass(frozen=True, slots=True)
class Figure:
    """`rounds` in `unit`; `references` the L of each round, charges a second; `wrong`: why it does not count."""

    bench: str
    what: str
    unit: str
    rounds: Sequence[float]
    bar: Bar
    references: Sequence[float] = ()
    wrong: Sequence[str] = ()
    facts: dict[str, float] = field(default_factory=dict)
    """What else was seen, by name."""

    @property
    def median(self) -> float:
        return median(self.rounds)

    @property
    def judged(self) -> float:
        """What is held against the bar: the median itself, or of the rounds' ratios to their own L."""
        if self.bar.of == "L":
            return median(value / reference for value, reference in zip(self.rounds, self.references, strict=True))
        return self.median

    @property
    def verdict(self) -> str:
        """wrong, under, reached, aimed."""
        if self.wrong:
            return "wrong"
        if not self.bar.reached(self.judged, self.bar.must):
            return "under"
        return "aimed" if self.bar.reached(self.judged, self.bar.aim) else "reached"

    def as_json(self) -> dict[str, object]:
        return {
            "bench": self.bench,
            "what": self.what,
            "unit": self.unit,
            "median": self.median,
            "min": min(self.rounds),
            "max": max(self.rounds),
            "rounds": list(self.rounds),
            "references": list(self.references),
            "judged": self.judged,
            "must": self.bar.must,
            "aim": self.bar.aim,
            "of": self.bar.of,
            "verdict": self.verdict,
            "wrong": list(self.wrong),
            "facts": self.facts,
        }
