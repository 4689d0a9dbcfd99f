"""Serve the sandbox, and pages beside it, over HTTP on free ports of this machine while a test runs."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from aiohttp import web


@contextmanager
def served(application: Callable[[str], web.Application], host: str = "127.0.0.1") -> Iterator[str]:
    """Runs the application made for the address it is served at, in a thread with a loop of its own; yields the address."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()

    def wait_for(work: object) -> object:
        return asyncio.run_coroutine_threadsafe(work, loop).result(timeout=20)  # type: ignore[arg-type]

    probe = asyncio.run_coroutine_threadsafe(_free_port(host), loop).result(timeout=20)
    address = f"http://{host}:{probe}"
    runner = web.AppRunner(application(address), shutdown_timeout=0.1)
    wait_for(runner.setup())
    wait_for(web.TCPSite(runner, host, probe).start())
    try:
        yield address
    finally:
        wait_for(runner.cleanup())
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


async def _free_port(host: str) -> int:
    server = await asyncio.start_server(lambda reader, writer: None, host, 0)
    port = int(server.sockets[0].getsockname()[1])
    server.close()
    await server.wait_closed()
    return port


@contextmanager
def process(*arguments: str, **environment: str) -> Iterator[subprocess.Popen[str]]:
    """The sandbox as a process of its own, killed at the end if it still runs."""
    command = [sys.executable, "-m", "sandbox_processor", *arguments]
    pipes: Any = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, env={**os.environ, **environment}, **pipes) as started:
        try:
            yield started
        finally:
            started.kill()
