"""Real workers and a real gateway, started and stopped; and a worker in this process, for what needs no wire."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from typing import Any, LiteralString, cast
from urllib.request import urlopen

import psycopg
import structlog

from autopay.charging.send import Engine
from autopay.clock import Clock
from autopay.conf import Settings
from autopay.database import PooledDatabase
from autopay.processors.protocol import Processor
from autopay.wallet.save import Wallets
from autopay.worker import Worker, make_ready
from autopay_bench.in_process import InProcess

LONGEST = 1800.0
"""Seconds after which a run that does not end is wrong."""
NOTHING_LEFT = "select not exists (select from charge where state in ('due', 'sending') and run_at <= now() + interval '1 hour')"
LISTENS = "select exists (select from pg_stat_activity where datname = current_database() and query ilike 'listen charge_due%%')"
TOOK = """select extract(epoch from max(settled_at) - min(sent_at))::float8 as seconds from charge where state = 'paid' and sent_at >= %s"""


@contextmanager
def gateway(delay: float) -> Iterator[str]:
    """Its address. A process of its own, on the same cores."""
    command = [sys.executable, "-m", "autopay_bench.gateway", "--delay", str(delay)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        yield f"http://127.0.0.1:{int(process.stdout.readline())}"
    finally:
        process.kill()
        process.communicate()


def told_by(gateway: str, what: str = "book") -> dict[str, Any]:
    with urlopen(f"{gateway}/{what}", timeout=60) as answer:
        told: dict[str, Any] = json.load(answer)
    return told


@contextmanager
def workers(number: int, lanes: int) -> Iterator[list[int]]:
    """`autopay worker`, so many times, on the database the settings name; stopped as a person would. Gives their process ids."""
    command = [sys.executable, "-c", "from autopay.cli.main import main; main()", "worker", "--lanes", str(lanes)]
    running = [subprocess.Popen(command, stdout=subprocess.DEVNULL, env=os.environ.copy()) for _ in range(number)]
    try:
        yield [each.pid for each in running]
    finally:
        for each in running:
            each.send_signal(signal.SIGTERM)
        for each in running:
            with suppress(subprocess.TimeoutExpired):
                each.wait(60)
            each.kill()


def wait_until_nothing_is_left(admin: str) -> None:
    """Raises TimeoutError after half an hour."""
    wait_until(admin, NOTHING_LEFT)


def wait_until_it_listens(admin: str) -> None:
    """A worker has started."""
    wait_until(admin, LISTENS)


def wait_until(admin: str, question: LiteralString, *values: object) -> None:
    """Asked ten times a second until it is true. Raises TimeoutError after half an hour."""
    began = time.monotonic()
    with psycopg.connect(admin, autocommit=True) as server:
        while not (server.execute(question, values).fetchone() or (False,))[0]:
            if time.monotonic() - began > LONGEST:
                raise TimeoutError(f"still not so after half an hour: {question}")
            time.sleep(0.1)


def seconds_of_the_run(admin: str, since: object) -> float:
    """From the first claim to the last outcome written, by the engine's clock."""
    with psycopg.connect(admin) as server:
        row = server.execute(TOOK, [since]).fetchone()
    return float(row[0]) if row and row[0] else 0.0


def work_here(settings: Settings, biller: int, processor: InProcess, lanes: int) -> None:
    """A whole worker, all of its jobs, until nothing is due."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    with closing(PooledDatabase(settings.dsn("engine"))) as db:
        by_biller = cast(Mapping[int, Processor], {biller: processor})
        engine = Engine(db, by_biller, Clock(), settings.secret)
        worker = Worker(engine, Wallets(db, by_biller, engine.clock, settings.secret), settings.dsn("engine"), lanes)
        make_ready()
        asyncio.run(_until_done(worker, settings))


async def _until_done(worker: Worker, settings: Settings) -> None:
    async def stop() -> None:
        await asyncio.to_thread(wait_until_nothing_is_left, settings.dsn("engine"))
        worker.stopping.set()

    await asyncio.gather(worker.run(), stop())
