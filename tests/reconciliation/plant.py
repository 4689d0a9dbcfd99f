"""Differences made on purpose: in the sandbox's book by its own API and control API, around charges that the real engine made."""

from __future__ import annotations

import asyncio
import json
import random
import urllib.parse
import urllib.request
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import uuid4

from autopay.charging.pay_now import Wish, pay_now
from autopay.charging.refund import RefundWish, refund
from autopay.processors.stripe.payment import key_hash
from tests.charging.test_found_in_review import bank_patient
from tests.fixtures.world import SAVES_THEN_DECLINES, World

Found = tuple[str, str, str]
"""Kind, about, ref."""
MINOR = 8500


@dataclass
class Planter:
    """Who is billed, and what was planted: `now` is found by the next run, `later` once the payout's day has come."""

    world: World
    chance: random.Random
    card: int = 0
    bank: int = 0
    declining: int = 0
    now: set[Found] = field(default_factory=set)
    later: set[Found] = field(default_factory=set)
    debits: list[str] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)

    async def furnish(self) -> None:
        self.card = await self.world.patient("Card")
        self.bank = await bank_patient(self.world, "Bank")
        self.declining = await self.world.patient("Declined", SAVES_THEN_DECLINES)

    async def paid(self) -> dict[str, Any]:
        """A fresh charge of a card, captured."""
        invoice = self.world.visit(self.card, MINOR)
        await self.world.work()
        return self._charge(invoice)

    async def debit(self) -> None:
        """A debit on its way; `arrived` gives it once it is money."""
        invoice = self.world.visit(self.bank, MINOR)
        await self.world.work()
        self.debits.append(self._charge(invoice)["ref"])

    def arrived(self) -> str | None:
        states = {row["ref"] for row in self.world.rows("select ref from charge where state = 'paid'")}
        ready = [ref for ref in self.debits if ref in states]
        if ready:
            self.debits.remove(ready[0])
        return ready[0] if ready else None

    async def refunded(self, minor: int = 600) -> dict[str, Any]:
        charge = await self.paid()
        refund(self.world.app, self.world.biller, RefundWish(charge["invoice"], minor), self.world.by())
        await self.world.work()
        return self.world.rows("select ref, key, charge_id from refund order by id desc limit 1")[0] | {"payment": charge["ref"]}

    def _charge(self, invoice: int) -> dict[str, Any]:
        return self.world.rows(
            """select c.id, c.uid::text as uid, c.ref, c.state, p.invoice_id as invoice from charge c
               join charge_part p on p.charge_id = c.id where p.invoice_id = %(i)s order by c.id desc limit 1""",
            i=invoice,
        )[0]

    async def by_hand(self, currency: str = "usd", **marks: str) -> str:
        """A payment somebody makes at the processor; returns its name."""
        method = self.world.rows("select token, customer from method where payer_id = %(p)s", p=self.card)[0]
        form = {"amount": str(MINOR), "currency": currency, "confirm": "true", "off_session": "true"}
        form |= {"payment_method": method["token"], "customer": method["customer"], "payment_method_types[0]": "card"}
        form |= {f"metadata[{name}]": value for name, value in marks.items()}
        return str((await self.api("payment_intents", form))["id"])

    async def api(self, path: str, form: dict[str, str]) -> dict[str, Any]:
        return await asyncio.to_thread(self._post, f"/v1/{path}", urllib.parse.urlencode(form).encode())

    async def misbook(self, source: str, **wrong: object) -> dict[str, Any]:
        sent = {"account": f"b{self.world.biller}", "source": source, **wrong}
        return await asyncio.to_thread(self._post, "/_sandbox/misbook", json.dumps(sent).encode())

    async def command(self, name: str, **sent: object) -> dict[str, Any]:
        return await asyncio.to_thread(self._post, f"/_sandbox/{name}", json.dumps(sent).encode())

    async def look(self, path: str) -> dict[str, Any]:
        return await asyncio.to_thread(self._get, f"/v1/{path}")

    def count(self, name: str, found: Found, *, later: bool = False) -> None:
        (self.later if later else self.now).add(found)
        self.counts[name] = self.counts.get(name, 0) + 1

    def _get(self, path: str) -> dict[str, Any]:
        request = urllib.request.Request(
            self.world.sandbox_url + path, None, {"Authorization": f"Bearer sk_test_b{self.world.biller}"}
        )
        with urllib.request.urlopen(request, timeout=10) as answer:
            return dict(json.load(answer))

    def _post(self, path: str, body: bytes) -> dict[str, Any]:
        headers = {"Authorization": f"Bearer sk_test_b{self.world.biller}"}
        if path.startswith("/_sandbox"):
            headers["Content-Type"] = "application/json"
        request = urllib.request.Request(self.world.sandbox_url + path, body, headers)
        with urllib.request.urlopen(request, timeout=10) as answer:
            return dict(json.load(answer))


async def taken_there(p: Planter) -> Found:
    return "missing_with_us", "payment", await p.by_hand()


async def lost_here(p: Planter) -> Found:
    return "missing_with_us", "payment", await p.by_hand(charge=str(uuid4()), biller="b", key="k")


