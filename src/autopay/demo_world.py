"""The demo world: a vendor, an agency, their payers and three months of history that really ran through engine and sandbox.

The loader sets both clocks back, lives through the days (nights, visits, charges), and ends at the present. Run once, per home.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

from autopay.agreements.consent import Signature, record_consent
from autopay.agreements.enroll import BillingInformation, Enrollment, enroll
from autopay.agreements.models import Switch
from autopay.agreements.terms import publish
from autopay.billing.visits import CompletedVisit, complete_visit
from autopay.charging.issue import issue_visits
from autopay.charging.look_up import look_up_open_charges
from autopay.charging.night import work_nights
from autopay.charging.refund import RefundWish, refund
from autopay.charging.send import Engine, send_due_charges
from autopay.charging.send_refunds import send_due_refunds
from autopay.charging.switch import set_switch
from autopay.clock import Clock
from autopay.conf import Settings
from autopay.database import Database, PooledDatabase, Tx
from autopay.demo_people import make_logins
from autopay.demo_sandbox import card_token, move_clock, send_webhooks
from autopay.demo_states.build import build as build_catalogue
from autopay.journal.write import By
from autopay.parties.create import NewBiller, NewPayer, create_biller, create_payers
from autopay.processors.accounts import Keys, Processors, connect
from autopay.processors.protocol import Kind
from autopay.reconciliation.fees import Rates
from autopay.reconciliation.rates import set_rates
from autopay.wallet.default import set_default
from autopay.wallet.offer import offer
from autopay.wallet.save import Wallets, save

MONTHS_BACK = 3
SANDBOX_RATES = Rates(date(2020, 1, 1), "USD", 290, 30, 80, 0, 500, 1500)
VISA, MASTERCARD, SAVES_THEN_DECLINES = "4242424242424242", "5555555555554444", "4000000000000341"


@dataclass(slots=True)
class World:
    """The loader's own clock goes from three months ago to the present; everything else is what a worker uses."""

    conf: Settings
    engine: Engine
    app: Database
    behind: timedelta
    processors: Processors
    actors: dict[str, str] = field(default_factory=dict)
    """Who did it, by email: `user:7`."""

    def now(self) -> datetime:
        return self.engine.clock.now()

    def by(self, email: str = "") -> By:
        return By(self.actors.get(email, "autopay"), self.now())


def load(conf: Settings, progress: Callable[[str], None]) -> bool:
    """Build the demo world if it is not there; returns whether it did. Needs database and sandbox running, no worker yet."""
    owner = PooledDatabase(conf.dsn("owner"), size=1)
    with owner.transaction() as tx:
        if tx.value("select count(*) from biller"):
            return False
    world = _world_of_the_past(conf)
    progress("the vendor Office Ally and its accounts")
    vendor = _vendor(world, owner)
    progress("the agency Sunrise Home Care and its patients")
    agency = _agency(world, owner)
    progress("logins")
    people = {"greenvalley": vendor.greenvalley, "lakeside": vendor.lakeside}
    people |= {"maria": agency.maria, "james": agency.james, "ruth": agency.ruth, "omar": agency.omar}
    world.actors = make_logins(world.app, vendor.id, agency.id, people)
    progress("three months of bills, visits and charges")
    asyncio.run(_live_and_close(world, vendor, agency))
    for biller, name in ((vendor.id, "officeally"), (agency.id, "sunrise")):
        send_webhooks(conf.sandbox_url, f"{conf.site_url}/webhooks/{biller}", name)
    progress("the catalogue of states")
    build_catalogue(conf, world.now())
    return True


def _world_of_the_past(conf: Settings) -> World:
    behind = timedelta(days=31 * MONTHS_BACK)
    db = PooledDatabase(conf.dsn("engine"), size=4)
    processors = Processors(db, conf.secret)
    engine = Engine(db, processors, Clock(ahead=lambda: -world.behind), conf.secret)
    world = World(conf, engine, PooledDatabase(conf.dsn("app"), size=2), behind, processors)
    move_clock(conf.sandbox_url, -behind)
    return world


@dataclass(frozen=True, slots=True)
class Vendor:
    id: int
    greenvalley: int
    lakeside: int


@dataclass(frozen=True, slots=True)
class Agency:
    id: int
    maria: int
    james: int
    ruth: int
    omar: int


