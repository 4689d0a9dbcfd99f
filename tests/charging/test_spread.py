"""Billers spread over several databases: what is one biller's names nothing of another's, and a worker needs nobody else's rows."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

import psycopg
import pytest
from django.db import connections
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from autopay.charging.issue import issue_visits
from autopay.charging.refund import RefundWish, refund
from autopay.charging.send import claim
from autopay.clock import Clock
from autopay.conf import Settings
from autopay.database import PooledDatabase
from autopay.embedded_postgres import Embedded
from autopay.journal.write import By
from tests.fixtures.world import World
from tests.tidy.shards import Key, crossing, dangling, half, keys, tables
from tests.tidy.test_tenancy import DJANGO_AND_ALLAUTH

OPEN = """select (select count(*) from charge where state in ('due', 'sending', 'unknown'))
               + (select count(*) from refund where state in ('due', 'sending', 'unknown'))"""
NEW = """insert into visit (biller_id, payer_id, "on", minor, external_id)
         select %(b)s, id, %(on)s, 333, 'after the move' from payer order by id limit 1 returning id"""
BOOKS = """select c.uid::text, c.minor - coalesce((select sum(r.minor) from refund r where r.charge_id = c.id and r.state = 'done'), 0)
           from charge c where c.state = 'paid' order by c.id"""
BY_KEY = {("anchor_day", "payer"), ("charge", "payer"), ("invoice", "payer"), ("method", "payer"), ("visit", "payer")}
"""Where the database itself holds both rows to one biller."""


async def two_billers(world: World) -> list[int]:
    """Of each two visits are paid, by one engine in one database; then one is to be refunded in part, and three more are to be charged."""
    people, paid = dict[int, list[int]](), dict[int, int]()
    for biller in (world.biller, world.agency()):
        world.biller = biller
        people[biller] = [await world.patient(name) for name in ("Maria", "Omar")]
        paid[biller], _ = (world.visit(payer, 8500) for payer in people[biller])
    await world.until_quiet()
    for world.biller, payers in people.items():
        refund(world.app, world.biller, RefundWish(paid[world.biller], 500), world.by())
        for n in range(3):
            world.visit(payers[n % 2], 100 + n)
    return list(people)


@contextmanager
def worker(database: str, log: Path) -> Iterator[None]:
    """`autopay worker`, pointed at one database."""
    env = {**os.environ, "AUTOPAY_DATABASE_NAME": database, "AUTOPAY_LANES": "8"}
    code = "from autopay.cli.worker import worker; worker(0)"
    with log.open("wb") as out, subprocess.Popen([sys.executable, "-c", code], env=env, stdout=out, stderr=out) as process:
        try:
            yield
        finally:
            process.kill()


async def nothing_is_left(rows: str, log: Path) -> None:
    deadline = time.monotonic() + 60
    with psycopg.connect(rows, autocommit=True) as server:
        while server.execute(OPEN).fetchone() != (0,):
            assert time.monotonic() < deadline, log.read_text()
            await asyncio.sleep(0.1)


def a_visit_more(settings: Settings, database: str, biller: int) -> None:
    """Invoiced as everywhere, in the half."""
    app = make_conninfo(settings.dsn("app"), dbname=database)
    with closing(PooledDatabase(app, size=1)) as db, db.transaction(biller) as tx:
        at = Clock().now()
        issue_visits(tx, biller, tx.column(NEW, b=biller, on=at.date()), By("test", at), priority=1)


async def test_two_databases_with_half_of_the_billers_each_and_a_worker_each_need_no_row_of_the_other(
    world: World, database: Settings, postgres: Embedded, tmp_path: Path
) -> None:
    billers = await two_billers(world)
    source = conninfo_to_dict(database.dsn("app"))["dbname"]
    with psycopg.connect(make_conninfo(postgres.dsn(), dbname=source)) as server:
        assert crossing(server) == []
    await world.close()
    world.close_pools()
    connections.close_all()
    halves = {f"{source}_{biller}": biller for biller in billers}
    with ExitStack() as stack:
        rows = {name: stack.enter_context(half(postgres.dsn(), source, name, [biller])) for name, biller in halves.items()}
        for name, biller in halves.items():
            with psycopg.connect(rows[name]) as server:
                assert dangling(server) == [], "every row that is named is here"
                assert server.execute("select array_agg(distinct biller_id) from charge").fetchone() == ([biller],)
                assert server.execute(OPEN).fetchone() == (3 + 1,)
            stack.enter_context(worker(name, tmp_path / name))
        for name, biller in halves.items():
            await nothing_is_left(rows[name], tmp_path / name)
            a_visit_more(database, name, biller)
            await nothing_is_left(rows[name], tmp_path / name)
        book = await asyncio.to_thread(world.book)
        taken = [payment for payment in book["payments"] if payment["captures"]]
        assert set(Counter(payment["metadata"]["charge"] for payment in taken).values()) == {1}
        ours: dict[str, int] = {}
        for name in halves:
            with psycopg.connect(rows[name]) as server:
                ours |= {uid: int(minor) for uid, minor in server.execute(BOOKS)}
                assert dangling(server) == crossing(server) == []
        assert ours == {payment["metadata"]["charge"]: payment["kept"] for payment in taken}
        assert len(ours) == 2 * (2 + 3 + 1)


def test_every_table_of_a_biller_says_whose_it_is_and_names_nothing_global_but_the_biller_and_its_users(
    database: Settings, postgres: Embedded
) -> None:
    with psycopg.connect(make_conninfo(postgres.dsn(), dbname=conninfo_to_dict(database.dsn("app"))["dbname"])) as server:
        theirs, rest = tables(server, of_a_biller=True), tables(server, of_a_biller=False)
        between = keys(server)
    assert {name for name in rest if not name.startswith(DJANGO_AND_ALLAUTH)} == {"app_user", "biller", "installation"}
    assert {key.parent for key in between if key.child in theirs and key.parent in rest} == {"app_user", "biller"}
    assert [key for key in between if key.child in rest and key.parent in theirs] == []
    held = {(key.child, key.parent) for key in between if "biller_id" in key.columns and key.parent != "biller"}
    assert held == BY_KEY


async def test_a_row_that_names_another_billers_is_found_for_the_database_itself_does_not_refuse_it(
    world: World, database: Settings, postgres: Embedded
) -> None:
    theirs = world.visit(await world.patient("Maria"))
    world.agency()
    mine = world.visit(await world.patient("Omar"))
    rows = make_conninfo(postgres.dsn(), dbname=conninfo_to_dict(database.dsn("app"))["dbname"])
    with psycopg.connect(rows) as server:
        assert crossing(server) == []
    part = """insert into charge_part (biller_id, charge_id, invoice_id, live)
              select biller_id, charge_id, %(i)s, false from charge_part where invoice_id = %(mine)s"""
    with world.app.transaction(world.biller) as tx:
        assert tx.run(part, i=theirs, mine=mine) == 1, "a key is checked without row-level security"
    with psycopg.connect(rows) as server:
        assert crossing(server) == [Key("charge_part", "invoice", ("invoice_id",), ("id",))]
        server.execute("set session_replication_role = replica")
        server.execute("delete from invoice where id = %s", [theirs])
        assert {key.child for key in dangling(server)} >= {"charge_part", "invoice_line"}


async def test_where_payers_are_named_by_key_another_billers_payer_is_refused(world: World) -> None:
    theirs = await world.patient("Maria")
    world.agency()
    with pytest.raises(psycopg.errors.ForeignKeyViolation), world.app.transaction(world.biller) as tx:
        tx.run(NEW.replace("select %(b)s, id", "select %(b)s, %(p)s").replace("from payer order by id limit 1", ""),
               b=world.biller, p=theirs, on=world.clock.today("UTC"))  # fmt: skip


async def test_one_claim_takes_charges_of_all_billers_of_its_database(world: World) -> None:
    """What is global to a database, and would be to each of several."""
    world.visit(await world.patient("Maria"))
    first, second = world.biller, world.agency()
    world.visit(await world.patient("Omar"))
    assert {each.due.biller for each in claim(world.engine, 10).claimed} == {first, second}
