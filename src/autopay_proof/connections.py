"""A process's way to the database: one connection, a step before each statement and around each commit, and what chance does to it.

Connections are kept for the next process of the same role: a fresh one costs more than the statements of a whole job.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Protocol

import psycopg
from psycopg.pq import TransactionStatus

from autopay.database import Step, Tx, ignore, inside
from autopay_proof.scheduler import Actor


class ConnectionCut(psycopg.OperationalError):
    """The database went away around a commit; whether that commit holds is not known to whoever asked for it (F3)."""


class Fates(Protocol):
    def of_commit(self) -> str:
        """calm, lost before, lost after."""
        ...


class Connections:
    """`dsns` by role."""

    def __init__(self, dsns: Mapping[str, str]) -> None:
        self._dsns = dsns
        self._idle: dict[str, list[psycopg.Connection]] = {role: [] for role in dsns}

    def take(self, role: str) -> psycopg.Connection:
        idle = self._idle[role]
        return idle.pop() if idle else psycopg.connect(self._dsns[role], autocommit=True)

    def give_back(self, role: str, connection: psycopg.Connection) -> None:
        if connection.info.transaction_status is TransactionStatus.IDLE:
            self._idle[role].append(connection)
        else:
            connection.close()

    def close(self) -> None:
        for idle in self._idle.values():
            while idle:
                idle.pop().close()


class OneConnection:
    """The database as one process has it. Nested transactions, as the night has them, take another connection each."""

    def __init__(self, connections: Connections, role: str, actor: Actor | None = None, fates: Fates | None = None) -> None:
        self._connections, self._role, self._actor, self._fates = connections, role, actor, fates
        self._step: Step = actor.step if actor else ignore

    @contextmanager
    def transaction(self, biller: int | None = None) -> Iterator[Tx]:
        connection = self._connections.take(self._role)
        if self._actor:
            self._actor.pids.add(connection.info.backend_pid)
        fate = "calm"
        try:
            with connection.transaction(), connection.cursor() as cursor:
                yield from inside(cursor, biller, self._step)
                fate = self._fates.of_commit() if self._actor and self._fates else "calm"
                if fate == "lost before":
                    raise ConnectionCut("the database went away before the commit")
        finally:
            if self._actor:
                self._actor.pids.discard(connection.info.backend_pid)
            self._connections.give_back(self._role, connection)
        self._step("committed")
        if fate == "lost after":
            raise ConnectionCut("the database went away after the commit")
