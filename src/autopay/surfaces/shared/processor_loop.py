"""Where a web process talks to payment companies: one event loop in a background thread, because adapters keep their connections in one.

Only saving and checking a method goes this way. No charge is ever sent from a web process.
"""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import TimeoutError as TookTooLong
from functools import cache

from autopay.conf import conf
from autopay.database import PooledDatabase
from autopay.processors.accounts import Processors
from autopay.running import web_wallets
from autopay.wallet.save import save

WAIT_SECONDS = 25.0
"""How long a person waits for the payment company. What takes longer is finished behind their back, here or by a worker."""


class ProcessorLoop:
    def __init__(self) -> None:
        self._db = PooledDatabase(conf().dsn("app"), size=4)
        self._wallets = web_wallets(self._db)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="processor loop", daemon=True)
        self._thread.start()

    def save(self, method: int, biller: int, seconds: float = WAIT_SECONDS) -> str:
        """Drive a method on; returns its state, or `unknown` when there was no answer in time. Nothing is cancelled then."""
        asyncio.run_coroutine_threadsafe(self._renewed(), self._loop).result(seconds)
        saving = asyncio.run_coroutine_threadsafe(save(self._wallets, method, biller), self._loop)
        try:
            return saving.result(seconds)
        except TookTooLong:
            return "unknown"

    async def _renewed(self) -> None:
        """Keys may have been replaced since; this process is not started again for that (rule Z1)."""
        processors = self._wallets.processors
        if isinstance(processors, Processors):
            await asyncio.to_thread(processors.renew)

    def close(self) -> None:
        processors = self._wallets.processors
        if isinstance(processors, Processors):
            asyncio.run_coroutine_threadsafe(processors.close(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()
        self._db.close()


_first = threading.Lock()


def processor_loop() -> ProcessorLoop:
    """This process's own, started by the first who needs it (after a server has forked)."""
    with _first:
        return _made()


@cache
def _made() -> ProcessorLoop:
    return ProcessorLoop()


def close_processor_loop() -> None:
    """For tests and orderly ends; the next who needs one starts it again."""
    with _first:
        if _made.cache_info().currsize:
            _made().close()
            _made.cache_clear()
