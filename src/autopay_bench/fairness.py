"""How long another tenant's single visit takes to the wire while one tenant has a million charges due."""

from __future__ import annotations

from contextlib import closing
from functools import partial

import psycopg

from autopay.conf import Settings, conf
from autopay.database import PooledDatabase
from autopay_bench import supply
from autopay_bench.charges import LANES_OF_MANY, NOWHERE, PROCESSOR_TAKES, fill
from autopay_bench.figure import Bar, Figure
from autopay_bench.ground import Ground, now
from autopay_bench.latency import issue_steadily, p99
from autopay_bench.money import books, wrong_money
from autopay_bench.running import gateway, told_by, wait_until, workers

EVERY = 0.05
"""Seconds from one visit of the small tenant to its next."""
LANES_ARE_FULL = "select count(*) >= 40 from charge where state = 'sending'"
ALL_WENT_OUT = "select not exists (select from charge where biller_id = %s and state = 'due')"
ISSUED = """select c.uid::text, extract(epoch from pg_xact_commit_timestamp(l.xmin))::float8 from charge c
    join charge_part p on p.charge_id = c.id join invoice_line l on l.invoice_id = p.invoice_id where c.biller_id = %s"""


def fairness(ground: Ground, rounds: int, charges: int = 1_000_000, visits: int = 200) -> list[Figure]:
    stock = f"memory_{charges}"
    ground.stock(stock, partial(fill, charges=charges))
    took, wrong = [], list[str]()
    for _ in range(rounds):
        with ground.lent(stock) as settings, gateway(PROCESSOR_TAKES) as base:
            small = _somebody_else(settings, visits)
            ground.point_at(base)
            before = books(ground.rows)
            with workers(1, LANES_OF_MANY):
                wait_until(ground.rows, LANES_ARE_FULL)
                issue_steadily(settings, small, visits, 1, EVERY)
                wait_until(ground.rows, ALL_WENT_OUT, small)
            told, arrivals = told_by(base), told_by(base, "arrivals")
            wrong += wrong_money(ground.rows, told, told["payments"], before | {"open": before["open"] + visits})
            with psycopg.connect(ground.rows) as server:
                issued: dict[str, float] = dict(server.execute(ISSUED, [small]).fetchall())
            if missing := len(issued) - len(arrivals.keys() & issued):
                wrong.append(f"{missing} visits of the small tenant did not go out")
            took.append(p99([arrivals[uid] - at for uid, at in issued.items() if uid in arrivals]))
    what = f"single visits to the wire while another tenant has {charges:,} due, one worker of {LANES_OF_MANY} lanes, p99"
    return [Figure("fairness", what, "ms", took, Bar(200, 50, less=True), (), wrong)]


def _somebody_else(settings: Settings, visits: int) -> int:
    with closing(PooledDatabase(settings.dsn("owner"), size=1)) as db:
        biller = supply.agency(db, NOWHERE, conf().secret, now())
        supply.patients(db, biller, visits, now())
        return biller
