"""How much memory a worker takes at most while it charges a million, and whether that grows on the way."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from statistics import median
from threading import Event, Thread

from autopay_bench.charges import LANES_OVER_HTTP, fill
from autopay_bench.figure import Bar, Figure
from autopay_bench.ground import Ground
from autopay_bench.money import books, wrong_money
from autopay_bench.running import gateway, told_by, wait_until_nothing_is_left, workers

MIB = 1 << 20
LOOK_EVERY = 0.5


def memory(ground: Ground, rounds: int, charges: int = 1_000_000) -> list[Figure]:
    """A real worker over HTTP, to a payment company that answers at once. The thirds of one long run are its rounds, whatever `rounds`."""
    stock = f"memory_{charges}"
    ground.stock(stock, partial(fill, charges=charges))
    with ground.lent(stock), gateway(0) as base:
        ground.point_at(base)
        before = books(ground.rows)
        with workers(1, LANES_OVER_HTTP) as (pid,), _watched(pid) as seen:
            wait_until_nothing_is_left(ground.rows)
        wrong = wrong_money(ground.rows, told_by(base), before["open"], before)
    third = len(seen) // 3
    peaks = [max(seen[nth * third : (nth + 1) * third]) / MIB for nth in range(3)]
    facts = {"median MiB": median(seen) / MIB, "looks": float(len(seen))}
    what = f"peak of one worker in each third of a run of {charges:,} charges"
    return [Figure("memory", what, "MiB", peaks, Bar(400, 200, less=True), (), wrong, facts)]


@contextmanager
def _watched(pid: int) -> Iterator[list[int]]:
    """Bytes of its own that the process held, every half second."""
    seen: list[int] = []
    ended = Event()

    def look() -> None:
        while not ended.wait(LOOK_EVERY):
            seen.append(resident(pid))

    watching = Thread(target=look, daemon=True)
    watching.start()
    try:
        yield seen
    finally:
        ended.set()
        watching.join()


def resident(pid: int) -> int:
    """Resident bytes, as the kernel counts them (/proc: Linux only)."""
    line = next(line for line in Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith("VmRSS"))
    return int(line.split()[1]) * 1024
