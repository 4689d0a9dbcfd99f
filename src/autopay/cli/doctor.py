"""`autopay doctor`: is this installation well, and what to do if not. Reads only."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import timedelta

import psycopg
import typer
from rich.console import Console

from autopay.cli.db import pending_migrations, quarantine
from autopay.conf import Role, conf
from autopay.processes import answers
from autopay.roles import OLDEST_SERVER
from autopay.tenancy import OUTSIDE

LATE = timedelta(minutes=5)
NOT_COMPARED = timedelta(days=3)
CLOCKS_MAY_DIFFER = timedelta(seconds=2)
NOT_OURS = ("django_", "auth_", "account_", "app_user_", "cache", "mfa_", "usersessions_")
STRIPE = "https://api.stripe.com"


@dataclass(frozen=True)
class Finding:
    """`do`: what helps; empty where all is well."""

    check: str
    says: str
    do: str = ""

    @property
    def ok(self) -> bool:
        return not self.do


def doctor(as_json: bool = typer.Option(False, "--json")) -> None:
    """Check database, roles, row-level security, quarantine, queue, processors and their pace, books, clocks. Exit status 1 if one is wrong."""
    found = findings()
    if as_json:
        typer.echo(json.dumps([{**asdict(each), "ok": each.ok} for each in found], indent=2))
    else:
        _tell(found)
    raise typer.Exit(0 if all(each.ok for each in found) else 1)


def findings() -> list[Finding]:
    """Every check's; without a database only that one's."""
    reached = [_reach(role) for role in ("owner", "app", "engine")]
    if not all(each.ok for each in reached):
        return reached
    found = [*reached, _migrations()]
    if found[-1].ok:
        with psycopg.connect(conf().dsn("owner")) as owner, psycopg.connect(conf().dsn("engine")) as engine:
            found += [
                _row_security(owner),
                _quarantine(),
                *_queue(engine),
                *_processors(owner),
                *_paces(engine),
                *_books(engine),
                _clocks(owner),
            ]
    return found


def _tell(found: list[Finding]) -> None:
    console = Console(highlight=False, soft_wrap=True)
    for each in found:
        mark = "[green]ok[/]   " if each.ok else "[red]wrong[/]"
        console.print(f"{mark} {each.check}: {each.says}" + (f"\n      [bold]{each.do}[/]" if each.do else ""))


def _reach(role: Role) -> Finding:
    check = f"role {role}"
    try:
        with psycopg.connect(conf().dsn(role), connect_timeout=5) as connection:
            version = connection.info.server_version // 10_000
            mighty = connection.execute(
                "select from pg_roles where rolname = current_user and (rolsuper or rolbypassrls)"
            ).rowcount
    except psycopg.OperationalError as error:
        return Finding(check, f"cannot connect: {str(error).splitlines()[0]}", "Run: autopay db init")
    if version < OLDEST_SERVER:
        return Finding(check, f"PostgreSQL {version}", f"Move to PostgreSQL {OLDEST_SERVER} or newer.")
    if mighty:
        says = "could ignore row-level security"
        return Finding(check, says, f"Run as an administrator: alter role {connection.info.user} nosuperuser nobypassrls")
    return Finding(check, f"connects to PostgreSQL {version}; cannot ignore row-level security")


def _migrations() -> Finding:
    pending = pending_migrations()
    says = f"{len(pending)} not applied, first {pending[0]}" if pending else "all applied"
    return Finding("migrations", says, "Run: autopay db init" if pending else "")


def _row_security(owner: psycopg.Connection) -> Finding:
    bare = owner.execute(
        """select relname from pg_class where relkind in ('r', 'p') and relnamespace = 'public'::regnamespace
           and not (relrowsecurity and relforcerowsecurity) order by 1"""
    ).fetchall()
    open_tables = [name for (name,) in bare if name not in OUTSIDE and not name.startswith(NOT_OURS)]
    if not open_tables:
        return Finding("row-level security", "forced on every table of a biller")
    do = "Somebody has changed the schema. For each: alter table … enable row level security, force row level security"
    return Finding("row-level security", f"not forced on {', '.join(open_tables)}", do)


def _quarantine() -> Finding:
    found = quarantine()
    if found is None:
        return Finding("quarantine", "these books are where they were and not older: they may send")
    until = f"; they know what was sent until {found.known_until:%Y-%m-%d %H:%M} UTC" if found.known_until else ""
    says = f"since {found.since:%Y-%m-%d %H:%M} UTC nothing is sent: {found.said}{until}"
    return Finding(
        "quarantine",
        says,
        "Read what the payment company did since then: autopay restored. For a copy: autopay restored --as-a-copy",
    )


@dataclass(frozen=True)
class Question:
    """How many rows are in a state that should not last."""

    check: str
    sql: str
    says: Callable[[int], str]
    do: str


QUEUE = (
    Question(
        "worker",
        """select (not exists (select from pg_stat_activity
                               where datname = current_database() and query = 'listen charge_due'))::int""",
        lambda missing: "none is running" if missing else "running",
        "Start one, on any machine that reaches the database: autopay worker",
    ),
    Question(
        "due charges",
        "select count(*) from charge where state = 'due' and run_at < %(late)s",
        lambda late: f"{late} due for more than 5 minutes",
        "See why they wait: autopay charge --dry-run",
    ),
    Question(
        "expired leases",
        "select count(*) from charge where state = 'sending' and lease_until < %(machine_late)s",
        lambda late: f"{late} calls of stopped workers not looked up for 5 minutes",
        "A worker looks them up by itself; if one runs, its log says why it cannot.",
    ),
    Question(
        "unknown outcomes",
        "select count(*) from charge where state = 'unknown' and called_at < %(machine_late)s",
        lambda unknown: f"{unknown} charges whose outcome the processor has not told for 5 minutes",
        "Is the processor reachable? They are asked about until it answers, and nobody can pay those invoices meanwhile.",
    ),
)


def _queue(engine: psycopg.Connection) -> Iterator[Finding]:
    from autopay.running import clock

    late = {"late": clock().now() - LATE, "machine_late": clock().machine() - LATE}
    for question in QUEUE:
        row = engine.execute(question.sql.encode(), late).fetchone()
        count = int(row[0]) if row else 0
        yield Finding(question.check, question.says(count), question.do if count else "")


def _processors(owner: psycopg.Connection) -> Iterator[Finding]:
    for (address,) in owner.execute("select distinct api_base from processor_account where connected order by 1").fetchall():
        where = address or STRIPE
        if answers(where):
            yield Finding("processor", f"{where} answers")
        else:
            yield Finding("processor", f"{where} does not answer", "Is it up, and does a firewall let this machine call it?")


def _paces(engine: psycopg.Connection) -> Iterator[Finding]:
    """Accounts that are left alone for a while: since when, why, until when. They go on by themselves, but for refused keys."""
    from autopay.processors.pace import PAUSED, Pace
    from autopay.running import clock

    rows = engine.execute(PAUSED.encode()).fetchall()
    if not rows:
        yield Finding("pace", "no account is paused")
    for each in (Pace(*row) for row in rows):
        named = engine.execute("select name from biller where id = %s", [each.biller]).fetchone() or ("",)
        waits = each.paused_until and not each.probing and each.paused_until > clock().machine()
        until = f"the next try is at {each.paused_until:%H:%M:%S} UTC" if waits else "one call asks again"
        why = "it asks for fewer calls" if each.too_fast else "it refuses the keys" if each.keys_refused else "it does not answer"
        says = f"{named[0]}: paused since {each.since:%Y-%m-%d %H:%M} UTC, {why} ({each.why}); {until}"
        yield Finding("pace", says, _help(each.too_fast, each.keys_refused))


def _help(too_fast: bool, keys_refused: bool) -> str:
    if keys_refused:
        return "Replace its keys: autopay biller connect. Its charges wait and go out by themselves then."
    if too_fast:
        return "Its charges wait and go out by themselves. If this comes again and again, lower its rate: autopay biller pace --a-second N"
    return "Its charges wait and go out by themselves when it answers. Is it up, and does a firewall let this machine call it?"


def _books(engine: psycopg.Connection) -> Iterator[Finding]:
    """What differs from the payment company's book, and days that were not compared."""
    from autopay.running import clock

    row = engine.execute("select count(*), min(found_at)::date from difference where resolved_at is null").fetchone()
    count, since = row or (0, None)
    if count:
        do = "Each says what to do: autopay reconcile YESTERDAY. Invoices they are about cannot be paid meanwhile."
        yield Finding("books", f"{count} differences to the payment company's book are open, the oldest since {since}", do)
    else:
        yield Finding("books", "no difference to the payment company's book is open")
    late = (clock().now() - NOT_COMPARED).date()
    row = engine.execute(
        'select count(*), min("on"), max(why) from reconciliation where done_at is null and "on" < %s', [late]
    ).fetchone()
    waiting, first, why = row or (0, None, "")
    do = f"A worker compares them, in order. {why}".strip() if waiting else ""
    yield Finding("days compared", f"{waiting} days wait, the first is {first}" if waiting else "up to date", do)


def _clocks(owner: psycopg.Connection) -> Finding:
    from autopay.running import clock

    row = owner.execute("select clock_timestamp()").fetchone()
    apart = abs(row[0] - clock().machine()) if row else timedelta()
    says = f"database and this machine are {apart.total_seconds():.1f} s apart"
    return Finding("clocks", says, "Set both by a time server (NTP): leases depend on it." if apart > CLOCKS_MAY_DIFFER else "")
