"""The night in which every account is billed: its products priced, its invoice written, its charge planned. The worker's own nightly work."""

from __future__ import annotations

from contextlib import closing
from datetime import timedelta
from functools import partial
from time import perf_counter

import psycopg

from autopay.charging.night import work_nights
from autopay.charging.send import Engine
from autopay.clock import Clock
from autopay.conf import conf
from autopay.database import Database, PooledDatabase
from autopay_bench import supply
from autopay_bench.charges import NOWHERE
from autopay_bench.figure import Bar, Figure
from autopay_bench.ground import Ground, now

PRODUCTS = (3995, 1495, 250)
"""Minor units a month."""
SELECTIONS = """
    with product as (
        insert into product (biller_id, code, name)
        select %(biller)s, 'product' || n, 'Product ' || n from generate_series(1, 3) n returning id),
    price as (
        insert into price (biller_id, product_id, source, minor, since, document)
        select %(biller)s, id, 'data_sheet', (%(minors)s::bigint[])[row_number() over (order by id)], %(since)s, 'Data Sheet' from product)
    insert into selection (biller_id, payer_id, product_id, since)
    select %(biller)s, p.id, product.id, %(since)s from payer p cross join product where p.biller_id = %(biller)s
"""
BOOKS = """
    select (select count(*) from invoice), (select sum(total) from invoice), (select count(*) from invoice_line),
           (select sum(minor) from ledger_transfer where kind = 'issued'), (select count(*) from charge where state = 'due'),
           (select count(*) from charge_part), (select count(*) from journal_entry where action = 'invoice issued')
"""


def fill(db: Database, *, accounts: int) -> None:
    """All of them are billed today; the nights until yesterday are done."""
    yesterday = now() - timedelta(days=1)
    biller = supply.vendor(db, NOWHERE, conf().secret, yesterday)
    supply.accounts(db, biller, accounts, yesterday, Clock().today(supply.ZONE).day)
    with db.transaction() as tx:
        tx.run(SELECTIONS, biller=biller, since=(yesterday - timedelta(days=30)).date(), minors=list(PRODUCTS))


def a_night(ground: Ground, stock: str, accounts: int) -> tuple[float, list[str]]:
    """How many seconds it took, and what is wrong with it."""
    with ground.copy(stock) as settings, closing(PooledDatabase(settings.dsn("engine"))) as db:
        began = perf_counter()
        work_nights(Engine(db, {}, Clock(), settings.secret))
        return perf_counter() - began, _wrong(ground, accounts)


def monthly(ground: Ground, rounds: int, accounts: int = 1_000_000) -> list[Figure]:
    stock = f"monthly_{accounts}"
    ground.stock(stock, partial(fill, accounts=accounts))
    seconds, references, wrong = [], [], list[str]()
    for _ in range(rounds):
        references.append(ground.reference())
        took, bad = a_night(ground, stock, accounts)
        seconds.append(took)
        wrong += bad
    what = f"{accounts:,} accounts with 3 products billed and planned in one night"
    scale = accounts / 1_000_000
    facts = {"accounts/s": accounts / min(seconds)}
    return [Figure("monthly", what, "s", seconds, Bar(300 * scale, 60 * scale, less=True), references, wrong, facts)]


def _wrong(ground: Ground, accounts: int) -> list[str]:
    with psycopg.connect(ground.rows) as server:
        found = server.execute(BOOKS).fetchone()
    total = accounts * sum(PRODUCTS)
    right = (accounts, total, 3 * accounts, total, accounts, accounts, accounts)
    return [] if found == right else [f"invoices, their sum, lines, ledger, charges, parts, journal are {found}, not {right}"]
