"""How many of a worker's lanes a biller may hold: one whose payment company hangs never holds them all."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence


def share(free: int) -> int:
    """Of lanes that are free, so many may be taken at once: four of five, and the last one."""
    return max(1, free * 4 // 5) if free > 0 else 0


def rooms(lanes: int, held: Counter[int]) -> dict[int, int]:
    """Lanes each biller that holds some may still take: its share of what the others leave. So there is always one for somebody new."""
    taken = held.total()
    return {biller: max(0, share(lanes - taken + mine) - mine) for biller, mine in held.items()}


def full(rooms: Mapping[int, int], taken: Sequence[int]) -> bool:
    """Some biller has no room left after these (a biller each) were taken: there may be more of its charges than could be seen."""
    took = Counter(taken)
    return any(room <= took[biller] for biller, room in rooms.items())
