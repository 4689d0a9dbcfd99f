"""The database of a bench: a server of its own with the settings everybody gets, on the disk; and copies of what was made ready once."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from shutil import rmtree
from typing import LiteralString

import psycopg
from psycopg.conninfo import make_conninfo
from psycopg.sql import SQL, Identifier

from autopay.conf import Settings, conf, default_home
from autopay.database import Database, PooledDatabase
from autopay_bench.reference import reference

ONE = "bench"
"""The database a bench runs in: one at a time, so that processes find it by its name."""

SETTINGS = {"track_commit_timestamp": "on"}
"""Beside what everybody gets: PostgreSQL remembers when each transaction committed."""


@dataclass(frozen=True, slots=True)
class Ground:
    """`admin` may create databases and see all rows."""

    admin: str

    def reference(self) -> float:
        """L, in a database beside."""
        return reference(self.admin)

    @property
    def rows(self) -> str:
        """Of the database a bench runs in, every tenant's."""
        return make_conninfo(self.admin, dbname=ONE)

    def point_at(self, base: str) -> None:
        """From now on the billers' payment company answers there."""
        with psycopg.connect(self.rows, autocommit=True) as server:
            server.execute("update processor_account set api_base = %s", [base])

    def stock(self, name: str, fill: Callable[[Database], None]) -> None:
        """A migrated database with what `fill` writes (role owner), to be copied from. Made once."""
        with psycopg.connect(self.admin, autocommit=True) as server:
            if server.execute("select 1 from pg_database where datname = %s", [name]).fetchone():
                return
        _create(self.admin, name, "autopay")
        with closing(PooledDatabase(make_conninfo(conf().dsn("owner"), dbname=name), size=1)) as db:
            fill(db)
        self.look(name)

    def look(self, name: str) -> None:
        """Statistics, as autovacuum would have them in a minute."""
        with psycopg.connect(make_conninfo(self.admin, dbname=name), autocommit=True) as server:
            server.execute("vacuum analyze")

    @contextmanager
    def copy(self, stock: str) -> Iterator[Settings]:
        """`ONE`, as the stock is. The settings of this process, and of those it starts, lead there. Dropped at the end."""
        _create(self.admin, ONE, stock)
        try:
            with _led_to(ONE) as settings:
                yield settings
        finally:
            self._tell("drop database {} with (force)", ONE)

    @contextmanager
    def lent(self, stock: str) -> Iterator[Settings]:
        """The stock itself is `ONE` for a while, and keeps what is done to it: some are too large to be copied."""
        self._tell("alter database {} rename to {}", stock, ONE)
        try:
            with _led_to(ONE) as settings:
                yield settings
        finally:
            self._tell("select pg_terminate_backend(pid) from pg_stat_activity where datname = 'bench'")
            self._tell("alter database {} rename to {}", ONE, stock)

    def _tell(self, what: LiteralString, *names: str) -> None:
        with psycopg.connect(self.admin, autocommit=True) as server:
            server.execute(SQL(what).format(*map(Identifier, names)))


@contextmanager
def _led_to(database: str) -> Iterator[Settings]:
    os.environ["AUTOPAY_DATABASE_NAME"] = database
    conf.cache_clear()
    rmtree(
        conf().home / "witness", ignore_errors=True
    )  # of the one that had this name before: this one is older, and no backup of it
    try:
        yield conf()
    finally:
        os.environ["AUTOPAY_DATABASE_NAME"] = "autopay"
        conf.cache_clear()


def _create(admin: str, name: str, template: str) -> None:
    with psycopg.connect(admin, autocommit=True) as server:
        server.execute(SQL("drop database if exists {} with (force)").format(Identifier(name)))
        made = SQL("create database {} template {} owner autopay_owner strategy file_copy")
        server.execute(made.format(Identifier(name), Identifier(template)))
        server.execute("checkpoint")


@contextmanager
def ground() -> Iterator[Ground]:
    """A PostgreSQL under `.autopay`, wiped in the end."""
    from autopay_proof.server import server

    with server(default_home() / f"bench-{os.getpid()}", SETTINGS) as postgres:
        yield Ground(postgres.dsn())


def now() -> datetime:
    return datetime.now(UTC)
