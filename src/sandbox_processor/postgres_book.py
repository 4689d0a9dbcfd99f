"""The book in PostgreSQL: a database and a role of its own, one row per entry, many entries per commit.

A thread writes: whatever has gathered while the last commit was under way goes into the next one. If a commit fails, what the
sandbox has in memory is no longer what the book says, so the process ends; the next start replays the book.
"""

from __future__ import annotations

import json
import os
import sys
import threading
from concurrent.futures import Future

import psycopg

from sandbox_processor.book import Entry, from_json, to_json

_TABLE = """
CREATE TABLE IF NOT EXISTS book (
    position bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    entry json NOT NULL -- not jsonb: answers keep the order of their fields
);
ALTER TABLE book ALTER entry SET STORAGE EXTERNAL -- compressing each entry costs more than its commit
"""
_GUARD = """
CREATE OR REPLACE FUNCTION book_is_only_appended_to() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'the book is never changed'; END $$;
CREATE OR REPLACE TRIGGER book_is_only_appended_to BEFORE UPDATE OR DELETE ON book
    EXECUTE FUNCTION book_is_only_appended_to();
"""
_ONE_WRITER = 8_001_001
"""Advisory lock: two sandboxes on one book would not see each other's entries."""

Waiting = list[tuple[Entry, "Future[None]"]]


class PostgresBook:
    """Raises psycopg.OperationalError when the database cannot be reached, RuntimeError when another sandbox has the book."""

    def __init__(self, dsn: str) -> None:
        self._connection = psycopg.connect(dsn, autocommit=True)
        self._prepare()
        self._waiting: Waiting = []
        self._wake = threading.Condition()
        self._closing = False
        self._writer = threading.Thread(target=self._write, name="book", daemon=True)
        self._writer.start()

    def append(self, entry: Entry) -> Future[None]:
        committed: Future[None] = Future()
        with self._wake:
            self._waiting.append((entry, committed))
            self._wake.notify()
        return committed

    def replay(self) -> list[Entry]:
        """All entries in order. Called at start, before anything is appended."""
        rows = self._connection.execute("SELECT entry FROM book ORDER BY position").fetchall()
        return [from_json(entry) for (entry,) in rows]

    def erase(self) -> None:
        """Only for tests and demos: TRUNCATE is the one way the guard leaves open."""
        self._drain()
        self._connection.execute("TRUNCATE book")

    def close(self) -> None:
        """Write what is waiting, then let go of the database."""
        with self._wake:
            self._closing = True
            self._wake.notify()
        self._writer.join()
        self._connection.close()

    def _prepare(self) -> None:
        try:  # one that was just stopped or killed lets go a moment later
            self._connection.execute("SET lock_timeout = '5s'")
            self._connection.execute("SELECT pg_advisory_lock(%s)", [_ONE_WRITER])
            self._connection.execute("RESET lock_timeout")
        except psycopg.errors.LockNotAvailable:
            self._connection.close()
            text = "another sandbox is using this database; stop it or give this one a database of its own"
            raise RuntimeError(text) from None
        self._connection.execute(_TABLE)
        self._connection.execute(_GUARD)

    def _drain(self) -> None:
        with self._wake:
            last = self._waiting[-1][1] if self._waiting else None
        if last is not None:
            last.result()

    def _write(self) -> None:
        while (batch := self._next_batch()) is not None:
            try:
                self._insert([entry for entry, _ in batch])
            except Exception as problem:
                print(f"sandbox: the book cannot be written, ending: {problem}", file=sys.stderr, flush=True)  # noqa: T201
                os._exit(70)
            for _, committed in batch:
                committed.set_result(None)

    def _next_batch(self) -> Waiting | None:
        with self._wake:
            self._wake.wait_for(lambda: self._waiting or self._closing)
            batch, self._waiting = self._waiting, []
            return batch or None

    def _insert(self, entries: list[Entry]) -> None:
        """One COPY is one transaction, and thirty times faster than an array of long texts."""
        with self._connection.cursor().copy("COPY book (entry) FROM STDIN") as copy:
            for entry in entries:
                copy.write_row([json.dumps(to_json(entry))])
