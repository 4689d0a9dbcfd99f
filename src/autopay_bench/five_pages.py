"""The five pages that are opened most, in a large world of the bench's own: Billing, Pay Bill, the office's lists, worklist, dashboard."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import partial
from statistics import median

from django.db import connections
from psycopg.conninfo import make_conninfo

from autopay.conf import conf
from autopay.database import Database, PooledDatabase
from autopay.large_world.load import Size, load, there
from autopay.large_world.logins import make_logins
from autopay.large_world.measure import Measured, measure_together
from autopay.large_world.pages import Page, all_pages
from autopay_bench import practices
from autopay_bench.figure import Bar, Figure
from autopay_bench.ground import Ground, now
from autopay_bench.pages import wrong_with

NAMES = ("Billing, a patient", "Billing, the patient with most visits", "Patients, all", "Invoices, all", "Worklist, failed")
"""Beside these the first of the dashboards, which is this month's, and a practice's Pay Bill."""
SIZE, PRACTICES, TIMES = Size(100_000, 1_000_000), 1000, 40


def fill(db: Database, *, stock: str, size: Size, accounts: int) -> None:
    """The practices first: until then no night has anything else to do."""
    with _django_at(stock):
        practices.fill(db, make_conninfo(conf().dsn("engine"), dbname=stock), accounts, now())
        make_logins(load(db, conf(), size, now(), lambda *_: None).biller)


def five_pages(ground: Ground, rounds: int, size: Size = SIZE, accounts: int = PRACTICES, times: int = TIMES) -> list[Figure]:
    """p95 of each page in each round, the pages of a round in turn."""
    stock = f"pages_{size.patients}_{size.visits}_{accounts}"
    ground.stock(stock, partial(fill, stock=stock, size=size, accounts=accounts))
    with _django_at(stock), closing(PooledDatabase(make_conninfo(conf().dsn("owner"), dbname=stock), size=1)) as db:
        wanted = _wanted(db)
        measured = [measure_together(wanted, times) for _ in range(rounds)]
    large = f"{size.patients:,} patients, {size.visits:,} visits"
    worlds = {practices.PAY_BILL: f"{accounts:,} practices, two years"}
    return [_figure(each, worlds.get(each[0].page, large)) for each in zip(*measured, strict=True)]


def _wanted(db: Database) -> list[tuple[Page, int]]:
    found = there(db)
    assert found is not None, "it was just loaded"
    pages = {page.name: page for page in all_pages(found[0])}
    dashboard = next(name for name in pages if name.startswith("Dashboard"))
    return [*((pages[name], found[0]) for name in (*NAMES, dashboard)), practices.pay_bill(db)]


def _figure(rounds: tuple[Measured, ...], world: str) -> Figure:
    wrong = sorted({what for each in rounds for what in wrong_with(each)})
    facts = {
        "statements": float(max(each.queries for each in rounds)),
        "p50 ms": median(each.p50 for each in rounds),
        "CPU ms": median(each.cpu for each in rounds),
    }
    what = f"{rounds[0].page}: {world}"
    return Figure("pages", what, "ms p95", [each.p95 for each in rounds], Bar(100, 40, less=True), (), wrong, facts)


@contextmanager
def _django_at(database: str) -> Iterator[None]:
    """Pages read through Django's own connection: it leads to this database of the same server, and back at the end."""
    django = connections["default"]
    before = django.settings_dict["NAME"]
    django.close()
    django.settings_dict["NAME"] = database
    try:
        yield
    finally:
        django.close()
        django.settings_dict["NAME"] = before
