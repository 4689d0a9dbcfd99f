"""The `autopay` command: one sub-command per thing a person does."""

from __future__ import annotations

import sys
from importlib.metadata import entry_points

import psycopg
import typer

from autopay.cli import (
    biller,
    charge,
    clock,
    db,
    demo,
    demo_home,
    doctor,
    evidence,
    import_,
    load_world,
    reconcile,
    report,
    restored,
    serve,
    worker,
)
from autopay.conf import conf
from autopay.embedded_postgres import PostgresError
from autopay.roles import RolesError

app = typer.Typer(no_args_is_help=True, help="Self-hosted autopay for healthcare billing.", pretty_exceptions_enable=False)
app.command("demo")(demo.demo)
app.command("demo-reset")(demo.demo_reset)
app.command("serve")(serve.serve)
app.command("worker")(worker.worker)
app.command("charge")(charge.charge)
app.command("doctor")(doctor.doctor)
app.command("restored")(restored.restored)
app.command("load-world")(load_world.load_world)
app.add_typer(db.app, name="db")
app.add_typer(biller.app, name="biller")
app.add_typer(import_.app, name="import")
app.add_typer(report.app, name="report")
app.add_typer(reconcile.app, name="reconcile")
app.add_typer(evidence.app, name="evidence")
app.add_typer(clock.app, name="clock")
for more in sorted(entry_points(group="autopay.commands"), key=lambda each: each.name):
    loaded = more.load()  # of packages installed beside this one: the proof, the bench
    app.add_typer(loaded, name=more.name) if isinstance(loaded, typer.Typer) else app.command(more.name)(loaded)


def main() -> None:
    """What fails for a reason a person can do something about ends in one line, everything else in its traceback."""
    if demo_home.is_meant():
        demo_home.mean_it()
    try:
        app()
    except (PostgresError, RolesError) as problem:
        sys.exit(str(problem))
    except Exception as error:
        cause = error if isinstance(error, psycopg.OperationalError) else error.__cause__
        if not isinstance(cause, psycopg.OperationalError):
            raise
        sys.exit(f"The database does not answer: {str(cause).splitlines()[0]}. {_what_to_do()}")


def _what_to_do() -> str:
    return "Is AUTOPAY_DATABASE_URL right, and its server up?" if conf().database_url else "Start it: autopay db init"


if __name__ == "__main__":
    main()
