"""`autopay worker`: start as many as you like, on as many machines as you like."""

from __future__ import annotations

import asyncio
import logging
import signal

import structlog
import typer

from autopay.cli.started import start
from autopay.conf import conf


def worker(lanes: int = typer.Option(0, help="Calls kept in flight; 0 takes the setting AUTOPAY_LANES.")) -> None:
    """Send due charges, look up unknown ones, do the nightly work, seal the journal. Ctrl-C settles what is in flight, then stops."""
    start()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.INFO))
    from autopay.worker import make_ready

    make_ready()
    asyncio.run(_work(lanes or conf().lanes))


async def _work(lanes: int) -> None:
    from autopay.installation.watch import watch
    from autopay.running import at_work, place, worker_wallets
    from autopay.worker import Worker

    here = place()
    async with at_work(lanes) as running:
        one = Worker(
            running,
            worker_wallets(running),
            conf().dsn("engine"),
            lanes,
            lambda: watch(running.db, here, running.clock.machine()),
        )
        for name in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(name, one.stopping.set)
        structlog.get_logger().info("worker_started", lanes=lanes)
        await one.run()
    structlog.get_logger().info("worker_stopped")