async def we_said_no(p: Planter) -> Found:
    invoice = p.world.visit(p.declining, MINOR)
    await p.world.work()
    charge = p._charge(invoice)
    assert charge["state"] == "failed"
    return "missing_with_us", "payment", await _of(p, charge)


async def _of(p: Planter, charge: dict[str, Any]) -> str:
    return await p.by_hand(charge=charge["uid"], biller="b", key="k")


async def paid_twice(p: Planter) -> Found:
    return "duplicate", "payment", await _of(p, await p.paid())


async def refunded_there(p: Planter) -> Found:
    charge = await p.paid()
    return "missing_with_us", "refund", str((await p.api("refunds", {"payment_intent": charge["ref"], "amount": "700"}))["id"])


async def refunded_twice(p: Planter) -> Found:
    ours = await p.refunded()
    form = {"payment_intent": ours["payment"], "amount": "600", "metadata[key]": key_hash(ours["key"])}
    return "duplicate", "refund", str((await p.api("refunds", form))["id"])


async def not_there(p: Planter) -> Found:
    charge = await p.paid()
    await p.misbook(charge["ref"], gone=True)
    return "missing_with_them", "payment", charge["ref"]


async def not_refunded(p: Planter) -> Found:
    ours = await p.refunded()
    await p.misbook(ours["ref"], gone=True)
    return "missing_with_them", "refund", ours["ref"]


async def other_amount(p: Planter) -> Found:
    charge = await p.paid()
    await p.misbook(charge["ref"], amount=MINOR + 100, fee=279)
    return "wrong_amount", "payment", charge["ref"]


async def other_refund(p: Planter) -> Found:
    ours = await p.refunded()
    await p.misbook(ours["ref"], amount=-601)
    return "wrong_amount", "refund", ours["ref"]


async def other_currency(p: Planter) -> Found:
    charge = await p.paid()
    await p.misbook(charge["ref"], gone=True)
    ref = await p.by_hand("cad", charge=charge["uid"])
    with p.world.owner.transaction() as tx:
        tx.run("update charge set ref = %(ref)s where id = %(id)s", ref=ref, id=charge["id"])
    return "wrong_currency", "payment", ref


async def other_fee(p: Planter) -> Found:
    charge = await p.paid()
    await p.misbook(charge["ref"], fee=277 + p.chance.choice([-1, 1, 40]))
    return "wrong_fee", "payment", charge["ref"]


async def dear_dispute(p: Planter) -> Found:
    charge = await p.paid()
    dispute = await p.command("disputes", payment_intent=charge["ref"])
    await p.misbook(dispute["id"], fee=2000)
    return "wrong_fee", "dispute", dispute["id"]


async def did_not_come_back(p: Planter) -> Found | None:
    return await _returned(p, "missing_with_them", gone=True)


async def came_back_in_part(p: Planter) -> Found | None:
    return await _returned(p, "wrong_amount", amount=-MINOR + 1)


async def _returned(p: Planter, kind: str, **wrong: object) -> Found | None:
    if (ref := p.arrived()) is None:
        return None
    await p.command("returns", payment_intent=ref, code="R01", **{"as": "failure"})
    with p.world.owner.transaction() as tx:  # as a message would
        tx.run("update charge set look_at = %(now)s where ref = %(ref)s", now=p.world.clock.machine(), ref=ref)
    await p.world.work()
    assert p.world.value("select state from charge where ref = %(ref)s", ref=ref) == "returned"
    charge = (await p.look(f"payment_intents/{ref}"))["latest_charge"]
    await p.misbook(charge, **wrong)
    return kind, "return", ref


async def left_out(p: Planter) -> Found:
    charge = await p.paid()
    await p.misbook(charge["ref"], left_out=True)
    return "not_paid_out", "payout", charge["ref"]


async def line_of_nothing(p: Planter) -> Found:
    long_ago = p.world.clock.now() - timedelta(days=200)
    line = await p.misbook(await p.by_hand(), created=int(long_ago.timestamp()))
    return "unknown_line", "payout", line["id"]


async def paid_now_twice(p: Planter) -> Found:
    """The other trigger: a payer presses Pay Now, and the processor takes it twice."""
    invoice = p.world.visit(p.declining, MINOR)
    await p.world.work()
    method = await p.world.card(p.declining, "4242424242424242")
    pay_now(p.world.app, p.world.biller, Wish(p.declining, (invoice,), MINOR, method), p.world.by())
    await p.world.work()
    charge = p._charge(invoice)
    assert charge["state"] == "paid"
    return "duplicate", "payment", await _of(p, charge)


Plant = Callable[[Planter], Awaitable[Found | None]]
AT_ONCE: tuple[Plant, ...] = (
    taken_there,
    lost_here,
    we_said_no,
    paid_twice,
    paid_now_twice,
    refunded_there,
    refunded_twice,
    not_there,
    not_refunded,
    other_amount,
    other_refund,
    other_currency,
    other_fee,
    dear_dispute,
    did_not_come_back,
    came_back_in_part,
)
WITH_THE_PAYOUT: tuple[Plant, ...] = (left_out, line_of_nothing)


async def plant(p: Planter, make: Plant) -> bool:
    """Returns whether there was something to plant it on."""
    found = await make(p)
    if found is None:
        return False
    p.count(make.__name__, found, later=make in WITH_THE_PAYOUT)
    return True
