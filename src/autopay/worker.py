"""A worker: sends due charges, looks up what is unknown, does the nights, reconciles, seals the journal, writes and sends mails.

Start as many as you like, anywhere. On restored or copied books it does nothing until they may send again (installation/watch.py).

A killed worker loses nothing: its leases run out and others look its charges up; every other job is a row somebody else takes.
"""

from __future__ import annotations

import asyncio
import gc
import sys
from collections import Counter
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import psycopg
import structlog

from autopay.charging.let_go import let_go
from autopay.charging.look_up import look_up_open_charges
from autopay.charging.night import work_nights
from autopay.charging.recognize import recognize
from autopay.charging.send import Claimed, Engine, Round, call, claim, heed
from autopay.charging.send_refunds import look_up_open_refunds, send_due_refunds
from autopay.charging.settle import Settled, settle
from autopay.charging.unexplained import explain
from autopay.installation.watch import Quarantine, is_copy, may_send
from autopay.journal.seal import AT_ONCE, seal
from autopay.lanes import full, rooms, share
from autopay.notices.deliver import deliver, ready, send_by_django
from autopay.notices.write import write_notices
from autopay.processors.accounts import Processors
from autopay.processors.inbox import apply_news
from autopay.reconciliation.catch_up import reconcile_yesterdays
from autopay.wallet.pause import watch
from autopay.wallet.save import Wallets, sweep

log = structlog.get_logger()
CLAIM_AT_MOST = 200
POLL, AGAIN = 0.5, 0.25
"""Seconds to the next look for due charges; after one that found some sooner, since an account's pace may have held back the rest (pace.py)."""
KEYS_ARE_READ_EVERY = 15.0
LETTERS_WAIT = 600.0
"""Seconds letters wait at most for charges when more are due than there are lanes: to write one takes as long as to charge ten."""
FEW_LETTERS, REST = 30, 19
"""While charges are in flight so many are read at a time, and then nothing for so many times as long as that took."""
SEAL_AGAIN = 1.0
"""Seconds from one batch of entries to the next."""
BEAT, LOOK = 60.0, 5.0
"""Seconds between two heartbeats, and between two looks whether these books may send."""
SWITCH_EVERY = 0.0005
"""Seconds a thread that writes letters or seals keeps a claim waiting for the interpreter; Python's own are ten times as long."""


def make_ready() -> None:
    """This process is a worker's: its threads take turns quickly, and what was loaded until now is never looked through for garbage."""
    sys.setswitchinterval(SWITCH_EVERY)
    gc.freeze()


