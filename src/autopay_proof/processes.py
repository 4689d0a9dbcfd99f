"""The same with real processes: `python -m autopay_proof.processes --invoices 5000 --seed 1`.

Workers of their own processes, a sandbox on a server of its own, a PostgreSQL whose commits are real. While invoices are charged, workers are
killed and put to sleep past their lease, PostgreSQL is thrown out and started again, connections are cut, answers get lost. Then the sandbox's
book decides: every invoice captured once, and our books the same. One line of JSON; exit status 1 if something is wrong.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

import psutil
import psycopg

from autopay.embedded_postgres import Embedded
from autopay_proof.server import server

PAYERS = 60
WORKERS = 3
LEASE = 6
BATCH = 300
SLOW = 300
"""Milliseconds until the sandbox answers: long enough for something to happen meanwhile."""
PATIENCE = 240.0
"""Seconds after the last blow until nothing may be open."""
OPEN = "select count(*) from charge where state in ('due', 'sending', 'unknown', 'pending', 'needs_payer')"
LOST = ("lost_after", "lost_before", "error_after", "cut", "unavailable", "rate_limited")


@dataclass
class Crew:
    """Workers. `asleep`: until when, by the monotonic clock."""

    log: IO[bytes]
    awake: list[subprocess.Popen[bytes]] = field(default_factory=list)
    asleep: dict[subprocess.Popen[bytes], float] = field(default_factory=dict)

    def start(self) -> None:
        env = {**os.environ, "AUTOPAY_LEASE_SECONDS": str(LEASE), "AUTOPAY_LANES": "20"}
        code = "from autopay.cli.worker import worker; worker(0)"
        self.awake.append(subprocess.Popen([sys.executable, "-c", code], env=env, stdout=self.log, stderr=self.log))

    def kill(self, chance: random.Random) -> None:
        victim = chance.choice(self.awake)
        self.awake.remove(victim)
        victim.kill()
        victim.wait()
        self.start()

    def put_to_sleep(self, chance: random.Random) -> None:
        if len(self.awake) > 1:
            victim = chance.choice(self.awake)
            self.awake.remove(victim)
            victim.send_signal(signal.SIGSTOP)
            self.asleep[victim] = time.monotonic() + LEASE * 1.5

    def wake(self, *, all_of_them: bool = False) -> None:
        for sleeper, until in list(self.asleep.items()):
            if all_of_them or time.monotonic() > until:
                del self.asleep[sleeper]
                sleeper.send_signal(signal.SIGCONT)
                self.awake.append(sleeper)

    def close(self) -> None:
        self.wake(all_of_them=True)
        for process in self.awake:
            process.kill()
            process.wait()


def run(home: Path, seed: int, invoices: int) -> dict[str, object]:
    chance, blows = random.Random(seed), Counter[str]()
    with server(home, {}) as postgres, _sandbox() as url, (home / "workers.log").open("wb") as log:
        from autopay_proof.crowd import Crowd

        crowd = Crowd(url)
        payers = crowd.furnish(PAYERS)
        crew = Crew(log)
        try:
            for _ in range(WORKERS):
                crew.start()
            _slow(url)
            began = time.monotonic()
            issued = 0
            while issued < invoices or _open(postgres):
                if issued < invoices:
                    with suppress(psycopg.OperationalError):
                        issued += crowd.issue(payers, min(BATCH, invoices - issued), issued)
                blow = chance.choice(BLOWS)
                with suppress(psycopg.OperationalError):
                    blow(crew, postgres, url, chance)
                blows[blow.__name__.strip("_").replace("_", " ")] += 1
                _while_waking(crew, chance.uniform(1, 5))
            crew.wake(all_of_them=True)
            _until_quiet(postgres)
            took = time.monotonic() - began
            wrong = crowd.wrong(invoices)
        finally:
            crew.close()
    return {"seed": seed, "invoices": invoices, "seconds": round(took), "blows": dict(blows), "wrong": wrong}


def _kill(crew: Crew, _postgres: Embedded, _url: str, chance: random.Random) -> None:
    crew.kill(chance)


def _sleep_past_the_lease(crew: Crew, _postgres: Embedded, _url: str, chance: random.Random) -> None:
    crew.put_to_sleep(chance)


def _postgres_thrown_out(_crew: Crew, postgres: Embedded, _url: str, _chance: random.Random) -> None:
    """At once, whatever is under way; then it comes back."""
    postmaster = int((postgres.data / "postmaster.pid").read_text().split()[0])
    os.kill(postmaster, signal.SIGQUIT)
    with suppress(psutil.NoSuchProcess):
        psutil.Process(postmaster).wait(30)
    postgres.start()


def _connections_cut(_crew: Crew, postgres: Embedded, _url: str, _chance: random.Random) -> None:
    with psycopg.connect(postgres.dsn(), autocommit=True) as admin:
        admin.execute("select pg_terminate_backend(pid) from pg_stat_activity where usename like 'autopay_%'")


def _answers_lost(_crew: Crew, _postgres: Embedded, url: str, chance: random.Random) -> None:
    fault = {"action": chance.choice(LOST), "times": chance.randrange(1, 20), "operation": "payment_intents.create"}
    _ask("DELETE", f"{url}/_sandbox/faults", {})  # the first that fits strikes
    _ask("POST", f"{url}/_sandbox/faults", fault)
    _slow(url)


def _slow(url: str) -> None:
    _ask("POST", f"{url}/_sandbox/faults", {"action": "slow", "ms": SLOW, "times": None, "operation": "payment_intents.create"})


BLOWS: list[Callable[[Crew, Embedded, str, random.Random], None]] = [
    _kill,
    _sleep_past_the_lease,
    _postgres_thrown_out,
    _connections_cut,
    _answers_lost,
    _postgres_thrown_out,
    _postgres_thrown_out,
]


def _while_waking(crew: Crew, seconds: float) -> None:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        crew.wake()
        time.sleep(0.1)


def _open(postgres: Embedded) -> int:
    """At least one while nobody can say."""
    try:
        with psycopg.connect(postgres.dsn("autopay"), autocommit=True) as admin:
            row = admin.execute(OPEN).fetchone()
    except psycopg.OperationalError:
        return 1
    return int(row[0]) if row else 0


def _until_quiet(postgres: Embedded) -> None:
    deadline = time.monotonic() + PATIENCE
    while _open(postgres) and time.monotonic() < deadline:
        time.sleep(0.5)


def _ask(method: str, url: str, sent: dict[str, Any]) -> None:
    headers = {"Content-Type": "application/json"}
    request = urllib.request.Request(url, json.dumps(sent).encode(), headers, method=method)
    with urllib.request.urlopen(request, timeout=30) as answer:
        answer.read()


@contextmanager
def _sandbox() -> Iterator[str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen(
        [sys.executable, "-m", "sandbox_processor", "--memory", "--port", str(port)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    process.stdout.readline()  # Ready
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait()


def main() -> int:
    asked = argparse.ArgumentParser(prog="python -m autopay_proof.processes")
    asked.add_argument("--invoices", type=int, default=5000)
    asked.add_argument("--seed", type=int, default=1)
    told = asked.parse_args()
    with tempfile.TemporaryDirectory(prefix="autopay-processes-") as home:
        found = run(Path(home) / "home", told.seed, told.invoices)
    print(json.dumps(found))  # noqa: T201
    return 1 if found["wrong"] else 0


if __name__ == "__main__":
    sys.exit(main())
