"""A server that answers exactly as told, well formed or not, and remembers what it was asked."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlsplit

END = b"\r\n\r\n"


@dataclass(frozen=True)
class Answer:
    """`cut` sends only that many bytes of the body and closes; `stall` never answers; `drop` closes without a byte."""

    status: int = 200
    body: bytes = b"{}"
    headers: dict[str, str] = field(default_factory=dict)
    cut: int | None = None
    stall: bool = False
    drop: bool = False
    close_after: bool = False

    @classmethod
    def of(cls, content: Any, status: int = 200, **more: Any) -> Answer:
        return cls(status, json.dumps(content).encode(), **more)


DROP, STALL = Answer(drop=True), Answer(stall=True)


@dataclass(frozen=True)
class Request:
    method: str
    path: str
    headers: dict[str, str]
    fields: dict[str, str]
    """Body or query as sent, with Stripe's brackets in the names."""


class ScriptedServer:
    def __init__(self, answers: tuple[Answer, ...]) -> None:
        self.requests: list[Request] = []
        self.connections = 0
        self.address = ""
        self._answers = list(answers)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            while await self._answer_one(reader, writer):
                pass
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    async def _answer_one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """Whether the connection stays open. A request nobody scripted is answered with something no adapter may understand."""
        self.requests.append(await _read(reader))
        answer = self._answers.pop(0) if self._answers else Answer(599, b"no answer was scripted for this request")
        if answer.stall:
            await asyncio.Event().wait()
        if answer.drop:
            return False
        writer.write(_head(answer) + answer.body[: answer.cut])
        await writer.drain()
        return answer.cut is None and not answer.close_after


@asynccontextmanager
async def scripted(*answers: Answer) -> AsyncIterator[ScriptedServer]:
    script = ScriptedServer(answers)
    tasks: set[asyncio.Task[None]] = set()

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        await script.serve(reader, writer)

    server = await asyncio.start_server(connected, "127.0.0.1", 0)
    script.address = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield script
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _head(answer: Answer) -> bytes:
    given = {"Content-Type": "application/json", "Content-Length": str(len(answer.body)), **answer.headers}
    lines = [f"HTTP/1.1 {answer.status} Scripted", *(f"{name}: {value}" for name, value in given.items())]
    return "\r\n".join(lines).encode() + END


async def _read(reader: asyncio.StreamReader) -> Request:
    head = (await reader.readuntil(END)).decode().split("\r\n")
    method, target, _ = head[0].split(" ")
    headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in head[1:] if line)}
    body = (await reader.readexactly(int(headers.get("content-length", 0)))).decode()
    url = urlsplit(target)
    return Request(method, url.path, headers, dict(parse_qsl(body or url.query, keep_blank_values=True)))
