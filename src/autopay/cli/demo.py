"""`autopay demo`: the whole product on this machine, with a world to look at. Nothing else is needed and nothing leaves the machine."""

from __future__ import annotations

import os
import socket
import sys

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from rich.console import Console
from rich.table import Table

from autopay.cli import demo_home
from autopay.cli.db import prepare
from autopay.cli.serve import web_command
from autopay.cli.started import fail
from autopay.conf import conf
from autopay.embedded_postgres import Embedded
from autopay.processes import Part, PartFailed, Processes, answers, interrupt_on_signals, undisturbed
from autopay.roles import sandbox_dsn

console = Console(highlight=False, soft_wrap=True)


def demo() -> None:
    """Start database, sandbox processor, worker and web. Ctrl-C stops them; the next start goes on with the same data."""
    interrupt_on_signals()
    try:
        with demo_home.only_one():
            _run(chosen_port())
    except PartFailed as failed:
        raise fail(str(failed)) from None
    except KeyboardInterrupt:
        again, afresh = demo_home.command("demo"), demo_home.command("demo-reset")
        console.print(f"\nThe demo is stopped. {again} goes on where it was, {afresh} forgets its data.")


def demo_reset() -> None:
    """Forget the demo's data. The next `autopay demo` builds its world again."""
    with demo_home.only_one():
        demo_home.wipe()
    console.print(f"The demo's data is gone. {demo_home.command('demo')} builds it again.")


def _run(port: int) -> None:
    must_be_free(port, port + 1)
    if not demo_home.WORLD_IS_BUILT.exists():
        demo_home.wipe()  # a first start that was interrupted left half a world
    demo_home.PORTS.write_text(str(port))
    demo_home.mean_it(port)
    try:
        console.print("Starting the database")
        prepare()
        _follow_the_sandbox()
        with Processes(demo_home.HOME / "log", os.environ, console.print) as running:
            _start(running, port)
            _tell()
            running.watch()
    finally:
        with undisturbed():
            Embedded(demo_home.HOME).stop()


def _start(running: Processes, port: int) -> None:
    console.print("Starting sandbox processor, worker and web")
    sandbox, worker, web = _sandbox(port + 1), _worker(), _web(port)
    if demo_home.WORLD_IS_BUILT.exists():
        running.start(sandbox, worker, web)
    else:
        running.start(sandbox)
        _build_world()  # while no worker is in its way
        running.start(worker, web)


def _build_world() -> None:
    from autopay.demo_world import load

    load(conf(), lambda what: console.print(f"Building the demo world, once: {what}"))
    demo_home.WORLD_IS_BUILT.touch()


def _follow_the_sandbox() -> None:
    """Another PORT moves the sandbox too; billers are connected to it by its address."""
    with psycopg.connect(conf().dsn("owner")) as owner:
        moved = "update processor_account set api_base = %s where api_base like 'http://127.0.0.1:%%'"
        owner.execute(moved, [conf().sandbox_url])


def _sandbox(port: int) -> Part:
    login = conninfo_to_dict(sandbox_dsn(conf()))
    secret = {"PGPASSWORD": str(login.pop("password"))}  # not on the command line, where others could read it
    origins = [conf().site_url, conf().site_url.replace("localhost", "127.0.0.1")]  # the web answers under both names
    allowed = [word for origin in origins for word in ("--allow-origin", origin)]
    where = ["--port", str(port), *allowed, "--database-url", make_conninfo("", **login)]
    address = f"{conf().sandbox_url}/_sandbox/"
    return Part("sandbox", [sys.executable, "-m", "sandbox_processor", *where], lambda: answers(address), env=secret)


def _worker() -> Part:
    return Part("worker", [sys.executable, "-m", "autopay.cli.main", "worker"], _a_worker_listens, restart=True)


def _a_worker_listens() -> bool:
    with psycopg.connect(conf().dsn("engine")) as connection:
        listening = "select from pg_stat_activity where datname = current_database() and query = 'listen charge_due'"
        return connection.execute(listening).rowcount > 0


def _web(port: int) -> Part:
    return Part("web", web_command("127.0.0.1", port), lambda: answers(f"{conf().site_url}/"))


def chosen_port() -> int:
    given = os.environ.get("PORT", "8000")
    if not given.isdecimal() or not 0 < int(given) < 65535:
        raise fail(f"PORT={given} is no port. Choose one below 65535: PORT=9000 {demo_home.command('demo')}")
    return int(given)


def must_be_free(*ports: int) -> None:
    for port in ports:
        with socket.socket() as attempt:
            attempt.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                attempt.bind(("127.0.0.1", port))
            except PermissionError:
                raise fail(f"Port {port} is not for you. Choose another: PORT=9000 {demo_home.command('demo')}") from None
            except OSError:
                raise fail(f"Port {port} is in use. Choose another: PORT=9000 {demo_home.command('demo')}") from None


def _tell() -> None:
    """Everything a visitor needs, and last the line that says it works."""
    from autopay.demo_people import LOGINS, PASSWORD

    people = Table("Log in as", "who is", title=f"All passwords: {PASSWORD}", title_justify="left")
    for login, who in LOGINS.items():
        people.add_row(login, who)
    tries = Table("Try", "and see", title="What to try", title_justify="left")
    for what, and_see in TRIES:
        tries.add_row(what, and_see)
    for said in (
        "",
        people,
        tries,
        f"Sandbox processor: {conf().sandbox_url}/_sandbox/   Logs: {demo_home.HOME}/log   Stop: Ctrl-C",
    ):
        console.print(said)
    console.print(f"Ready: {conf().site_url}")


TRIES = (
    ("maria@patients.test, Billing", "what was charged, on which card, and how Auto-Pay stands"),
    ("james@patients.test, Billing, Pay Now", "an outstanding invoice paid by hand"),
    ("office@sunrise.test, complete a visit for Maria", "its invoice charged within a second or two"),
    ("owner@greenvalley.test, Account Management", "a practice that is not enrolled, and its bill"),
    (".venv/bin/autopay clock advance 31d", "a month of billing days in a minute"),
    (".venv/bin/autopay charge --dry-run", "who would be charged now, and why the others would not"),
)
