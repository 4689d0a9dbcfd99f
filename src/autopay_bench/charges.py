"""Due charge to paid: the engine alone, over the wire through the processor's SDK, by several workers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from statistics import median

import psycopg

from autopay.conf import Settings, conf
from autopay.database import Database
from autopay_bench import supply
from autopay_bench.figure import Bar, Figure
from autopay_bench.ground import Ground, now
from autopay_bench.in_process import InProcess
from autopay_bench.money import books, wrong_money
from autopay_bench.running import gateway, seconds_of_the_run, told_by, wait_until_nothing_is_left, work_here, workers

PEOPLE = 20_000
NOWHERE = "http://127.0.0.1:9"
LANES, LANES_OVER_HTTP, LANES_OF_MANY = 250, 400, 50
PROCESSOR_TAKES = 0.1
"""Seconds until the bench's payment company answers."""
Run = tuple[float, list[str]]
"""Charges a second, and what is wrong with the money."""


def fill(db: Database, *, charges: int) -> None:
    biller = supply.agency(db, NOWHERE, conf().secret, now())
    supply.patients(db, biller, PEOPLE, now())
    supply.due_charges(db, biller, charges, PEOPLE, now())


def in_process(ground: Ground, stock: str, charges: int) -> Run:
    with ground.copy(stock) as settings:
        with psycopg.connect(ground.rows) as server:
            (biller,) = server.execute("select biller_id from charge where state = 'due' limit 1").fetchone() or (0,)
        return charge_them(ground, settings, biller, charges)


def charge_them(ground: Ground, settings: Settings, biller: int, charges: int) -> Run:
    """All that is due, by one worker with all of its jobs."""
    processor, began, before = InProcess(), now(), books(ground.rows)
    work_here(settings, biller, processor, LANES)
    rate = charges / seconds_of_the_run(ground.rows, began)
    return rate, wrong_money(ground.rows, processor.told(), charges, before)


def over_http(ground: Ground, stock: str, charges: int, number: int, lanes: int) -> Run:
    """`number` real worker processes, and the payment company in a process of its own, all on the same cores."""
    with ground.copy(stock), gateway(PROCESSOR_TAKES) as base:
        ground.point_at(base)
        began = now()
        with workers(number, lanes):
            wait_until_nothing_is_left(ground.rows)
        rate = charges / seconds_of_the_run(ground.rows, began)
        return rate, wrong_money(ground.rows, told_by(base), charges)


def engine(ground: Ground, rounds: int, charges: int = 20_000) -> list[Figure]:
    ground.stock("engine", partial(fill, charges=charges))
    references, runs = _interleaved(ground, rounds, lambda: in_process(ground, "engine", charges))
    what = f"{charges:,} due charges to paid, processor in process, one worker of {LANES} lanes"
    return [_figure("engine", what, references, runs, Bar(0.3, 1.0, "L"))]


def http(ground: Ground, rounds: int, charges: int = 10_000) -> list[Figure]:
    ground.stock("http", partial(fill, charges=charges))
    references, runs = _interleaved(ground, rounds, lambda: over_http(ground, "http", charges, 1, LANES_OVER_HTTP))
    what = f"{charges:,} due charges to paid, Stripe SDK, answers after 100 ms, one worker of {LANES_OVER_HTTP} lanes"
    return [_figure("http", what, references, runs, Bar(0.08, 0.15, "L"))]


def several(ground: Ground, rounds: int, charges: int = 10_000, numbers: Sequence[int] = (1, 2, 4, 8)) -> list[Figure]:
    """1, 2, 4, 8 workers of 50 lanes: how much more than one."""
    ground.stock("http", partial(fill, charges=charges))
    runs: dict[int, list[Run]] = {number: [] for number in numbers}
    references = []
    for _ in range(rounds):
        references.append(ground.reference())
        for number in numbers:
            runs[number].append(over_http(ground, "http", charges, number, LANES_OF_MANY))
    alone = [rate for rate, _ in runs[numbers[0]]]
    found = []
    for number in numbers[1:]:
        times = [rate / one for (rate, _), one in zip(runs[number], alone, strict=True)]
        wrong = [each for _, wrong in runs[number] for each in wrong]
        bar = Bar(1.5, 1.8) if number == 2 else Bar(1.5, float(number))
        facts = {"charges/s": median(rate for rate, _ in runs[number]), "charges/s of one": median(alone)}
        what = f"{number} workers of {LANES_OF_MANY} lanes against one, answers after 100 ms"
        found.append(Figure("workers", what, "times", times, bar, references, wrong, facts))
    return found


def _interleaved(ground: Ground, rounds: int, run: Callable[[], Run]) -> tuple[list[float], list[Run]]:
    references, runs = [], []
    for _ in range(rounds):
        references.append(ground.reference())
        runs.append(run())
    return references, runs


def _figure(bench: str, what: str, references: list[float], runs: list[Run], bar: Bar) -> Figure:
    wrong = [each for _, wrong in runs for each in wrong]
    return Figure(bench, what, "charges/s", [rate for rate, _ in runs], bar, references, wrong)
