"""A monthly run raced by the person who cancels on the page, with two real workers: the page's words always match the sandbox's book
(A33, rules L3, B7, F17)."""

from __future__ import annotations

import asyncio
import random
import re
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connections
from django.test import Client

from autopay.agreements.models import Switch
from autopay.billing.bill import bill_accounts
from autopay.charging.plan import plan_months
from autopay.charging.switch import set_switch
from autopay.parties.create import NewPayer, create_payers
from autopay.parties.models import Role, User
from tests.charging.test_real_workers import busy, workers
from tests.fixtures.world import World
from tests.surfaces.house import text

ACCOUNTS = 20
Web = Callable[..., Awaitable[Any]]
CANCEL = "/service-center/account-management/autopay-settings/cancel"
NAMED = re.compile(r"Already on its way: \$([\d.]+), sent .*? to Visa ending in 4242\. It cannot be stopped\.")


@pytest.fixture
def web() -> Iterator[Web]:
    """The web runs in one thread of its own, whose connections are closed there."""
    with ThreadPoolExecutor(1) as pool:

        async def run(work: Callable[..., Any], *args: Any) -> Any:
            return await asyncio.get_running_loop().run_in_executor(pool, work, *args)

        yield run
        pool.submit(connections.close_all).result()


async def accounts(world: World, web: Web) -> list[tuple[int, Client]]:
    """Each with a card, the Service Center, and its owner logged in."""
    with world.app.transaction(world.biller) as tx:
        new = [NewPayer("account", f"Practice {n}", f"p{n}", bill_day=1) for n in range(ACCOUNTS)]
        ids = list(create_payers(tx, world.biller, new, world.by()).values())
        tx.run(
            """with product as (insert into product (biller_id, code, name) values (%(b)s, 'service-center', 'Service Center') returning id),
                    price as (insert into price (biller_id, product_id, source, minor, since)
                              select %(b)s, id, 'data_sheet', 100, '1900-01-01' from product)
               insert into selection (biller_id, payer_id, product_id, since)
               select %(b)s, payer, id, '1900-01-01' from product, unnest(%(payers)s::bigint[]) payer""",
            b=world.biller,
            payers=ids,
        )
    for payer in ids:
        await world.card(payer, "4242424242424242", default=True)
    return [(payer, await web(_logged_in, world.biller, payer)) for payer in ids]


def _logged_in(biller: int, payer: int) -> Client:
    user = User.objects.create_user(f"owner{payer}@practice.test", "autopay-demo")
    user.memberships.create(biller_id=biller, role=Role.ACCOUNT_OWNER, payer_id=payer)
    client = Client()
    client.force_login(user)
    return client


def bill(world: World, payer: int, minor: int, then: datetime) -> int:
    """The account is enrolled, then its bill of that month is issued, as a night does it. Returns the invoice."""
    with world.owner.transaction() as tx:
        tx.run(
            """insert into price (biller_id, product_id, payer_id, source, minor, since, until)
               select biller_id, id, %(p)s, 'sow', %(minor)s, %(on)s::date, %(on)s::date + 1 from product""",
            p=payer,
            minor=minor,
            on=then.date(),
        )
        tx.run("update selection set until = case when payer_id = %(p)s then null else since + 1 end", p=payer)
    set_switch(world.app, world.biller, payer, Switch.ON, world.by())
    with world.owner.transaction() as tx:
        tx.run("update agreement set since = %(then)s where payer_id = %(p)s", then=then - timedelta(days=1), p=payer)
    with world.engine.db.transaction() as tx:
        bill_accounts(tx, world.biller, then.date(), then)
        return int(tx.value("select id from invoice where total = %(minor)s", minor=minor))


async def plan(world: World, invoice: int, then: datetime, after: float) -> None:
    def planned() -> None:
        with world.engine.db.transaction() as tx:
            plan_months(tx, [invoice], then)

    await asyncio.sleep(after)
    await asyncio.to_thread(planned)


def cancel(client: Client) -> set[int]:
    """Press the button; the amounts (minor units) the page names as already on their way."""
    page = text(client.post(CANCEL, follow=True).content)
    assert "Autopay was cancelled on" in page
    return {int(amount.replace(".", "")) for amount in NAMED.findall(page)}


@pytest.mark.parametrize("rounds", [40, pytest.param(1000, marks=pytest.mark.prove)])
async def test_A33_L3_what_the_page_names_when_cancelling_is_what_the_processor_then_shows(
    world: World, web: Web, tmp_path: Path, rounds: int
) -> None:
    dice, owners = random.Random(33), await accounts(world, web)
    await world.fault(action="slow", ms=60, operation="payment_intents.create", times=None)
    named_rounds, withdrawn_rounds, late = 0, 0, 0.0
    with workers(tmp_path) as crew:
        crew.start(), crew.start()
        await asyncio.sleep(1.5)
        for n in range(rounds):
            payer, client = owners[n % ACCOUNTS]
            minor, months_ago = 10_000 + n, 1 + n // ACCOUNTS
            then = datetime(2026 - months_ago // 12, 12 - months_ago % 12, 1, 20, tzinfo=UTC)
            invoice = await asyncio.to_thread(bill, world, payer, minor, then)
            planning = asyncio.create_task(plan(world, invoice, then, max(0, late) + dice.uniform(0, 0.06)))
            await asyncio.sleep(max(0, -late) + dice.uniform(0, 0.06))
            named = await web(cancel, client)
            ended = world.state(invoice) == "paid"
            await planning
            while busy(world):
                await asyncio.sleep(0.01)
            state = world.state(invoice)
            if state == "paid":
                assert minor in named or ended, f"round {n}: sent, and the page did not say so"
            else:
                assert state in ("withdrawn", None)
                assert not named, f"round {n}: the page named {named}, and nothing was sent"
            named_rounds += bool(named)
            withdrawn_rounds += state != "paid"
            late += 0.01 if state == "paid" else -0.01  # seconds the run begins after the person: on any machine both come close
    book = await asyncio.to_thread(world.book)
    captured = sorted(payment["kept"] for payment in book["payments"] if payment["kept"])
    assert captured == [row["minor"] for row in world.rows("select minor from charge where state = 'paid' order by minor")]
    assert named_rounds > rounds // 20, "the race never came close: nothing was on its way when the person cancelled"
    assert withdrawn_rounds > rounds // 20, "the race never came close: nothing was withdrawn"
