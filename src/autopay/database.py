"""One way to talk to PostgreSQL for web and workers: a transaction is opened, named statements run, it commits.

`step` is called before each statement and around each commit, so that a test can stop or kill the engine on any of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from typing import Any, Protocol, TypeVar

from psycopg_pool import ConnectionPool

T = TypeVar("T")
Step = Callable[[str], None]
PLANNED_ONCE = "set local plan_cache_mode = force_generic_plan"
"""For a transaction whose statements go by id: one plan per connection serves any number of rows. To plan a statement anew for each few rows
takes longer than to read them.
"""
_open: ContextVar[bool] = ContextVar("transaction_open", default=False)


def in_transaction() -> bool:
    """Adapters refuse to talk while this is true: no network call inside a database transaction."""
    return _open.get()


class Cursor(Protocol):
    @property
    def description(self) -> Any: ...
    @property
    def rowcount(self) -> int: ...
    def execute(self, query: Any, params: Any = None) -> Any: ...
    def fetchall(self) -> list[tuple[Any, ...]]: ...


class Tx:
    """An open transaction. Parameters are named: `tx.all(Row, "… where id = %(id)s", id=7)`."""

    def __init__(self, cursor: Cursor, step: Step) -> None:
        self._cursor = cursor
        self._step = step

    def all(self, into: Callable[..., T], sql: str, **params: object) -> list[T]:
        """Rows as `into(column=value, …)`."""
        self._execute(sql, params)
        names = [column[0] for column in self._cursor.description]
        return [into(**dict(zip(names, row, strict=True))) for row in self._cursor.fetchall()]

    def record(self, sql: str, **params: object) -> dict[str, Any] | None:
        """The first row as a dict, for statements whose row has no name of its own."""
        return self.one(dict[str, Any], sql, **params)

    def one(self, into: Callable[..., T], sql: str, **params: object) -> T | None:
        rows = self.all(into, sql, **params)
        return rows[0] if rows else None

    def column(self, sql: str, **params: object) -> list[Any]:
        """The first column of every row."""
        self._execute(sql, params)
        return [row[0] for row in self._cursor.fetchall()]

    def value(self, sql: str, **params: object) -> Any:
        values = self.column(sql, **params)
        return values[0] if values else None

    def run(self, sql: str, **params: object) -> int:
        """For statements without rows; returns how many were touched."""
        self._execute(sql, params)
        return self._cursor.rowcount

    def _execute(self, sql: str, params: dict[str, object]) -> None:
        self._step(sql)
        self._cursor.execute(sql, params)


class Database(Protocol):
    def transaction(self, biller: int | None = None) -> AbstractContextManager[Tx]:
        """Open a transaction, for one tenant's rows where `biller` is given; it commits on leaving, or rolls back on an exception."""
        ...


def ignore(_what: str) -> None:
    return None


class PooledDatabase:
    """Over a pool of its own (role engine), for workers: no ORM in the way."""

    def __init__(self, dsn: str, size: int = 10, step: Step = ignore) -> None:
        self._pool = ConnectionPool(dsn, min_size=1, max_size=size, open=True, kwargs={"connect_timeout": 10})
        self._step = step

    @contextmanager
    def transaction(self, biller: int | None = None) -> Iterator[Tx]:
        with self._pool.connection() as connection, connection.transaction(), connection.cursor() as cursor:
            yield from inside(cursor, biller, self._step)
        self._step("committed")

    def close(self) -> None:
        self._pool.close()


def inside(cursor: Cursor, biller: int | None, step: Step) -> Iterator[Tx]:
    before = _open.set(True)
    try:
        if biller is not None:
            cursor.execute("select set_config('autopay.biller', %s, true)", [str(biller)])
        yield Tx(cursor, step)
        step("commit")
    finally:
        _open.reset(before)
