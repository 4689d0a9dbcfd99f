"""Months in which nothing is wrong raise nothing, whatever is late: cards, debits, returns, refunds, disputes, lost answers, lost messages."""

from __future__ import annotations

import asyncio
import random
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from autopay.charging.refund import RefundWish, refund, refundable
from autopay.reconciliation.catch_up import reconcile_yesterdays
from autopay.refusal import Refusal
from tests.charging.test_found_in_review import bank_patient, message_about
from tests.fixtures.world import SAVES_THEN_DECLINES, ZONE, World
from tests.reconciliation.days import differences, with_rates

MONTH = timedelta(days=365.25 / 12)


@pytest.mark.parametrize("months", [3, pytest.param(30, marks=pytest.mark.prove)])
async def test_months_in_which_both_books_agree_raise_no_difference(world: World, months: int) -> None:
    """They begin in February: with clocks that change, month ends and bank holidays from the first three on."""
    office = Office(world, random.Random(months))
    begin = datetime(datetime.now(UTC).year + 1, 2, 5, 9, tzinfo=ZoneInfo(ZONE))
    await office.move_to(begin)
    with_rates(world)
    await office.furnish()
    day, end = begin, begin + MONTH * months
    while day < end:
        await office.daytime(day)
        await office.night(day)
        day = (day.replace(tzinfo=None) + timedelta(days=1)).replace(tzinfo=ZoneInfo(ZONE))
        assert differences(world) == [], day
        await office.move_to(day)
    assert world.rows("select kind, ref from difference") == []
    assert world.value("select count(*) from reconciliation where done_at is not null") == (day - begin).days + 1
    assert world.value("select count(*) from reconciliation where done_at is null") == 0
    _much_happened(world, months)


class Office:
    """What happens to an agency on a day: drawn by `chance`, so that a failing run can be repeated."""

    def __init__(self, world: World, chance: random.Random) -> None:
        self.world, self.chance = world, chance
        self.disputes: list[str] = []

    async def furnish(self) -> None:
        self.cards = [await self.world.patient(name) for name in ("Ada", "Ben")]
        self.declining = await self.world.patient("Declined", SAVES_THEN_DECLINES)
        self.banks = [await bank_patient(self.world, name) for name in ("Cleo", "Dan")]

    async def move_to(self, at: datetime) -> None:
        """Both clocks, which then go on."""
        self.world.moved = at.astimezone(UTC) - datetime.now(UTC)
        await self.command("clock", to=at.astimezone(UTC).isoformat())

    async def daytime(self, day: datetime) -> None:
        await self._bill()
        for happens, what in (
            (0.3, self._refund),
            (0.15, self._dispute),
            (0.12, self._decide),
            (0.25, self._return),
            (0.1, self._decline),
        ):
            if self.chance.random() < happens:
                await what()
        await self.world.work()
        await self.move_to(day.replace(hour=23, minute=59))
        await self._bill()

    async def night(self, day: datetime) -> None:
        """Work goes on past midnight; the day is compared once it is over."""
        after = day.replace(tzinfo=None) + timedelta(days=1)
        await self.move_to(after.replace(hour=0, minute=40, tzinfo=ZoneInfo(ZONE)))
        await self.world.work(2)
        while await reconcile_yesterdays(self.world.engine):
            pass  # the day before the first
        assert not self.world.rows(
            'select id from reconciliation where "on" >= %(on)s', on=day.date()
        )  # not everything is booked yet
        await self.move_to(after.replace(hour=3, minute=30, tzinfo=ZoneInfo(ZONE)))
        await self.world.work(2)
        while await reconcile_yesterdays(self.world.engine):
            pass

    async def _bill(self) -> None:
        if self.chance.random() < 0.08:
            await self.world.fault(action="lost_after", operation=["payment_intents.create"])
        for payer in self.cards + self.banks:
            if self.chance.random() < 0.35:
                self.world.visit(payer, self.chance.randrange(1000, 19000))
        await self.world.work()

    async def _decline(self) -> None:
        self.world.visit(self.declining, 5000)

    async def _refund(self) -> None:
        """Of anything that can be, in part or in full."""
        paid = self._paid("not c.ref = any(select payment from booking where kind in ('dispute', 'return'))")
        if not paid:
            return
        invoice = self.chance.choice(paid)["invoice"]
        with self.world.app.transaction(self.world.biller) as tx:
            able = refundable(tx, invoice)
        if able:
            minor = self.chance.choice([able.left, max(1, able.left // 3)])
            try:
                refund(self.world.app, self.world.biller, RefundWish(invoice, minor), self.world.by())
            except Refusal:
                return
            await self.world.work()

    async def _dispute(self) -> None:
        paid = self._paid("m.kind = 'card' and not exists (select from refund r where r.charge_id = c.id)", untouched=True)
        if paid:
            opened = await self.command("disputes", payment_intent=self.chance.choice(paid)["ref"])
            self.disputes.append(opened["id"])

    async def _decide(self) -> None:
        if self.disputes:
            await self.command("disputes/decide", dispute=self.disputes.pop(0), outcome=self.chance.choice(["won", "lost"]))

    async def _return(self) -> None:
        """On its way or arrived; every third message about it is lost."""
        debits = self._paid(
            "m.kind = 'bank' and not exists (select from refund r where r.charge_id = c.id)",
            "('paid', 'pending')",
            untouched=True,
        )
        if debits:
            ref = self.chance.choice(debits)["ref"]
            await self.command("returns", payment_intent=ref, code="R01", **self.chance.choice([{}, {"as": "failure"}]))
            if self.chance.random() < 2 / 3:
                message_about(self.world, ref)

    def _paid(self, where: str, states: str = "('paid')", *, untouched: bool = False) -> list[dict[str, Any]]:
        once = "and not exists (select from booking b where b.payment = c.ref and b.kind in ('dispute', 'return'))"
        return self.world.rows(
            f"""select c.ref, p.invoice_id as invoice from charge c join charge_part p on p.charge_id = c.id
                join method m on m.id = c.method_id where c.state in {states} and {where}
                {once if untouched else ""} order by c.id desc limit 12"""
        )

    async def command(self, name: str, **sent: object) -> dict[str, Any]:
        return await asyncio.to_thread(self.world._post, f"/_sandbox/{name}", sent)


def _much_happened(world: World, months: int) -> None:
    counted = {row["kind"]: row["count"] for row in world.rows("select kind, count(*) from booking group by kind")}
    assert counted["payment"] > 60 * months
    assert min(counted.get(kind, 0) for kind in ("refund", "return", "dispute")) >= months
    states = {row["state"] for row in world.rows("select distinct state from dispute")}
    assert states >= {"open", "won"}
    late = world.clock.now() - timedelta(days=12)
    assert world.value("select count(*) from booking where at < %(late)s and payout = ''", late=late) == 0
    assert world.value("select count(*) from booking where at < %(late)s and not agreed", late=late) == 0
    assert world.value("select count(*) from unmatched_receipt") == 0
