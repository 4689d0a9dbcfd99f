"""A payment company that only answers: `python -m autopay_bench.gateway --port 0 --delay 0.1`. Its book is a list in memory.

It speaks just enough of Stripe's protocol for the product's adapter: a payment made and confirmed in one request, under an idempotency
key. A key told twice gets the first answer again and is counted. Everything is answered after the same delay.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import time
from dataclasses import dataclass, field
from urllib.parse import parse_qsl

REASONS = {200: "OK", 404: "Not Found"}


@dataclass
class Book:
    """Append-only. `lines`: (key, charge, amount, arrived), arrived in seconds by the machine's clock."""

    lines: list[tuple[str, str, int, float]] = field(default_factory=list)
    by_key: dict[str, int] = field(default_factory=dict)
    repeated: int = 0

    def pay(self, key: str, form: dict[str, str], arrived: float) -> dict[str, object]:
        nth = self.by_key.get(key)
        if nth is None:
            nth = self.by_key[key] = len(self.lines)
            self.lines.append((key, form["metadata[charge]"], int(form["amount"]), arrived))
        else:
            self.repeated += 1
        return {
            "id": f"pi_{key[:24]}",
            "object": "payment_intent",
            "amount": int(form["amount"]),
            "amount_received": int(form["amount"]),
            "currency": form["currency"],
            "status": "succeeded",
            "metadata": {"charge": form["metadata[charge]"]},
            "latest_charge": {
                "id": f"ch_{key[:24]}",
                "object": "charge",
                "payment_method_details": {"card": {"network_transaction_id": f"nt_{nth}"}},
            },
        }

    def told(self) -> dict[str, object]:
        captured: dict[str, int] = {}
        for _, charge, _, _ in self.lines:
            captured[charge] = captured.get(charge, 0) + 1
        return {
            "payments": len(self.lines),
            "minor": sum(amount for _, _, amount, _ in self.lines),
            "charged_twice": sum(1 for number in captured.values() if number > 1),
            "repeated": self.repeated,
        }

    def arrivals(self) -> dict[str, float]:
        return {charge: arrived for _, charge, _, arrived in self.lines}


class Gateway:
    def __init__(self, delay: float) -> None:
        self.book, self.delay = Book(), delay

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
                arrived = time.time()
                headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in head[1:])}
                body = await reader.readexactly(int(headers.get("content-length", "0")))
                method, path, _ = head[0].split(" ", 2)
                status, said = self.answer(method, path, headers.get("idempotency-key", ""), body.decode(), arrived)
                if method == "POST":
                    await asyncio.sleep(self.delay)
                text = json.dumps(said).encode()
                writer.write(
                    f"HTTP/1.1 {status} {REASONS[status]}\r\nContent-Type: application/json\r\nContent-Length: {len(text)}\r\n\r\n".encode()
                    + text
                )
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    def answer(self, method: str, path: str, key: str, body: str, arrived: float) -> tuple[int, object]:
        match method, path.partition("?")[0]:
            case "POST", "/v1/payment_intents":
                return 200, self.book.pay(key, dict(parse_qsl(body)), arrived)
            case "GET", "/book":
                return 200, self.book.told()
            case "GET", "/arrivals":
                return 200, self.book.arrivals()
            case "GET", _:
                return 200, {"object": "list", "data": [], "has_more": False}
        return 404, {"error": {"type": "invalid_request_error", "message": "not spoken here"}}


async def _main(port: int, delay: float) -> None:
    server = await asyncio.start_server(Gateway(delay).serve, "127.0.0.1", port, backlog=1000)
    print(server.sockets[0].getsockname()[1], flush=True)  # noqa: T201
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    options = argparse.ArgumentParser()
    options.add_argument("--port", type=int, default=0)
    options.add_argument("--delay", type=float, default=0.1)
    given = options.parse_args()
    asyncio.run(_main(given.port, given.delay))
