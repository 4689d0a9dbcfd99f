"""A payment company without a wire: says yes at once, and keeps an append-only book. What is left is the engine itself."""

from __future__ import annotations

from typing import Any

from autopay.money import Money
from autopay.processors.protocol import ChargeRef, MethodRef, Outcome, Paid


class InProcess:
    """The part of a processor that a run of charges uses; whatever else is asked of it fails loudly."""

    def __init__(self) -> None:
        self.lines: list[tuple[str, str, int]] = []
        """(key, charge, amount in minor units)."""

    async def charge(self, method: MethodRef, amount: Money, *, key: str, ref: ChargeRef) -> Outcome:
        self.lines.append((key, ref.charge, amount.minor))
        return Paid(f"pi_{key[:24]}", amount, "nt_1")

    async def close(self) -> None:
        return None

    def told(self) -> dict[str, Any]:
        charges = [charge for _, charge, _ in self.lines]
        return {
            "payments": len(self.lines),
            "minor": sum(minor for _, _, minor in self.lines),
            "charged_twice": len(charges) - len(set(charges)),
            "repeated": len(self.lines) - len({key for key, _, _ in self.lines}),
        }
