"""The bundled PostgreSQL survives what happens to databases: kills, stale files, impatient callers, awkward paths."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import LiteralString

import psutil
import psycopg
import pytest

from autopay.embedded_postgres import Embedded

START = "import sys; from autopay.embedded_postgres import Embedded; Embedded(sys.argv[1]).start()"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Embedded]:
    embedded = Embedded(tmp_path / "home")
    yield embedded
    embedded.wipe()


def run(server: Embedded, sql: LiteralString) -> object:
    with psycopg.connect(server.dsn()) as connection:
        cursor = connection.execute(sql)
        row = cursor.fetchone() if cursor.description else None
        return row[0] if row else None


def postmaster(server: Embedded) -> int:
    return int((server.data / "postmaster.pid").read_text().splitlines()[0])


def test_data_survives_stop_and_start(server: Embedded) -> None:
    server.start()
    run(server, "create table kept as select 42 as answer")
    server.stop()
    assert not server.answers()
    server.start()
    assert run(server, "select answer from kept") == 42


def test_it_recovers_after_kill_9_of_the_postmaster(server: Embedded) -> None:
    server.start()
    run(server, "create table kept as select 42 as answer")
    os.kill(postmaster(server), signal.SIGKILL)
    server.start()
    assert run(server, "select answer from kept") == 42


def test_it_recovers_while_orphans_of_the_killed_postmaster_are_busy(server: Embedded) -> None:
    server.start()
    before = postmaster(server)
    with psycopg.connect(server.dsn(), autocommit=True) as busy, ThreadPoolExecutor() as pool:
        query = pool.submit(busy.execute, "select count(*) from generate_series(1, 20000000)")
        time.sleep(0.3)
        os.kill(before, signal.SIGKILL)
        server.start()
        assert isinstance(query.exception(), (psycopg.Error, type(None)))
    assert server.answers()
    assert postmaster(server) != before


def test_a_stale_pid_naming_a_foreign_process_leaves_that_process_alone(server: Embedded) -> None:
    server.start()
    lock = (server.data / "postmaster.pid").read_text()
    server.stop()
    with subprocess.Popen(["sleep", "600"]) as foreign:
        stale = lock.replace(lock.splitlines()[0], str(foreign.pid), 1)
        (server.data / "postmaster.pid").write_text(stale)
        server.start()
        assert server.answers()
        server.stop()
        assert foreign.poll() is None
        foreign.kill()


def test_a_zombie_in_the_pid_file_is_not_taken_for_a_server(server: Embedded) -> None:
    server.start()
    lock = (server.data / "postmaster.pid").read_text()
    server.stop()
    with subprocess.Popen(["true"]) as zombie:
        while psutil.Process(zombie.pid).status() != psutil.STATUS_ZOMBIE:
            time.sleep(0.01)
        (server.data / "postmaster.pid").write_text(lock.replace(lock.splitlines()[0], str(zombie.pid), 1))
        server.start()
    assert server.answers()


def test_several_starts_at_once_give_one_postmaster(server: Embedded) -> None:
    starting = [subprocess.Popen([sys.executable, "-c", START, str(server.home)]) for _ in range(6)]
    assert [process.wait(timeout=60) for process in starting] == [0] * 6
    mine = [
        p for p in psutil.process_iter(["cmdline"]) if "-D" in (p.info["cmdline"] or []) and str(server.data) in p.info["cmdline"]
    ]
    assert [process.pid for process in mine] == [postmaster(server)]


def test_a_first_start_that_was_killed_half_way_is_done_again(server: Embedded) -> None:
    server.start()
    server.stop()
    server.data.rename(server.data.with_name("data.new"))
    (server.data.with_name("data.new") / "PG_VERSION").unlink()
    server.start()
    assert server.answers()


def test_nobody_gets_in_without_the_secret_and_only_its_owner_reads_it(server: Embedded) -> None:
    server.start()
    assert stat.S_IMODE(server.secret_file.stat().st_mode) == 0o600
    with pytest.raises(psycopg.OperationalError, match="password"):
        psycopg.connect(server.dsn(), password="guessed")


def test_a_long_path_does_not_matter(tmp_path: Path) -> None:
    server = Embedded(tmp_path / ("long" * 30))
    try:
        server.start()
        assert server.answers()
    finally:
        server.wipe()
    assert not server.sockets.exists()


def test_a_private_home_stays_private(tmp_path: Path) -> None:
    private = tmp_path / "private"
    private.mkdir(mode=0o700)
    server = Embedded(private / "home")
    try:
        server.start()
        assert server.answers()
        assert stat.S_IMODE(private.stat().st_mode) == 0o700
    finally:
        server.wipe()
    assert not server.place.parent.exists() or server.place.is_relative_to(server.home)


def test_extra_settings_hold_for_one_run(server: Embedded) -> None:
    server.start({"work_mem": "7MB"})
    assert run(server, "show work_mem") == "7MB"
    server.stop()
    server.start()
    assert run(server, "show work_mem") == "4MB"
    assert run(server, "show fsync") == "on"
