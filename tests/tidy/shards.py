"""What would have to move if billers were spread over several databases: the keys between rows, read from the catalogue."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import psycopg
from psycopg.conninfo import make_conninfo
from psycopg.sql import SQL, Composed, Identifier

TABLES = """
    select c.relname from pg_class c where c.relkind in ('r', 'p') and c.relnamespace = 'public'::regnamespace and exists (
        select from pg_attribute a where a.attrelid = c.oid and a.attname = 'biller_id' and not a.attisdropped) = %s order by 1
"""
KEYS = """
    select con.conrelid::regclass::text, con.confrelid::regclass::text,
           (select array_agg(a.attname::text order by k.nth) from unnest(con.conkey) with ordinality k (number, nth)
            join pg_attribute a on a.attrelid = con.conrelid and a.attnum = k.number),
           (select array_agg(a.attname::text order by k.nth) from unnest(con.confkey) with ordinality k (number, nth)
            join pg_attribute a on a.attrelid = con.confrelid and a.attnum = k.number)
    from pg_constraint con where con.contype = 'f' and con.connamespace = 'public'::regnamespace order by con.conname
"""


@dataclass(frozen=True, slots=True)
class Key:
    """A foreign key: the row of `child` names one of `parent`."""

    child: str
    parent: str
    columns: tuple[str, ...]
    named: tuple[str, ...]

    def joined(self) -> Composed:
        pairs = zip(self.columns, self.named, strict=True)
        return SQL(" and ").join(SQL("c.{} = p.{}").format(Identifier(one), Identifier(other)) for one, other in pairs)


def tables(server: psycopg.Connection, of_a_biller: bool) -> set[str]:
    """With or without the column biller_id."""
    return {name for (name,) in server.execute(TABLES, [of_a_biller])}


def keys(server: psycopg.Connection) -> list[Key]:
    return [Key(child, parent, tuple(columns), tuple(named)) for child, parent, columns, named in server.execute(KEYS)]


def crossing(server: psycopg.Connection) -> list[Key]:
    """Keys by which a row of one biller names a row of another."""
    theirs = tables(server, of_a_biller=True)
    sql = SQL("select exists (select from {} c join {} p on {} where c.biller_id <> p.biller_id)")
    return [key for key in keys(server) if {key.child, key.parent} <= theirs and _true(server, key, sql)]


def dangling(server: psycopg.Connection) -> list[Key]:
    """Keys by which a row names one that is not here."""
    sql = SQL("select exists (select from {} c where not exists (select from {} p where {}) and {})")
    return [key for key in keys(server) if _true(server, key, sql, _said(key))]


def _said(key: Key) -> Composed:
    return SQL(" and ").join(SQL("c.{} is not null").format(Identifier(column)) for column in key.columns)


def _true(server: psycopg.Connection, key: Key, sql: SQL, *more: Composed) -> bool:
    row = server.execute(sql.format(Identifier(key.child), Identifier(key.parent), key.joined(), *more)).fetchone()
    return row == (True,)


@contextmanager
def half(admin: str, source: str, name: str, billers: Iterable[int]) -> Iterator[str]:
    """A copy of the database `source`, in which nothing of any other biller is left. Gives where its rows are; dropped at the end."""
    rows = make_conninfo(admin, dbname=name)
    with psycopg.connect(admin, autocommit=True) as server:
        copied = SQL("create database {} template {} owner autopay_owner")
        server.execute(copied.format(Identifier(name), Identifier(source)))
        try:
            _leave(rows, list(billers))
            yield rows
        finally:
            server.execute(SQL("drop database {} with (force)").format(Identifier(name)))


def _leave(rows: str, billers: list[int]) -> None:
    """Without the triggers that refuse it: this is a move, no change."""
    with psycopg.connect(rows) as server:
        server.execute("set session_replication_role = replica")
        for table in tables(server, of_a_biller=True):
            server.execute(SQL("delete from {} where biller_id <> all(%s)").format(Identifier(table)), [billers])
        server.execute("delete from biller where id <> all(%s)", [billers])
