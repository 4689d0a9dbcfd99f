"""A practice's year with everything in it that evidence must tell, lived through the engine and the real sandbox."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from autopay.agreements.consent import Signature
from autopay.agreements.enroll import BillingInformation, Enrollment, enroll
from autopay.agreements.models import Switch
from autopay.agreements.terms import publish
from autopay.billing.bill import bill_accounts
from autopay.charging.pay_now import Wish, pay_now
from autopay.charging.plan import plan_months
from autopay.charging.record_payment import Payment, record_payment
from autopay.charging.refund import RefundWish, refund
from autopay.charging.send import call, claim
from autopay.charging.settle import settle
from autopay.charging.switch import set_switch
from autopay.charging.void import void
from autopay.journal.seal import seal
from autopay.parties.create import NewBiller, NewPayer, create_biller, create_payers
from autopay.processors.accounts import Keys, connect
from autopay.wallet.default import remove
from tests.fixtures.world import GOOD, MASTERCARD, SAVES_THEN_DECLINES, SECRET, ZONE, World

LAKESIDE, GREEN_VALLEY = "Lakeside Pediatrics", "Green Valley, never to be seen"
NOTE = "NOTE-canary: a word about a patient"
AGENT = "Mozilla/5.0 (X11; Linux) Zoë/1.0"


async def lived(world: World) -> int:
    """The account, after all of it. Another account's entries lie between its own."""
    lakeside, other = vendor(world)
    world.actor = person(world, lakeside)
    visa = await world.card(lakeside, GOOD, consent=False)
    await enrolled(world, lakeside, visa, cap_minor=50_000)
    first = await month(world, lakeside, other)
    await world.work(3)
    refund(world.app, world.biller, RefundWish(first, 2000, NOTE), world.by())
    await world.work(2)
    mastercard = await world.card(lakeside, MASTERCARD, consent=False)
    await enrolled(world, lakeside, await world.card(lakeside, SAVES_THEN_DECLINES, consent=False))
    declined = await month(world, lakeside, other)
    await world.work(2)
    record_payment(world.app, world.biller, declined, Payment(5000, "check", world.clock.today(ZONE), "check 7"), world.by())
    pay_now(world.app, world.biller, Wish(lakeside, (declined,), 20685, mastercard), world.by())
    await world.work(3)
    await enrolled(world, lakeside, mastercard)
    await cancelled_while_one_is_sent(world, lakeside, other)
    remove(world.app, world.biller, visa, world.by())
    void(world.app, world.biller, await month(world, lakeside, other), world.by())
    await enrolled(world, lakeside, mastercard, cap_minor=30_000)
    await month(world, lakeside, other)
    set_switch(world.app, world.biller, lakeside, Switch.OFF, world.by())
    sealed(world)
    return lakeside


def vendor(world: World) -> tuple[int, int]:
    """Office Ally with two accounts; the world's biller from now on."""
    with world.owner.transaction() as tx:
        new = NewBiller(
            "vendor", "Office Ally", "OA", ZONE, "(360) 555-0118", "billing@officeally.test", descriptor="OFFICE ALLY"
        )
        world.biller = create_biller(tx, new, world.by())
        publish(tx, world.biller)
        key = f"b{world.biller}"
        connect(tx, world.biller, Keys(world.sandbox_url, f"pk_test_{key}", f"sk_test_{key}", f"whsec_{key}"), SECRET)
    with world.app.transaction(world.biller) as tx:
        accounts = [NewPayer("account", name, name, bill_day=1) for name in (LAKESIDE, GREEN_VALLEY)]
        ids = create_payers(tx, world.biller, accounts, world.by())
        tx.run(
            """with product as (insert into product (biller_id, code, name) values (%(b)s, 'ehr', 'EHR 24/7') returning id),
                    price as (insert into price (biller_id, product_id, source, minor, since)
                              select %(b)s, id, 'data_sheet', 25685, '2020-01-01' from product)
               insert into selection (biller_id, payer_id, product_id, since)
               select %(b)s, payer, id, '2020-01-01' from product, unnest(%(payers)s::bigint[]) payer""",
            b=world.biller,
            payers=list(ids.values()),
        )
    return ids["autopay", LAKESIDE], ids["autopay", GREEN_VALLEY]


def person(world: World, payer: int) -> str:
    """The account's owner, who does all of it."""
    with world.owner.transaction() as tx:
        user: int = tx.value(
            """insert into app_user (email, password, first_name, last_name, is_superuser, is_staff, is_active, date_joined)
               values ('owner@lakeside.test', '', 'Priya', 'Ramán', false, false, true, now()) returning id"""
        )
        tx.run(
            "insert into membership (user_id, biller_id, role, payer_id) values (%(u)s, %(b)s, 'account_owner', %(p)s)",
            u=user,
            b=world.biller,
            p=payer,
        )
    return f"user:{user}"


async def enrolled(world: World, payer: int, method: int, cap_minor: int | None = None) -> None:
    information = BillingInformation(
        "billing@lakeside.test", "(206) 555-0171", "Priya", "Raman", "400 Lakeside Avenue", "Seattle", "WA", "98122"
    )
    signature = Signature("Priya Ramán", ip="2001:db8::17", user_agent=AGENT)
    enroll(world.app, world.biller, payer, Enrollment(method, information, signature, cap_minor), world.by())


async def month(world: World, payer: int, other: int) -> int:
    """A bill day comes: both accounts are billed and planned. Returns the account's invoice."""
    world.moved += timedelta(days=31)
    with world.engine.db.transaction() as tx:
        bill_accounts(tx, world.biller, world.clock.today(ZONE).replace(day=1), world.clock.now())
    with world.engine.db.transaction() as tx:
        invoice: int = tx.value("select max(id) from invoice where payer_id = %(p)s", p=payer)
        theirs = tx.value("select max(id) from invoice where payer_id = %(p)s", p=other)
        plan_months(tx, [invoice, theirs], world.clock.now())
    sealed(world)
    return invoice


async def cancelled_while_one_is_sent(world: World, payer: int, other: int) -> None:
    """The charge is claimed, the account cancels, only then does the call come back."""
    await month(world, payer, other)
    claimed = claim(world.engine, 10).claimed
    world.moved += timedelta(seconds=2)
    set_switch(world.app, world.biller, payer, Switch.OFF, world.by())
    settle(world.engine.db, world.clock, await asyncio.gather(*(call(world.engine, each) for each in claimed)))


def sealed(world: World) -> None:
    while seal(world.engine.db, world.biller):
        pass
