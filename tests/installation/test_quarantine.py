"""In quarantine nothing is claimed, and the database refuses what would be sent; restarts and second workers are no reason for one."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.sql import SQL, Identifier

from autopay.conf import Settings
from autopay.database import PooledDatabase
from autopay.embedded_postgres import Embedded, bundled_programs
from autopay.installation.difference import Why
from autopay.installation.watch import Place, Quarantine, begin, is_copy, lift, look, may_send, watch
from autopay.installation.witness import Seen, Witness

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
_numbers = count(1)


@pytest.fixture
def place(tmp_path: Path) -> Callable[[str], Place]:
    """Of a machine, by its name."""
    return lambda machine: Place("", Witness(tmp_path / machine / "witness.json"))


@contextmanager
def opened(database: Settings, name: str = "", role: str = "engine") -> Iterator[PooledDatabase]:
    dsn = database.dsn(role)  # type: ignore[arg-type]
    pool = PooledDatabase(make_conninfo(dsn, **({"dbname": name} if name else {})), size=1)
    try:
        yield pool
    finally:
        pool.close()


@contextmanager
def dump_read_in(postgres: Embedded, database: Settings) -> Iterator[str]:
    """A dump of the database, read into a new one on the same server."""
    name, source = f"read_in_{next(_numbers)}", str(conninfo_to_dict(database.dsn("owner"))["dbname"])
    with psycopg.connect(postgres.dsn(), autocommit=True) as server:
        server.execute(SQL("create database {} owner autopay_owner").format(Identifier(name)))
        copy(postgres.dsn(source), postgres.dsn(name))
        yield name
        server.execute(SQL("drop database {} with (force)").format(Identifier(name)))


def copy(source: str, target: str) -> None:
    programs = bundled_programs()
    dump = subprocess.run([programs / "pg_dump", "--dbname", source], capture_output=True, check=True)
    read = [programs / "psql", "--quiet", "--set", "ON_ERROR_STOP=1", "--dbname", target]
    subprocess.run(read, input=dump.stdout, capture_output=True, check=True)


def test_I24_restarts_a_second_machine_and_a_new_home_are_no_reason(
    engine_db: PooledDatabase, place: Callable[[str], Place]
) -> None:
    for minute, machine in enumerate(["a", "a", "b", "a", "b", "c"]):
        assert watch(engine_db, place(machine), NOW + minute * MINUTE) is None
    assert watch(engine_db, place("a"), NOW - MINUTE) is None  # its clock is behind the others'
    assert watch(engine_db, place("c"), NOW) is None
    assert may_send(engine_db)


def test_I24_a_dump_read_in_elsewhere_is_in_quarantine_before_anybody_looks(
    postgres: Embedded, database: Settings, engine_db: PooledDatabase, place: Callable[[str], Place]
) -> None:
    assert watch(engine_db, place("a"), NOW) is None
    with dump_read_in(postgres, database) as name, opened(database, name) as copied:
        assert not may_send(copied)
        assert look(copied, place("a"), NOW + MINUTE) == Quarantine(NOW + MINUTE, Why.DATABASE, NOW)
        assert watch(copied, place("b"), NOW + MINUTE) == Quarantine(NOW + MINUTE, Why.DATABASE, NOW)
        assert watch(copied, place("b"), NOW + 2 * MINUTE) == Quarantine(NOW + MINUTE, Why.DATABASE, NOW)
        lift(copied, place("b"), NOW + 3 * MINUTE)
        assert may_send(copied)
        with copied.transaction() as tx:
            uid = tx.value("select uid::text from installation")
        place("c").witness.write(Seen(uid, NOW + 2 * MINUTE))  # of what was lost; older than the end of the quarantine
        assert watch(copied, place("c"), NOW + 4 * MINUTE) is None
    assert may_send(engine_db)
    assert watch(engine_db, place("a"), NOW + 5 * MINUTE) is None


def test_I24_an_older_state_put_back_in_place_is_seen_by_the_witness(
    database: Settings, engine_db: PooledDatabase, place: Callable[[str], Place]
) -> None:
    for minute in range(5):
        watch(engine_db, place("a"), NOW + minute * MINUTE)
    with opened(database, role="owner") as owner, owner.transaction() as tx:
        tx.run("update installation set seen_at = %(then)s", then=NOW + MINUTE)
    found = watch(engine_db, place("a"), NOW + 6 * MINUTE)
    assert found == Quarantine(NOW + 6 * MINUTE, Why.OLDER, NOW + MINUTE)
    assert not may_send(engine_db)
    lift(engine_db, place("a"), NOW + 7 * MINUTE)
    assert watch(engine_db, place("a"), NOW + 8 * MINUTE) is None


def test_I24_the_clock_of_the_books_stands_still_in_quarantine(engine_db: PooledDatabase, place: Callable[[str], Place]) -> None:
    """What was sent is read from there on; a heartbeat in quarantine would move it past what the books know."""
    watch(engine_db, place("a"), NOW)
    begin(engine_db, NOW + MINUTE)
    for minute in range(2, 5):
        found = watch(engine_db, place("a"), NOW + minute * MINUTE)
        assert found == Quarantine(NOW + MINUTE, Why.ASKED, NOW)


def test_a_copy_becomes_an_installation_of_its_own(engine_db: PooledDatabase, place: Callable[[str], Place]) -> None:
    watch(engine_db, place("a"), NOW)
    begin(engine_db, NOW)
    with engine_db.transaction() as tx:
        before = tx.value("select uid::text from installation")
    assert not is_copy(engine_db)
    lift(engine_db, place("b"), NOW + MINUTE, copy=True)
    with engine_db.transaction() as tx:
        assert tx.value("select uid::text from installation") != before
    assert is_copy(engine_db)
    found = watch(engine_db, place("a"), NOW + 2 * MINUTE)
    assert found
    assert found.why is Why.OTHER


def test_a_witness_that_cannot_be_read_or_written_stops_nobody(engine_db: PooledDatabase, tmp_path: Path) -> None:
    broken = Witness(tmp_path / "witness.json")
    broken.path.write_text("{")
    assert watch(engine_db, Place("", broken), NOW) is None
    in_a_file = Witness(broken.path / "below" / "witness.json")
    assert watch(engine_db, Place("", in_a_file), NOW + MINUTE) is None


@pytest.mark.parametrize("role", ["app", "engine"])
def test_neither_web_nor_worker_can_make_a_second_row_or_delete_the_one(database: Settings, role: str) -> None:
    for statement in ("insert into installation default values", "delete from installation"):
        with opened(database, role=role) as db, pytest.raises(psycopg.errors.InsufficientPrivilege), db.transaction() as tx:
            tx.run(statement)


def test_the_web_cannot_end_a_quarantine(database: Settings) -> None:
    with opened(database, role="app") as db, pytest.raises(psycopg.errors.InsufficientPrivilege), db.transaction() as tx:
        tx.run("update installation set quarantined_at = null")


def test_without_the_row_nothing_is_sent(database: Settings, engine_db: PooledDatabase) -> None:
    with opened(database, role="owner") as owner, owner.transaction() as tx:
        tx.run("delete from installation")
    assert not may_send(engine_db)
