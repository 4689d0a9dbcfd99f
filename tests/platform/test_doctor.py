"""`autopay doctor` finds what is wrong, and says what to do about it."""

from __future__ import annotations

import asyncio
import sys

import psycopg
import pytest
from typer.testing import CliRunner

from autopay.cli.biller import app
from autopay.cli.doctor import Finding, findings
from autopay.cli.main import main
from autopay.conf import Settings, conf
from tests.fixtures.world import World


def finding(check: str) -> Finding:
    return next(each for each in findings() if each.check == check)


def test_a_fresh_installation_lacks_nothing_but_a_worker(database: Settings) -> None:
    assert [each.check for each in findings() if not each.ok] == ["worker"]
    assert "autopay worker" in finding("worker").do


def test_a_listening_worker_is_seen(database: Settings) -> None:
    with psycopg.connect(database.dsn("engine"), autocommit=True) as worker:
        worker.execute("listen charge_due")
        assert finding("worker").ok


def test_a_table_opened_to_other_billers_is_named(database: Settings) -> None:
    with psycopg.connect(database.dsn("owner")) as owner:
        owner.execute("alter table invoice no force row level security")
    found = finding("row-level security")
    assert not found.ok
    assert found.says == "not forced on invoice"


def test_a_migration_that_is_missing_is_named(database: Settings) -> None:
    with psycopg.connect(database.dsn("owner")) as owner:
        owner.execute("delete from django_migrations where app = 'sessions'")
    found = finding("migrations")
    assert found.says == "1 not applied, first sessions.0001_initial"
    assert found.do == "Run: autopay db init"


def test_a_database_that_is_down_is_the_only_finding(database: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AUTOPAY_DATABASE_URL", "postgresql://nobody@127.0.0.1:9/none")
    conf.cache_clear()
    found = findings()
    assert [each.check for each in found] == ["role owner", "role app", "role engine"]
    assert not any(each.ok for each in found)


async def test_a_charge_that_waits_too_long_is_counted(world: World) -> None:
    world.visit(await world.patient("Maria"))
    assert (await asyncio.to_thread(finding, "due charges")).ok
    with psycopg.connect(conf().dsn("owner")) as owner:
        owner.execute("update charge set run_at = run_at - interval '1 year'")
    assert (await asyncio.to_thread(finding, "due charges")).says == "1 due for more than 5 minutes"


def test_a_command_whose_database_is_not_there_says_what_to_do(database: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("autopay.cli.started.conf", lambda: database.model_copy(update={"database_name": "never_made"}))
    monkeypatch.setattr(sys, "argv", ["autopay", "bench", "pages"])
    with pytest.raises(SystemExit, match=r'database "never_made" does not exist\. Start it: autopay db init'):
        main()


async def test_an_account_that_is_paused_is_named_with_since_when_why_and_until_when(world: World) -> None:
    assert (await asyncio.to_thread(finding, "pace")).ok
    told = {
        "TimeoutError": ("it does not answer (TimeoutError)", "Is it up"),
        "AuthenticationError 401": ("it refuses the keys", "autopay biller connect"),
    }
    for why, (says, do) in told.items():
        world.rows(
            """update processor_pace set failures = 7, since = now(), paused_until = now() + interval '1 minute', why = %(why)s
               returning biller_id""",
            why=why,
        )
        found = await asyncio.to_thread(finding, "pace")
        assert not found.ok
        assert found.says.startswith("Sunrise Home Care: paused since ")
        assert says in found.says
        assert "the next try is at " in found.says
        assert do in found.do


def test_the_pace_of_an_account_is_set_by_a_command(world: World) -> None:
    command = CliRunner()
    assert command.invoke(app, ["pace"]).exit_code == 1
    assert command.invoke(app, ["pace", "--a-second", "0"]).exit_code == 1
    said = command.invoke(app, ["pace", "--a-second", "7.5"])
    assert said.output == "Sunrise Home Care: at most 7.5 charges and refunds a second.\n"
    assert world.value("select rate from processor_pace") == 7.5
    said = command.invoke(app, ["pace", "--no-limit"])
    assert said.output == "Sunrise Home Care: no limit.\n"
    assert world.value("select rate from processor_pace") is None
