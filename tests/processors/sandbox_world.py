"""The sandbox on a free port of this machine, and the production adapter before it: a world with a book to check against."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from aiohttp import ClientSession, web
from aiohttp.typedefs import Handler

from autopay.money import Money
from autopay.processors.protocol import MethodRef, Processor, SavedMethod, SetupSession
from autopay.processors.stripe.adapter import StripeProcessor
from autopay.processors.stripe.client import Account
from sandbox_processor.http_front import application
from sandbox_processor.sandbox import Sandbox
from tests.sandbox.published_document import published_document

CARD = {"type": "card", "card[number]": "4242424242424242", "card[exp_month]": "4", "card[exp_year]": "2040", "card[cvc]": "123"}
BANK = {
    "type": "us_bank_account",
    "us_bank_account[account_holder_type]": "individual",
    "us_bank_account[routing_number]": "110000000",
    "us_bank_account[account_number]": "000123456789",
    "billing_details[name]": "Test Payer",
}
Messages = asyncio.Queue[tuple[bytes, Mapping[str, str]]]
BEHAVIOURS = {
    "declined": "declined",
    "insufficient_funds": "insufficient_funds",
    "expired": "expired_card",
    "needs_authentication": "authentication_required",
}


@dataclass
class SandboxWorld:
    address: str
    processor: Processor

    async def save(self, behaviour: str) -> MethodRef:
        token = await self.token(BANK if behaviour == "bank" else CARD)
        saved = await self.processor.attach(token, customer="", payer="payer-1", key=f"save-{behaviour}")
        assert isinstance(saved, SavedMethod), saved
        if saved.verification is not None:
            await self.prove(saved.verification.ref)
        if behaviour in BEHAVIOURS:
            await self.command("POST", "behaviour", payment_method=saved.ref.token, behaviour=BEHAVIOURS[behaviour])
        return saved.ref

    async def prove(self, setup: str) -> None:
        """The payer says how much the two test deposits were."""
        await self._browse(
            f"/v1/setup_intents/{setup}/verify_microdeposits", {"amounts[0]": "32", "amounts[1]": "45"}, "sk_test_contract"
        )

    async def token(self, typed: dict[str, str]) -> str:
        """What the processor's own fields in a browser make of what was typed there."""
        return str((await self._browse("/v1/payment_methods", typed, "pk_test_contract"))["id"])

    async def confirm(self, session: SetupSession, token: str) -> None:
        """What the processor's script in the browser does when the payer submits."""
        typed = {"client_secret": session.client_secret, "payment_method": token}
        await self._browse(f"/v1/setup_intents/{session.ref}/confirm", typed, "pk_test_contract")

    @asynccontextmanager
    async def inbox(self) -> AsyncIterator[tuple[str, Messages]]:
        """An endpoint of ours that takes every message: its signing secret, and what came in as body and headers."""
        messages: Messages = asyncio.Queue()

        async def take(request: web.Request) -> web.Response:
            await messages.put((await request.read(), request.headers))
            return web.Response()

        app = web.Application()
        app.router.add_post("/", take)
        async with served(app) as address:
            made = await self._browse(
                "/v1/webhook_endpoints", {"url": address + "/", "enabled_events[0]": "*"}, "sk_test_contract"
            )
            yield str(made["secret"]), messages

    async def _browse(self, path: str, typed: dict[str, str], key: str) -> Any:
        headers = {"Authorization": f"Bearer {key}"}
        async with ClientSession(self.address, headers=headers) as browser, browser.post(path, data=typed) as answer:
            assert answer.status == 200, await answer.text()
            return await answer.json()

    async def moved(self, method: MethodRef) -> Money:
        """One customer a world, so the whole book is theirs."""
        book = await self.command("GET", "book")
        return Money(book["summary"]["kept"])

    async def lose_next_answer(self) -> None:
        await self.arm("lost_after")

    async def arm(self, action: str, **scope: Any) -> None:
        await self.command("POST", "faults", action=action, **scope)

    async def command(self, verb: str, name: str, **sent: Any) -> Any:
        async with ClientSession() as session, session.request(verb, f"{self.address}/_sandbox/{name}", json=sent) as answer:
            assert answer.status == 200, await answer.text()
            return await answer.json()


class Asked:
    """What was asked of the API: one request of each shape, for the document to judge."""

    def __init__(self) -> None:
        self._shapes: dict[tuple[str, ...], tuple[str, str, str, str]] = {}

    @web.middleware
    async def remember(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.path.startswith("/v1/"):
            body = await request.text()
            fields = sorted(name for name, _ in parse_qsl(body or request.query_string, keep_blank_values=True))
            shape = (request.method, *request.path.split("/")[2:5:2], *fields)
            self._shapes.setdefault(shape, (request.method, request.path, request.query_string, body))
        return await handler(request)

    def problems(self) -> list[str]:
        judge = published_document()
        return [f"{asked[0]} {asked[1]}: {wrong}" for asked in self._shapes.values() for wrong in judge.check_request(*asked)]


@asynccontextmanager
async def sandbox_world(timeout: float = 5.0) -> AsyncIterator[SandboxWorld]:
    """Every request the adapter sends meanwhile is one that Stripe's published document allows."""
    app, asked = application(Sandbox()), Asked()
    app.middlewares.append(asked.remember)
    async with served(app) as address:
        processor = StripeProcessor(Account("sk_test_contract", api_base=address, timeout=timeout))
        try:
            yield SandboxWorld(address, processor)
        finally:
            await processor.close()
    assert asked.problems() == []


@asynccontextmanager
async def served(app: web.Application) -> AsyncIterator[str]:
    """On a free port of this machine; its address."""
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()
