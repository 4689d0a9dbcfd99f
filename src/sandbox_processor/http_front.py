"""The sandbox over HTTP (aiohttp): the API, the control API, pages and frames on one origin of its own."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import urlsplit

from aiohttp import ClientSession, ClientTimeout, web

from sandbox_processor.control import command
from sandbox_processor.pages import page_for
from sandbox_processor.sandbox import Sandbox
from sandbox_processor.webhooks import after_attempt, compose, ready
from sandbox_processor.wire import Answer, Object, Request

LOOK_EVERY = 0.1
"""Seconds between two looks at what is due and what is to be delivered."""

POST_TIMEOUT = 10
"""Seconds a webhook endpoint has to answer."""


@dataclass(frozen=True, slots=True)
class Settings:
    """`app_origins` may show the card frames; `may_reset` allows `/_sandbox/reset`."""

    app_origins: tuple[str, ...] = ()
    may_reset: bool = True


def application(sandbox: Sandbox, settings: Settings | None = None) -> web.Application:
    front = Front(sandbox, settings or Settings())
    app = web.Application(client_max_size=1 << 20)
    app.router.add_route("*", "/{rest:.*}", front.answer)
    app.cleanup_ctx.append(front.background)
    return app


class Front:
    def __init__(self, sandbox: Sandbox, settings: Settings) -> None:
        self.sandbox = sandbox
        self.settings = settings
        self.delivering: set[str] = set()

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """One request of any kind. Body and headers go out in one write, or as little of them as a fault leaves."""
        asked = Request(
            request.method,
            request.path,
            request.query_string,
            {name.lower(): value for name, value in request.headers.items()},
            await request.read(),
        )
        given = await self._given(asked)
        if given.delivery != "whole":
            return self._break_off(request, given)
        return web.Response(status=given.status, headers=given.headers, body=given.body)

    async def _given(self, asked: Request) -> Answer:
        if asked.path.startswith("/v1/"):
            return await self._api(asked)
        if not _same_origin(asked):
            return Answer(403, {"Content-Type": "text/plain"}, b"Sandbox: commands come from its own pages or from no page.\n")
        page = page_for(self.sandbox, asked, self.settings.app_origins)
        if page is None and asked.path.startswith("/_sandbox/"):
            page = self._command(asked)
        await self._committed()
        return page or Answer(404, {"Content-Type": "text/plain"}, b"Sandbox: there is nothing at this address.\n")

    def _command(self, asked: Request) -> Answer:
        if asked.path == "/_sandbox/reset" and not self.settings.may_reset:
            return Answer(403, {"Content-Type": "application/json"}, b'{"error": "Reset is switched off here."}')
        return command(self.sandbox, asked)

    async def _api(self, asked: Request) -> Answer:
        visit = self.sandbox.arrive(asked)
        try:
            if visit.seconds_before:
                await asyncio.sleep(visit.seconds_before)
            self.sandbox.perform(visit)
            if visit.committed is not None and not visit.committed.done():
                await asyncio.wrap_future(visit.committed)
            if visit.seconds_after:
                await asyncio.sleep(visit.seconds_after)
        finally:
            self.sandbox.leave(visit)
        assert visit.answer is not None
        return visit.answer

    async def _committed(self) -> None:
        last = self.sandbox.committed()
        if last is not None and not last.done():
            await asyncio.wrap_future(last)

    def _break_off(self, request: web.Request, given: Answer) -> web.StreamResponse:
        """Drop the connection, before the first byte or in the middle of the body."""
        transport = request.transport
        if transport is not None:
            if given.delivery == "cut":
                transport.write(_head(given) + given.body[: len(given.body) // 2])
                transport.close()
            else:
                transport.abort()
        return web.Response()

    # In the background

    async def background(self, app: web.Application):  # type: ignore[no-untyped-def]
        task = asyncio.create_task(self._keep_looking())
        yield
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task

    async def _keep_looking(self) -> None:
        async with ClientSession(timeout=ClientTimeout(total=POST_TIMEOUT)) as session, asyncio.TaskGroup() as posts:
            while True:
                self.sandbox.settle_due()
                await self._committed()
                for account, delivery in ready(self.sandbox.state, self.sandbox.now()):
                    if delivery["id"] not in self.delivering:
                        self.delivering.add(delivery["id"])
                        posts.create_task(self._post(session, account, delivery))
                await asyncio.sleep(LOOK_EVERY)

    async def _post(self, session: ClientSession, account: str, delivery: Object) -> None:
        message = compose(self.sandbox.state, account, delivery, self.sandbox.now())
        accepted = message is None
        if message is not None:
            with suppress(OSError, asyncio.TimeoutError, Exception):
                async with session.post(message.url, data=message.body, headers=message.headers) as answer:
                    accepted = 200 <= answer.status < 300
        work = self.sandbox.work_on(account)
        work.put("delivery", after_attempt(delivery, self.sandbox.now(), accepted=accepted), {})
        self.sandbox.finish(work)
        self.delivering.discard(delivery["id"])


def _same_origin(asked: Request) -> bool:
    """A page elsewhere in the browser may not command the sandbox; a program sends no Origin."""
    origin = asked.headers.get("origin")
    return asked.method == "GET" or origin is None or urlsplit(origin).netloc == asked.headers.get("host")


def _head(given: Answer) -> bytes:
    headers = {**given.headers, "Content-Length": str(len(given.body))}
    lines = [f"HTTP/1.1 {given.status} OK", *(f"{name}: {value}" for name, value in headers.items())]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()
