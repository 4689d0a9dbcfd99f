"""From an invoice's commit to the request on the wire, and to the commit that says paid, while invoices come at a steady rate.

Commits are told by PostgreSQL itself (track_commit_timestamp), arrivals by the gateway; both read the machine's clock.
"""

from __future__ import annotations

import time
from contextlib import closing
from statistics import median, quantiles

import psycopg

from autopay.charging.issue import issue_visits
from autopay.clock import Clock
from autopay.conf import Settings, conf
from autopay.database import Database, PooledDatabase
from autopay.journal.seal import seal
from autopay.journal.write import By
from autopay.notices.write import write_notices
from autopay_bench import supply
from autopay_bench.charges import NOWHERE, PEOPLE, PROCESSOR_TAKES
from autopay_bench.figure import Bar, Figure
from autopay_bench.ground import Ground, now
from autopay_bench.in_process import InProcess
from autopay_bench.money import books, wrong_money
from autopay_bench.running import gateway, told_by, wait_until_it_listens, wait_until_nothing_is_left, work_here, workers

A_SECOND, SECONDS, WARM_UP = 500, 20, 3
"""Invoices a second; seconds that count; and before them some that do not: a worker that has just started opens connections and plans."""
KEPT_UP = 0.95
"""Of the rate that was asked for, or the figure does not count."""
AT_ONCE = 5
"""Visits an office's system completes in one transaction."""
LANES = 200
PAST = 20_000
"""Visits of the days before."""
MOMENTS = """
    select c.uid::text, extract(epoch from pg_xact_commit_timestamp(l.xmin))::float8,
           extract(epoch from pg_xact_commit_timestamp(c.xmin))::float8
    from charge c join charge_part p on p.charge_id = c.id join invoice_line l on l.invoice_id = p.invoice_id
    where c.state = 'paid' and c.uid = any(%s::uuid[]) order by 2
"""


def fill(db: Database) -> None:
    biller = supply.agency(db, NOWHERE, conf().secret, now())
    supply.patients(db, biller, PEOPLE, now())
    supply.due_charges(db, biller, PAST, PEOPLE, now())


def live_a_while(ground: Ground) -> None:
    """The stock's charges are paid, sealed and told, and its statistics know: plans for empty tables say nothing of later days."""
    with ground.lent("latency") as settings, closing(PooledDatabase(settings.dsn("engine"), size=1)) as db:
        biller = _biller(ground)
        work_here(settings, biller, InProcess(), LANES)
        while seal(db, biller) or write_notices(db, conf().site_url):
            pass
    ground.look("latency")


def latency(ground: Ground, rounds: int, seconds: int = SECONDS) -> list[Figure]:
    due = (WARM_UP + seconds) * A_SECOND
    ground.stock("latency", fill)
    live_a_while(ground)
    to_wire, to_paid, rates, halves, wrong = [], [], [], [], list[str]()
    for _ in range(rounds):
        with ground.copy("latency") as settings, gateway(PROCESSOR_TAKES) as base:
            ground.point_at(base)
            before = books(ground.rows)
            with workers(1, LANES):
                wait_until_it_listens(ground.rows)
                rates.append(issue_steadily(settings, _biller(ground), due // AT_ONCE, AT_ONCE, AT_ONCE / A_SECOND))
                wait_until_nothing_is_left(ground.rows)
            arrivals = told_by(base, "arrivals")
            with psycopg.connect(ground.rows) as server:
                moments = server.execute(MOMENTS, [list(arrivals)]).fetchall()[WARM_UP * A_SECOND :]
            wrong += wrong_money(ground.rows, told_by(base), due, before | {"open": due})
        waits = [arrivals[uid] - issued for uid, issued, _ in moments]
        to_wire.append(p99(waits))
        halves.append(median(waits) * 1000)
        to_paid.append(p99([paid - issued - PROCESSOR_TAKES for _, issued, paid in moments]))
    if min(rates) < A_SECOND * KEPT_UP:
        wrong.append(f"only {min(rates):.0f} invoices/s were issued")
    facts = {"invoices/s": min(rates), "p50 ms to the wire": median(halves)}
    said = f"at {A_SECOND} invoices/s, p99"
    return [
        Figure("latency", f"invoice commit to request sent, {said}", "ms", to_wire, Bar(50, 10, less=True), (), wrong, facts),
        Figure(
            "latency",
            f"to paid committed beyond the processor's own, {said}",
            "ms",
            to_paid,
            Bar(100, 20, less=True),
            (),
            wrong,
            facts,
        ),
    ]


def issue_steadily(settings: Settings, biller: int, times: int, at_once: int, every: float) -> float:
    """Visits by the bench, everything after them by the product: `at_once` in a transaction, one `every` so many seconds. Gives invoices/s."""
    with closing(PooledDatabase(settings.dsn("owner"), size=1)) as db:
        began = time.perf_counter()
        for nth in range(times):
            time.sleep(max(0, began + nth * every - time.perf_counter()))
            with db.transaction(biller) as tx:
                at = Clock().now()
                done = supply.visits(tx, biller, at, f"s{nth}", nth * at_once % PEOPLE, at_once)
                issue_visits(tx, biller, done, By("cli", at), priority=1)
        return times * at_once / (time.perf_counter() - began)


def _biller(ground: Ground) -> int:
    with psycopg.connect(ground.rows) as server:
        found = server.execute("select id from biller").fetchone()
    return int(found[0]) if found else 0


def p99(values: list[float]) -> float:
    return quantiles(values, n=100)[98] * 1000
