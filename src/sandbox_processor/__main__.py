"""`python -m sandbox_processor --port 8001`: serve the sandbox until SIGTERM or Ctrl-C."""

from __future__ import annotations

import argparse
import asyncio
import ipaddress
import os
import signal
import sys

from aiohttp import web

from sandbox_processor import NOTICE
from sandbox_processor.book import Book, MemoryBook
from sandbox_processor.http_front import Settings, application
from sandbox_processor.sandbox import Sandbox


def main(arguments: list[str] | None = None) -> int:
    asked = _parser().parse_args(arguments)
    refusal = refuse_to_start(asked.host, public=asked.public, environment=dict(os.environ))
    if refusal is not None:
        print(f"sandbox: {refusal}", file=sys.stderr)  # noqa: T201
        return 2
    origin = asked.origin or f"http://{asked.host}:{asked.port}"
    try:
        book = _book(asked)
    except Exception as problem:
        print(f"sandbox: the book cannot be opened: {problem}", file=sys.stderr)  # noqa: T201
        return 2
    app = application(Sandbox(book, origin=origin), Settings(tuple(asked.allow_origin), may_reset=not asked.no_reset))
    try:
        sys.setswitchinterval(0.0005)  # the thread that writes the book must not wait long for its turn
        asyncio.run(_serve(app, asked.host, asked.port, f"{NOTICE} Ready: {origin}"))
    except OSError as problem:
        print(f"sandbox: cannot listen on {asked.host}:{asked.port}: {problem.strerror or problem}", file=sys.stderr)  # noqa: T201
        return 2
    finally:
        book.close()
    return 0


async def _serve(app: web.Application, host: str, port: int, ready: str) -> None:
    """Listen, say so, and go on until told to end. Answers under way are given."""
    told_to_end = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, told_to_end.set)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=2)
    await runner.setup()
    try:
        await web.TCPSite(runner, host, port).start()
        print(ready, flush=True)  # noqa: T201
        await told_to_end.wait()
    finally:
        await runner.cleanup()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m sandbox_processor", description=NOTICE)
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: this machine only)")
    parser.add_argument("--port", type=int, default=8001)
    parser.add_argument("--origin", help="address under which browsers reach it (default: http://HOST:PORT)")
    parser.add_argument("--allow-origin", action="append", default=[], help="an origin that may show the card frames")
    kept = parser.add_mutually_exclusive_group(required=True)
    kept.add_argument("--database-url", help="PostgreSQL database the book is kept in")
    kept.add_argument("--memory", action="store_true", help="keep the book in memory only")
    parser.add_argument("--public", action="store_true", help="allow an address other machines can reach")
    parser.add_argument("--no-reset", action="store_true", help="refuse /_sandbox/reset")
    return parser


def refuse_to_start(host: str, *, public: bool, environment: dict[str, str]) -> str | None:
    """Why the sandbox must not run here, in one line; None when it may."""
    for name, value in sorted(environment.items()):
        if value.startswith(("sk_live_", "pk_live_", "rk_live_")):
            return f"{name} holds a live key. The sandbox runs only beside test keys; unset it here."
    if not public and not _is_loopback(host):
        return f"{host} can be reached by other machines and the sandbox asks nobody who they are. Pass --public if you mean it."
    return None


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _book(asked: argparse.Namespace) -> Book:
    if asked.memory:
        return MemoryBook()
    from sandbox_processor.postgres_book import PostgresBook

    return PostgresBook(asked.database_url)


if __name__ == "__main__":
    sys.exit(main())