def _vendor(world: World, owner: Database) -> Vendor:
    by = world.by()
    office_ally = NewBiller(
        "vendor",
        "Office Ally",
        "OA",
        "America/Los_Angeles",
        "(360) 555-0118",
        "billing@officeally.test",
        descriptor="OFFICE ALLY",
    )
    with owner.transaction() as tx:
        biller = create_biller(tx, office_ally, by)
        publish(tx, biller, by.at)
        _connect(world, tx, biller, "officeally")
    with world.app.transaction(biller) as tx:
        accounts = [
            NewPayer("account", "Green Valley Family Practice", "GV-2044", email="owner@greenvalley.test", bill_day=1),
            NewPayer("account", "Lakeside Pediatrics", "LS-1187", email="owner@lakeside.test", bill_day=1),
        ]
        ids = create_payers(tx, biller, accounts, by)
        vendor = Vendor(biller, ids["autopay", "GV-2044"], ids["autopay", "LS-1187"])
        tx.run(
            """with product as (
                   insert into product (biller_id, code, name) values
                   (%(b)s, 'service-center', 'Service Center'), (%(b)s, 'practice-mate', 'Practice Mate'), (%(b)s, 'ehr', 'EHR 24/7')
                   returning id, code),
               price as (
                   insert into price (biller_id, product_id, payer_id, source, minor, since, document)
                   select %(b)s, id, null, 'data_sheet', name.minor, %(since)s::date, name.document from product
                   join (values ('service-center', 3995, 'Service Center Data Sheet'), ('practice-mate', 5995, 'Practice Mate Data Sheet'),
                                ('ehr', 15695, 'EHR 24/7 Data Sheet')) name (code, minor, document) using (code)
                   union all
                   select %(b)s, id, %(lakeside)s, 'msa', 13500, %(since)s::date, 'Master Services Agreement' from product where code = 'ehr')
               insert into selection (biller_id, payer_id, product_id, since)
               select %(b)s, payer, id, since from product,
                      unnest(%(payers)s::bigint[], array[%(this_month)s, %(since)s]::date[]) as new (payer, since)""",
            b=biller,
            since=_first_of_month(world.now()),
            this_month=_first_of_month(world.engine.clock.machine()),
            lakeside=vendor.lakeside,
            payers=[vendor.greenvalley, vendor.lakeside],
        )
    return vendor


def _agency(world: World, owner: Database) -> Agency:
    by = world.by()
    sunrise = NewBiller(
        "agency",
        "Sunrise Home Care",
        "Sunrise",
        "America/Los_Angeles",
        "(415) 555-0142",
        "billing@sunrise.test",
        "Monday to Friday, 8 AM to 5 PM",
        descriptor="SUNRISE HOME CARE",
    )
    with owner.transaction() as tx:
        biller = create_biller(tx, sunrise, by)
        publish(tx, biller, by.at)
        _connect(world, tx, biller, "sunrise")
    names = {"maria": "Maria Alvarez", "james": "James Lee", "ruth": "Ruth Cohen", "omar": "Omar Haddad"}
    with world.app.transaction(biller) as tx:
        patients = [NewPayer("patient", name, key, email=f"{key}@patients.test") for key, name in names.items()]
        ids = create_payers(tx, biller, patients, by)
    return Agency(biller, *(ids["autopay", key] for key in names))


async def _live_and_close(world: World, vendor: Vendor, agency: Agency) -> None:
    try:
        await _live(world, vendor, agency)
    finally:
        await world.processors.close()


