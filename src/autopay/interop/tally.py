"""What an import came to: how many of each kind, how many invoices, and why some are not charged."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from autopay.charging.charge import Why
from autopay.interop.records import Kind

BY_KIND = ("read", "new", "unchanged", "changed")


@dataclass(slots=True)
class Tally:
    """Counts by kind; what was refused is counted by the stage. `decided`: what auto-pay decided about the new invoices."""

    read: Counter[Kind] = field(default_factory=Counter)
    new: Counter[Kind] = field(default_factory=Counter)
    unchanged: Counter[Kind] = field(default_factory=Counter)
    changed: Counter[Kind] = field(default_factory=Counter)
    invoices: int = 0
    decided: Counter[Why] = field(default_factory=Counter)
    cards: Counter[str] = field(default_factory=Counter)

    def add(self, other: Tally) -> None:
        for name in BY_KIND:
            getattr(self, name).update(getattr(other, name))
        self.invoices += other.invoices
        self.decided.update(other.decided)
        self.cards.update(other.cards)

    def counts(self) -> dict[str, Any]:
        """For the record of the run: numbers only."""
        kinds = {name: dict(getattr(self, name)) for name in BY_KIND}
        return kinds | {"invoices": self.invoices, "decided": dict(self.decided), "cards": dict(self.cards)}
