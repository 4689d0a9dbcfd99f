"""Many due charges at once, and a worker that works on them in this process."""

from __future__ import annotations

import asyncio
import time
import urllib.request
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from autopay.charging.issue import issue_visits
from autopay.charging.send import Engine
from autopay.database import PooledDatabase
from autopay.processors.accounts import Processors
from autopay.wallet.save import Wallets
from autopay.worker import Worker
from tests.fixtures.world import SECRET, ZONE, Stepping, World

VISITS = """
    insert into visit (biller_id, payer_id, "on", minor, external_id)
    select %(biller)s, (%(payers)s::bigint[])[1 + n %% cardinality(%(payers)s::bigint[])], %(on)s, 100 + n %% 900, 'crowd' || n
    from generate_series(1, %(charges)s) n returning id
"""


async def a_crowd_of_due_charges(world: World, charges: int, payers: int = 20) -> None:
    """Visits of the world's biller, issued and due."""
    people = [await world.patient(f"Crowd{n}") for n in range(payers)]
    with world.app.transaction(world.biller) as tx:
        visits = tx.column(VISITS, biller=world.biller, payers=people, on=world.clock.today(ZONE), charges=charges)
        issue_visits(tx, world.biller, visits, world.by(), priority=1)


class Watched(dict[int, Any]):
    """Adapters of all billers; `calls` gets biller and moment (monotonic) of each charge as it leaves."""

    def __init__(self, inner: Processors) -> None:
        super().__init__()
        self._inner, self.calls = inner, list[tuple[int, float]]()

    def __missing__(self, biller: int) -> Any:
        def step(what: str) -> None:
            if what == "send charge":
                self.calls.append((biller, time.monotonic()))

        self[biller] = Stepping(self._inner[biller], step)
        return self[biller]


@asynccontextmanager
async def at_work(world: World, lanes: int) -> AsyncIterator[list[tuple[int, float]]]:
    """A worker with connections and threads of its own; gives its calls. It is not waited for longer than a moment: one may hang."""
    db = PooledDatabase(world.dsns["engine"])
    processors = Processors(db, SECRET)
    watched = Watched(processors)
    engine = Engine(db, watched, world.clock, SECRET)
    worker = Worker(engine, Wallets(db, processors, world.clock, SECRET), world.dsns["engine"], lanes)
    task = asyncio.create_task(worker.run())
    try:
        yield watched.calls
    finally:
        worker.stopping.set()
        await asyncio.wait([task], timeout=2)
        task.cancel()
        await asyncio.wait([task])
        await processors.close()
        db.close()


def no_more_faults(world: World) -> None:
    urllib.request.urlopen(
        urllib.request.Request(f"{world.sandbox_url}/_sandbox/faults", b"{}", method="DELETE"), timeout=10
    ).close()