async def _live(world: World, vendor: Vendor, agency: Agency) -> None:
    """Walk to the present. Visits fall on fixed days before today, bills on the first of each month."""
    maria = await _wallet(world, agency.id, agency.maria, VISA, "Maria Alvarez")
    omar = await _wallet(world, agency.id, agency.omar, SAVES_THEN_DECLINES, "Omar Haddad")
    await _wallet(world, agency.id, agency.omar, MASTERCARD, "Omar Haddad")
    james = await _wallet(world, agency.id, agency.james, VISA, "James Lee")
    for method in (maria, omar, james):
        set_default(world.app, agency.id, method, world.by("office@sunrise.test"))
    for payer in (agency.maria, agency.omar):
        set_switch(world.app, agency.id, payer, Switch.ON, world.by("office@sunrise.test"))
    set_switch(world.app, agency.id, agency.ruth, Switch.ON, world.by("office@sunrise.test"))
    set_switch(world.app, agency.id, agency.james, Switch.OFF, world.by("office@sunrise.test"))
    await _enroll_lakeside(world, vendor)
    plan = {50: (agency.maria, 11000), 28: (agency.maria, 8500), 21: (agency.omar, 9600), 14: (agency.james, 14400), 12: (agency.ruth, 7200),
            7: (agency.maria, 8500)}  # fmt: skip
    while world.behind > timedelta():
        days_ago = round(world.behind / timedelta(days=1))
        if days_ago in plan:
            _visit(world, agency.id, *plan[days_ago])
        await _day(world)
        if days_ago == 45:
            await _send_some_back(world, agency)


async def _day(world: World) -> None:
    """One day's work, then both clocks go on by a day."""
    await asyncio.to_thread(work_nights, world.engine)
    while await send_due_charges(world.engine):
        pass
    await look_up_open_charges(world.engine)
    step = min(timedelta(days=1), world.behind)
    world.behind -= step
    await asyncio.to_thread(move_clock, world.conf.sandbox_url, step)


async def _enroll_lakeside(world: World, vendor: Vendor) -> None:
    method = await _wallet(world, vendor.id, vendor.lakeside, VISA, "")
    information = BillingInformation(
        "owner@lakeside.test",
        "(206) 555-0171",
        "Priya",
        "Raman",
        "400 Lakeside Avenue",
        "Seattle",
        "WA",
        "98122",
        "Lakeside Pediatrics",
    )
    enrollment = Enrollment(method, information, Signature("Priya Raman", ip="127.0.0.1", user_agent="demo"))
    enroll(world.app, vendor.id, vendor.lakeside, enrollment, world.by("owner@lakeside.test"))


async def _wallet(world: World, biller: int, payer: int, number: str, signed_by: str) -> int:
    """A card typed into the sandbox's fields, saved by the real saga; with the payer's consent if `signed_by` is given."""
    wallets = Wallets(world.engine.db, world.engine.processors, world.engine.clock, world.conf.secret)
    key = _publishable_key(world.app, biller)
    token = await asyncio.to_thread(card_token, world.conf.sandbox_url, number, key, signed_by)
    method = offer(world.app, biller, payer, Kind.CARD, token, world.by())
    state = await save(wallets, method)
    if state != "usable":
        raise RuntimeError(f"the demo card ending in {number[-4:]} was not saved: {state}")
    if signed_by:
        with world.app.transaction(biller) as tx:
            record_consent(tx, biller, method, Signature(signed_by, ip="127.0.0.1", user_agent="demo"), world.by())
    return method


def _publishable_key(db: Database, biller: int) -> str:
    with db.transaction(biller) as tx:
        return str(tx.value("select publishable_key from processor_account where biller_id = %(biller)s", biller=biller))


def _visit(world: World, biller: int, payer: int, minor: int) -> None:
    with world.app.transaction(biller) as tx:
        by = world.by("office@sunrise.test")
        done = CompletedVisit(payer, world.engine.clock.today("America/Los_Angeles"), minor, uuid4().hex)
        issue_visits(tx, biller, [complete_visit(tx, biller, done, by)], by, priority=1)


async def _send_some_back(world: World, agency: Agency) -> None:
    with world.app.transaction(agency.id) as tx:
        invoice = tx.value("select min(id) from invoice where payer_id = %(maria)s and captured > 0", maria=agency.maria)
    refund(world.app, agency.id, RefundWish(invoice, 2000, "shorter visit"), world.by("office@sunrise.test"))
    await send_due_refunds(world.engine)


def _connect(world: World, tx: Tx, biller: int, name: str) -> None:
    """To a sandbox account of this biller's own, with test keys, and what the sandbox takes."""
    keys = Keys(world.conf.sandbox_url, f"pk_test_{name}", f"sk_test_{name}", f"whsec_{name}")
    connect(tx, biller, keys, world.conf.secret)
    set_rates(tx, biller, SANDBOX_RATES, world.by())


def _first_of_month(at: datetime) -> date:
    return at.astimezone(UTC).date().replace(day=1)
