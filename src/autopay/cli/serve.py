"""`autopay serve`: the web pages. Workers are started beside it, as many as needed: `autopay worker`."""

from __future__ import annotations

import os
import sys

import typer

from autopay.cli.db import pending_migrations
from autopay.cli.started import fail
from autopay.conf import conf
from autopay.embedded_postgres import Embedded


def serve(
    host: str = typer.Option("127.0.0.1", help="Address to listen on; put a TLS proxy before any other than this machine's own."),
    port: int = 8000,
    processes: int = 1,
    threads: int = typer.Option(8, help="Requests answered at once by one process; each keeps a database connection."),
) -> None:
    """Serve the web pages until Ctrl-C."""
    if conf().database_url is None:
        Embedded(conf().home).start()
    if pending_migrations():
        raise fail("The database is not up to date. Run: autopay db init")
    command = web_command(host, port, processes, threads)
    os.execv(command[0], command)


def web_command(host: str, port: int, processes: int = 1, threads: int = 8) -> list[str]:
    """Granian is told to stop at once on SIGTERM once requests under way are answered, within its own grace."""
    where = ["--host", host, "--port", str(port)]
    size = ["--workers", str(processes), "--blocking-threads", str(threads), "--workers-kill-timeout", "8"]
    return [sys.executable, "-m", "granian", "--interface", "wsgi", "--no-ws", *where, *size, "autopay.wsgi:application"]
