"""The bundled server's files: copied, put back, moved, recovered to an earlier moment. Real servers, stopped and started."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest

from autopay.conf import Settings
from autopay.database import PooledDatabase
from autopay.embedded_postgres import Embedded
from autopay.installation.difference import Why
from autopay.installation.files import files_of
from autopay.installation.watch import Place, Quarantine, may_send, watch
from autopay.installation.witness import Witness
from autopay.roles import prepare
from tests.installation.test_quarantine import copy

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
FAST = {"fsync": "off", "full_page_writes": "off", "synchronous_commit": "off"}


class Home:
    """An installation under a folder, with a bundled server that holds the product's tables."""

    def __init__(self, path: Path) -> None:
        self.path, self.server = path, Embedded(path)
        self.settings = Settings(home=path, database_url=None)

    def start(self) -> None:
        self.server.start(FAST)

    def watch(self, at: datetime) -> Quarantine | None:
        """What a worker does, on a connection of its own."""
        db = PooledDatabase(self.settings.dsn("engine"), size=1)
        try:
            found = watch(db, Place(files_of(self.path), Witness(self.path / "witness" / "autopay.json")), at)
            assert may_send(db) is (found is None)
            return found
        finally:
            db.close()

    def why(self, at: datetime) -> Why | None:
        found = self.watch(at)
        return found.why if found else None


@pytest.fixture
def home(tmp_path: Path, postgres: Embedded, template: str) -> Iterator[Home]:
    made = Home(tmp_path / "home")
    made.start()
    prepare(made.settings)
    copy(postgres.dsn(template), made.server.dsn("autopay"))
    assert made.watch(NOW) is None
    yield made
    made.server.wipe()


def duplicate(source: Path, target: Path) -> None:
    """As an administrator does it, with owners and times."""
    target.parent.mkdir(parents=True, exist_ok=True)
    subprocess.run(["cp", "-a", str(source), str(target)], check=True)


def test_I24_stop_and_start_kill_and_recovery_are_no_reason(home: Home) -> None:
    home.server.stop()
    home.server.start()  # one that waits for the disk: what is committed survives
    assert home.watch(NOW + MINUTE) is None
    pid = int((home.server.data / "postmaster.pid").read_text().splitlines()[0])
    subprocess.run(["kill", "-9", str(pid)], check=True)
    home.server.start()
    assert home.watch(NOW + 2 * MINUTE) is None


def test_I24_files_copied_to_another_home_are_in_quarantine_and_the_first_goes_on(home: Home, tmp_path: Path) -> None:
    home.server.stop()
    other = Home(tmp_path / "other")
    for name in ("secret.key", "superuser.secret"):
        duplicate(home.path / name, other.path / name)
    other.server._make(other.server.place)
    duplicate(home.server.data, other.server.data)
    try:
        other.start()
        assert other.why(NOW + MINUTE) is Why.FILES
    finally:
        other.server.wipe()
    home.start()
    assert home.watch(NOW + MINUTE) is None


def test_I24_an_older_copy_of_the_files_put_back_is_in_quarantine(home: Home) -> None:
    home.server.stop()
    backup = home.server.data.with_name("backup")
    duplicate(home.server.data, backup)
    home.start()
    assert home.watch(NOW + 10 * MINUTE) is None
    home.server.stop()
    control = home.server.data / "global" / "pg_control"
    subprocess.run(["cp", "-a", f"{backup}/.", str(home.server.data)], check=True)  # over it: the files keep their numbers
    assert control.exists()
    home.start()
    found = home.watch(NOW + 20 * MINUTE)
    assert found == Quarantine(NOW + 20 * MINUTE, Why.OLDER, NOW)


def test_I24_a_recovery_that_ends_on_another_timeline_is_in_quarantine(home: Home) -> None:
    home.server.stop()
    with (home.server.data / "postgresql.auto.conf").open("a") as settings:
        settings.write("restore_command = 'false'\n")
    (home.server.data / "recovery.signal").touch()
    home.start()
    with psycopg.connect(home.server.dsn("autopay")) as connection:
        assert connection.execute("select pg_is_in_recovery()").fetchone() == (False,)
    assert home.why(NOW + MINUTE) is Why.TIMELINE
