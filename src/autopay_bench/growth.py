"""What a charge costs beside a long past of the same biller and the same patients, against the same on empty tables."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, closing
from functools import partial
from statistics import median

import psycopg

from autopay.charging.issue import issue_visits
from autopay.conf import Settings, conf
from autopay.database import Database, PooledDatabase
from autopay.journal.write import By
from autopay.large_world.load import Size, load, there
from autopay_bench import supply
from autopay_bench.bulk import bulk
from autopay_bench.charges import Run, charge_them
from autopay_bench.figure import Bar, Figure
from autopay_bench.ground import Ground, now

PATIENTS, PASTS = 100_000, (1_000_000, 10_000_000)
GROWING = ("visit", "invoice", "invoice_line", "charge", "charge_part", "ledger_transfer", "journal_entry", "elsewhere", "refund")
MAY_LOAD = "grant set on parameter session_replication_role to autopay_owner"
# What was under way when the world ends is not the bench's; all else that happened in it is sealed, its chain unread.
AT_REST = (
    "update method set retry_at = null where retry_at is not null",
    """update method m set state = 'detached', is_default = false where m.state = 'usable' and exists (
       select from charge c where c.method_id = m.id and c.state = 'returned' and c.reason <> 'insufficient_funds')""",
    "update charge set state = 'withdrawn' where state = 'due'",
    "update charge set state = 'unknown', lease_until = null where state = 'sending'",
    """insert into journal_seal (biller_id, seq, entry_id, hash)
       select biller_id, row_number() over (partition by biller_id order by id), id, repeat(md5(id::text), 2) from journal_entry""",
    """insert into notice_cursor (biller_id, seq) select biller_id, max(seq) from journal_seal group by biller_id
       on conflict (biller_id) do update set seq = excluded.seq""",
)
VISITS = """
    insert into visit (biller_id, payer_id, "on", minor, source, external_id, completed_at)
    select %(biller)s, m.payer_id, %(today)s, 1000 + m.id %% 9000, 'bench', %(batch)s || '-' || m.id, %(now)s
    from method m join agreement a on a.payer_id = m.payer_id and a.switch = 'on' and a.cap_minor is null
    where m.biller_id = %(biller)s and m.is_default and m.verified and m.state = 'usable' and m.funding = 'credit'
      and exists (select from consent c where c.method_id = m.id and not exists (select from consent_end e where e.consent_id = c.id))
    order by m.id limit %(limit)s
    returning id
"""
DUE = "select count(*) from charge where state = 'due' and run_at <= now()"


def past(db: Database, *, visits: int) -> None:
    """An agency whose patients had so many visits: invoiced, charged, booked, journalled."""
    with bulk(db, GROWING):
        load(db, conf(), Size(PATIENTS, visits), now(), lambda *_: None)
    with db.transaction() as tx:
        for statement in AT_REST:
            tx.run(statement)


def growth(ground: Ground, rounds: int, charges: int = 10_000, pasts: Sequence[int] = PASTS) -> list[Figure]:
    with psycopg.connect(ground.admin, autocommit=True) as server:
        server.execute(MAY_LOAD)
    costs: dict[int, list[Run]] = {visits: [] for visits in (0, *pasts)}
    for visits in costs:
        ground.stock(f"past_{visits}", partial(past, visits=visits))
    for _ in range(rounds):
        for visits, runs in costs.items():
            runs.append(_charged(ground, partial(ground.lent, f"past_{visits}"), charges))
    empty = [rate for rate, _ in costs.pop(0)]
    return [_figure(visits, runs, empty) for visits, runs in costs.items()]


def _charged(ground: Ground, place: Callable[[], AbstractContextManager[Settings]], charges: int) -> Run:
    with place() as settings:
        with closing(PooledDatabase(settings.dsn("owner"), size=1)) as db:
            biller, due = _issue(db, charges)
        return charge_them(ground, settings, biller, due)


def _issue(db: Database, charges: int) -> tuple[int, int]:
    """One more visit each for so many patients who are charged at once. Returns the biller, and how many are due."""
    found = there(db)
    assert found is not None, "it was just loaded"
    biller, at = found[0], now()
    with db.transaction(biller) as tx:
        done = tx.column(VISITS, biller=biller, today=at.date(), now=at, batch=at.isoformat(), limit=charges)
        for first in range(0, len(done), supply.STEP):
            issue_visits(tx, biller, done[first : first + supply.STEP], By("cli", at))
        return biller, tx.value(DUE)


def _figure(visits: int, runs: list[Run], empty: list[float]) -> Figure:
    times = [alone / rate for (rate, _), alone in zip(runs, empty, strict=True)]
    wrong = [each for _, wrong in runs for each in wrong]
    facts = {"charges/s": median(rate for rate, _ in runs), "charges/s on empty tables": median(empty)}
    return Figure(
        "growth", f"cost of a charge after {visits:,} visits", "times", times, Bar(1.5, 1.1, less=True), (), wrong, facts
    )
