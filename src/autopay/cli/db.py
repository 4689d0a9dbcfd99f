"""`autopay db`: the bundled PostgreSQL, or a server of your own named by AUTOPAY_DATABASE_URL."""

from __future__ import annotations

import json
import os
import shutil

import psycopg
import typer
from psycopg.conninfo import conninfo_to_dict

from autopay.cli.started import fail, start
from autopay.conf import Role, conf
from autopay.embedded_postgres import Embedded, bundled_programs
from autopay.installation.watch import Quarantine, look

app = typer.Typer(no_args_is_help=True, help="The database: create, start, stop, look at it.")


@app.command()
def init() -> None:
    """Start the bundled server if it is the one used, make roles and databases, bring the tables up to date. Repeat at will."""
    prepare()
    typer.echo(f"The database is ready: {_where()}")
    if found := quarantine():
        typer.echo(f"Nothing will be sent: {found.said}. See: autopay doctor", err=True)


def prepare() -> None:
    """What `init` does, for other commands."""
    from autopay.roles import prepare as prepare_roles

    if conf().database_url is None:
        Embedded(conf().home).start()
    prepare_roles(conf())
    migrate()


def quarantine() -> Quarantine | None:
    """Of these books as they are here; nothing is written."""
    from autopay.database import PooledDatabase
    from autopay.running import clock, place

    db = PooledDatabase(conf().dsn("engine"), size=1)
    try:
        return look(db, place(), clock().machine())
    finally:
        db.close()


def migrate() -> None:
    """Tables up to date, as the owner."""
    if not pending_migrations():
        return
    from django.core.management import call_command

    call_command("migrate", database="owner", verbosity=0, interactive=False)
    call_command("createcachetable", database="owner", verbosity=0)


def pending_migrations() -> list[str]:
    """Migrations the database does not have yet, as `app.name`."""
    start()
    from django.db import connections
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connections["owner"])
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    connections["owner"].close()
    return [f"{migration.app_label}.{migration.name}" for migration, _ in plan]


@app.command("start")
def start_server() -> None:
    """Start the bundled PostgreSQL."""
    _embedded().start()
    typer.echo(f"PostgreSQL runs: {_where()}")


@app.command()
def stop() -> None:
    """Stop the bundled PostgreSQL. Its data stays."""
    _embedded().stop()
    typer.echo("PostgreSQL is stopped.")


@app.command()
def status(as_json: bool = typer.Option(False, "--json")) -> None:
    """Whether the database answers, and which it is. Exit status 1 if it does not."""
    answers = _answers()
    facts = {"answers": answers, "embedded": conf().database_url is None, "where": _where(), "home": str(conf().home)}
    hint = "" if answers else " Start it with: autopay db init"
    typer.echo(json.dumps(facts) if as_json else f"{'Answers' if answers else 'Does not answer'}: {_where()}.{hint}")
    raise typer.Exit(0 if answers else 1)


@app.command()
def shell(role: str = typer.Option("owner", help="owner, app or engine: each sees what row-level security lets it see.")) -> None:
    """psql on the product's database."""
    roles: dict[str, Role] = {"owner": "owner", "app": "app", "engine": "engine"}
    if role not in roles:
        raise fail("--role is owner, app or engine.")
    login = conninfo_to_dict(conf().dsn(roles[role]))
    secret = {"PGPASSWORD": str(login.pop("password", ""))}  # not on the command line, where others could read it
    psql = _psql()
    os.execve(psql, [psql, " ".join(f"{name}='{value}'" for name, value in login.items())], {**os.environ, **secret})


def _psql() -> str:
    found = shutil.which("psql", path=f"{bundled_programs()}{os.pathsep}{os.environ.get('PATH', os.defpath)}")
    if found is None:
        raise fail("There is no psql on this machine. Install PostgreSQL's client.")
    return found


def _embedded() -> Embedded:
    if conf().database_url is not None:
        raise fail("AUTOPAY_DATABASE_URL names a server of your own: start and stop it where it runs.")
    return Embedded(conf().home)


def _answers() -> bool:
    try:
        with psycopg.connect(conf().dsn("owner"), connect_timeout=5):
            return True
    except psycopg.OperationalError:
        return False


def _where() -> str:
    login = conninfo_to_dict(conf().dsn("owner"))
    return f"database {login.get('dbname')} at {login.get('host')}:{login.get('port', 5432)}"