@dataclass(slots=True)
class Worker:
    """`lanes`: calls to processors kept in flight. `dsn`: where to listen for "charge_due". `watch`: the heartbeat."""

    engine: Engine
    wallets: Wallets
    dsn: str
    lanes: int = 50
    watch: Callable[[], Quarantine | None] = lambda: None
    stopping: asyncio.Event = field(default_factory=asyncio.Event)
    # Letters and seals take turns: both at once would keep a claim waiting twice.
    _paper: asyncio.Lock = field(default_factory=asyncio.Lock)
    _due: asyncio.Event = field(default_factory=asyncio.Event)
    _back: asyncio.Event = field(default_factory=asyncio.Event)
    _ended: list[Settled] = field(default_factory=list)
    _flying: set[asyncio.Task[None]] = field(default_factory=set)
    _held: Counter[int] = field(default_factory=Counter)
    _waits: bool = False
    _more: bool = True  # charges may be due for which there was no lane
    _behind_since: float | None = None
    _beat_at: float = float("-inf")
    _threads: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(2, "charges"))

    async def run(self) -> None:
        """Until `stopping` is set: then nothing new is claimed, and what is in flight is settled."""
        await self._look()
        jobs: list[tuple[str, float, Callable[[], Awaitable[object]]]] = [
            ("look up", 1.0, lambda: look_up_open_charges(self.engine)),
            ("forgotten", 1.0, lambda: asyncio.to_thread(recognize, self.engine)),
            ("explained", 15.0, lambda: asyncio.to_thread(explain, self.engine.db, self.engine.clock.now())),
            ("refunds", 0.5, lambda: send_due_refunds(self.engine)),
            ("look up refunds", 2.0, lambda: look_up_open_refunds(self.engine)),
            ("cards used once", 5.0, lambda: asyncio.to_thread(let_go, self.engine)),
            ("wallets", 5.0, lambda: sweep(self.wallets)),
            ("card tries", 5.0, lambda: asyncio.to_thread(watch, self.engine.db, self.engine.clock)),
            ("webhooks", 0.5, lambda: asyncio.to_thread(apply_news, self.engine.db, self.engine.clock.machine())),
            ("keys", KEYS_ARE_READ_EVERY, lambda: asyncio.to_thread(self._renew)),
            ("nights", 1.0, lambda: asyncio.to_thread(work_nights, self.engine)),
            ("reconciliation", 60.0, lambda: reconcile_yesterdays(self.engine)),
            ("journal", 2.0, self._seal),
            ("notices", 1.0, self._write),
            ("mail", 1.0, lambda: asyncio.to_thread(self._deliver)),
        ]
        with self._threads:
            await self._work(jobs)

    async def _work(self, jobs: list[tuple[str, float, Callable[[], Awaitable[object]]]]) -> None:
        async with asyncio.TaskGroup() as group:
            sending = group.create_task(self._again("send", 0, self._send))
            group.create_task(self._settle_what_ended(sending))
            group.create_task(self._listen())
            group.create_task(self._look_again())
            for name, pause, job in jobs:
                group.create_task(self._again(name, pause, job))

    async def _again(self, name: str, pause: float, job: Callable[[], Awaitable[object]]) -> None:
        """Repeat until stopping; a fault is logged and waited out, never the end of the worker."""
        while not self.stopping.is_set():
            if self._waits:
                await self._sleep(1)
                continue
            try:
                found = await job()
            except Exception as error:
                log.error("job_failed", job=name, error=type(error).__name__, detail=str(error).splitlines()[:1])
                found, wait = 0, 2.0
            else:
                wait = 0 if found else pause
            if wait:
                await self._sleep(wait)

    async def _look_again(self) -> None:
        while not self.stopping.is_set():
            await self._sleep(LOOK)
            try:
                await self._look()
            except Exception as error:
                log.error("job_failed", job="heartbeat", error=type(error).__name__, detail=str(error).splitlines()[:1])

    async def _look(self) -> None:
        """Whether these books may send. The database would refuse it; a worker then leaves mails, look-ups and nights alone, too."""
        clock = self.engine.clock
        if self._waits or clock.monotonic() - self._beat_at >= BEAT:
            waits = await asyncio.to_thread(self.watch) is not None
            self._beat_at = clock.monotonic()
        else:
            waits = not await asyncio.to_thread(may_send, self.engine.db)
        if waits is not self._waits:
            log.warning("quarantine: nothing is sent, see autopay doctor" if waits else "quarantine is over")
        self._waits = waits

    async def _send(self) -> int:
        """Claim as many as there are free lanes; each call settles with whatever else came back meanwhile."""
        flying = len(self._flying)
        free = min(share(self.lanes - flying), CLAIM_AT_MOST)
        self._due.clear()
        room = rooms(self.lanes, self._held)
        taken = await self._aside(claim, self.engine, free, room) if free > 0 else Round([], True)
        self._more = taken.more or full(room, [each.due.biller for each in taken.claimed])
        if self._more and len(self._flying) < flying:
            self._due.set()  # a lane got free meanwhile
        if free > 0:
            self._behind_since = (self._behind_since or self.engine.clock.monotonic()) if len(taken.claimed) == free else None
        for each in taken.claimed:
            self._held[each.due.biller] += 1
            task = asyncio.create_task(self._fly(each))
            self._flying.add(task)
            task.add_done_callback(self._landed)
        if not taken.claimed or not self._more:
            await self._sleep(AGAIN if taken.claimed else POLL, self._due)
        return 1

    async def _fly(self, claimed: Claimed) -> None:
        ended = await call(self.engine, claimed)
        self._held[claimed.due.biller] -= 1
        self._ended.append(ended)  # only now: meanwhile the list was taken away, again and again

    def _landed(self, task: asyncio.Task[None]) -> None:
        self._flying.discard(task)
        if self._more:
            self._due.set()  # a lane is free
        self._back.set()

    async def _settle_what_ended(self, sending: asyncio.Task[None]) -> None:
        """One writer: takes all that came back during the last commit, so that commits are shared without a timer.

        It ends last: a claim under way when `stopping` is set still sends what it claimed.
        """
        while self._flying or self._ended or not sending.done():
            self._back.clear()
            batch, self._ended = self._ended, []
            if not batch:
                await self._sleep(0.05 if self.stopping.is_set() else POLL, self._back)
                continue
            try:
                await self._aside(settle, self.engine.db, self.engine.clock, batch)
            except Exception as error:  # the leases run out, and the charges are looked up
                log.error("settle_failed", error=type(error).__name__, charges=[each.charge for each in batch])
            try:
                await self._aside(heed, self.engine, batch)
            except Exception as error:  # only a hint
                log.warning("pace_not_heard", error=type(error).__name__)

    async def _aside(self, work: Callable[..., Any], *given: object) -> Any:
        """In threads of the charges' own: other jobs may hold all of the others for as long as they take."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, partial(work, *given))

    async def _listen(self) -> None:
        while not self.stopping.is_set():
            try:
                async with await psycopg.AsyncConnection.connect(self.dsn, autocommit=True) as connection:
                    await connection.execute("listen charge_due")
                    while not self.stopping.is_set():
                        async for _ in connection.notifies(timeout=1, stop_after=1):
                            self._due.set()
            except psycopg.Error:
                await self._sleep(1)

    async def _seal(self) -> int:
        """In small batches while there is something to seal: a large one keeps claims waiting for the interpreter."""
        async with self._paper:
            sealed = await asyncio.to_thread(self._seal_all)
        if 0 < max(sealed, default=0) < AT_ONCE:
            await self._sleep(SEAL_AGAIN)
        return sum(sealed)

    def _seal_all(self) -> list[int]:
        with self.engine.db.transaction() as tx:
            billers = tx.column("select id from biller order by id")
        return [seal(self.engine.db, biller) for biller in billers]

    async def _write(self) -> int:
        behind = self._behind_since
        if behind is not None and self.engine.clock.monotonic() - behind < LETTERS_WAIT:
            return 0
        began, flying = self.engine.clock.monotonic(), bool(self._flying)
        async with self._paper:
            written = await asyncio.to_thread(
                write_notices, self.engine.db, self.engine.return_url, FEW_LETTERS if flying else 200
            )
        if flying:
            await self._sleep(REST * (self.engine.clock.monotonic() - began))
        return written

    def _renew(self) -> int:
        """Keys replaced by a person are used within seconds, without a restart (rule Z1)."""
        processors = self.engine.processors
        return processors.renew() if isinstance(processors, Processors) else 0

    def _deliver(self) -> int:
        return deliver(self.engine.db, self.engine.clock, send_by_django) if ready() and not is_copy(self.engine.db) else 0

    async def _sleep(self, seconds: float, until: asyncio.Event | None = None) -> None:
        waits = [asyncio.create_task((until or self.stopping).wait())]
        await asyncio.wait(waits, timeout=seconds)
        for wait in waits:
            wait.cancel()
