"""A vendor whose practices have paid their bills for two years: the nights and the charges really ran, by a clock set back, in process."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import closing
from datetime import datetime, timedelta
from typing import cast

from django.urls import reverse

from autopay import words
from autopay.charging.night import work_nights
from autopay.charging.send import Engine, send_due_charges
from autopay.clock import Clock
from autopay.conf import conf
from autopay.database import Database, PooledDatabase
from autopay.large_world.load import DAYS
from autopay.large_world.pages import Page
from autopay.money import Money
from autopay.parties.models import Role, User
from autopay.processors.protocol import Processor
from autopay_bench import supply
from autopay_bench.charges import NOWHERE
from autopay_bench.in_process import InProcess
from autopay_bench.monthly import SELECTIONS

OWNER, PAY_BILL = "owner@practice.test", "Pay Bill, a practice"
STEP, AT_ONCE = 30, 500
OPEN = """select sum(total - captured + returned - elsewhere)::bigint from invoice
    where payer_id = %(payer)s and voided_at is null"""
SOMEBODY = "select id from payer where biller_id = %(biller)s order by id offset %(nth)s limit 1"


def fill(db: Database, engine: str, practices: int, now: datetime) -> int:
    """`engine` is where that role reaches the database. Today's bills are written and not charged yet. Returns the vendor."""
    begun = now - timedelta(days=DAYS)
    vendor = supply.vendor(db, NOWHERE, conf().secret, begun)
    supply.accounts(db, vendor, practices, begun, Clock().today(supply.ZONE).day)
    with db.transaction() as tx:
        tx.run(SELECTIONS, biller=vendor, since=begun.date(), minors=[3995, 1495, 250])
    with closing(PooledDatabase(engine)) as working:
        _live(working, vendor)
    _login(db, vendor, practices // 2)
    return vendor


def _live(db: Database, vendor: int) -> None:
    behind = timedelta(days=DAYS)
    processors = cast(Mapping[int, Processor], {vendor: InProcess()})
    engine = Engine(db, processors, Clock(ahead=lambda: -behind), conf().secret)
    while behind:
        work_nights(engine)
        while asyncio.run(send_due_charges(engine, AT_ONCE)):
            pass
        behind = max(timedelta(), behind - timedelta(days=STEP))
    work_nights(engine)


def _login(db: Database, vendor: int, nth: int) -> None:
    with db.transaction() as tx:
        payer = tx.value(SOMEBODY, biller=vendor, nth=nth)
    user = User.objects.create_user(OWNER, first_name="Owner")
    user.memberships.create(biller_id=vendor, role=Role.ACCOUNT_OWNER, payer_id=payer)


def pay_bill(db: Database) -> tuple[Page, int]:
    """Of a practice in the middle, with its biller; what it owes must stand on the page."""
    mine = User.objects.get(email=OWNER).memberships.get()
    with db.transaction() as tx:
        owes = tx.value(OPEN, payer=mine.payer_id)
    said = ("This bill", words.money(Money(owes, "USD")))
    return Page(PAY_BILL, OWNER, reverse("service_center:pay_bill"), said), mine.biller_id
