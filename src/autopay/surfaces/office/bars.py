"""A bar chart drawn on the server: one filled bar and one outlined bar a part, the value on each. The table beside it says the same."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from autopay import words
from autopay.money import Money

WIDE, HIGH, TOP, BOTTOM = 420, 200, 22, 24
"""Units of the drawing; above the bars room for their values, below for their names."""


@dataclass(frozen=True, slots=True)
class Pair:
    """One part of the month: minor units now and then."""

    name: str
    now: int
    then: int


@dataclass(frozen=True, slots=True)
class Bar:
    kind: str
    x: float
    y: float
    width: float
    height: float
    text: str

    @property
    def middle(self) -> float:
        return round(self.x + self.width / 2, 1)

    @property
    def above(self) -> float:
        return round(self.y - 6, 1)


@dataclass(frozen=True, slots=True)
class Chart:
    bars: list[Bar]
    names: list[tuple[float, str]]
    floor: int = HIGH - BOTTOM
    width: int = WIDE
    height: int = HIGH

    @property
    def name_line(self) -> int:
        return HIGH - 6


def bars(pairs: Sequence[Pair], currency: str) -> Chart:
    most = max((max(each.now, each.then) for each in pairs), default=0) or 1
    part = WIDE / max(1, len(pairs))
    drawn, names = [], []
    for place, each in enumerate(pairs):
        for kind, offset, minor in (("then", 0.1, each.then), ("now", 0.52, each.now)):
            height = round((HIGH - TOP - BOTTOM) * minor / most, 1)
            text = words.short_money(Money(minor, currency)) if minor else ""
            x = round((place + offset) * part, 1)
            drawn.append(Bar(kind, x, round(HIGH - BOTTOM - height, 1), round(part * 0.38, 1), height, text))
        names.append((round((place + 0.5) * part, 1), each.name))
    return Chart(drawn, names)
