"""Where the parts are put together from the settings: clock, databases, processors, engine. Nothing below this knows `conf`."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from functools import cache
from pathlib import Path

from psycopg.conninfo import conninfo_to_dict

from autopay.charging.send import Engine
from autopay.clock import Clock
from autopay.conf import conf
from autopay.database import Database, PooledDatabase
from autopay.installation.files import files_of
from autopay.installation.watch import Place
from autopay.installation.witness import witness_of
from autopay.processors.accounts import CONNECTIONS, Processors
from autopay.wallet.save import Wallets


@cache
def clock() -> Clock:
    """The demo's business clock can be moved (`autopay clock advance`); a real installation's is the machine's."""
    return Clock(ahead=lambda: days_ahead(clock_file())) if conf().demo else Clock()


def clock_file() -> Path:
    return conf().home / "clock"


def days_ahead(path: Path) -> timedelta:
    """How far the demo's business clock is ahead; no file means not at all."""
    try:
        return timedelta(seconds=float(path.read_text()))
    except (FileNotFoundError, ValueError):
        return timedelta()


def place() -> Place:
    """Where this process is, for telling restored and copied books apart. Of a server of one's own the files are not known."""
    bundled = conf().database_url is None
    database = conninfo_to_dict(conf().dsn("engine"))
    named = {"dbname": database["dbname"]} if bundled else database
    return Place(files_of(conf().home) if bundled else "", witness_of(conf().home, named))


def engine(lanes: int = CONNECTIONS) -> Engine:
    """A worker's: role engine, connections of its own; each processor account is called over as many as there are lanes."""
    db = PooledDatabase(conf().dsn("engine"))
    lease = timedelta(seconds=conf().lease_seconds)
    processors, limit, back = Processors(db, conf().secret, lanes), lease / 3, conf().site_url
    return Engine(db, processors, clock(), conf().secret, lease=lease, call_limit=limit, return_url=back)


@asynccontextmanager
async def at_work(lanes: int = CONNECTIONS) -> AsyncIterator[Engine]:
    """An engine in this event loop; what it keeps open, to processors and to the database, is closed in the end."""
    running = engine(lanes)
    try:
        yield running
    finally:
        if isinstance(running.processors, Processors):
            await running.processors.close()
        if isinstance(running.db, PooledDatabase):
            running.db.close()


def worker_wallets(engine: Engine) -> Wallets:
    return Wallets(engine.db, engine.processors, engine.clock, engine.secret)


def web_wallets(db: Database) -> Wallets:
    """A web process's: role app. Its adapters belong to the background loop that calls them, and so does `db`."""
    return Wallets(db, Processors(db, conf().secret), clock(), conf().secret)
