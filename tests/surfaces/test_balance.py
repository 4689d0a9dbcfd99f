"""Amount due and account balance on all screens: as of which moment, what is not in them yet, over a bank holiday weekend (A40, A41, A52)."""

from __future__ import annotations

from datetime import date, timedelta
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Page, expect

from autopay.billing.bank_days import add_bank_days
from autopay.billing.bill import bill_accounts, shown_before
from autopay.conf import Settings
from autopay.parties.models import Role
from autopay.tenancy import WebDatabase
from tests.charging import test_months as months
from tests.fixtures.world import World
from tests.surfaces.days import at, work_every_night, yesterday_was_the_last_night
from tests.surfaces.house import House
from tests.surfaces.test_accounts import CLASSIC, PAY_OA_BILL, account, confirm_payment, practice, read
from tests.surfaces.test_looks import log_in

EHR = "/classic/ehr/pay-bill/"


@pytest.fixture
def billed(vendor: House, database: Settings, monkeypatch: pytest.MonkeyPatch) -> int:
    """On Thursday, May 27, 2027, an account with one open bill of $256.85 that is due on June 14."""
    at(monkeypatch, vendor, "2027-05-27 10:00")
    payer = account(vendor)
    vendor.run("update payer set bill_day = 15")
    with WebDatabase().transaction(vendor.id) as tx:
        bill_accounts(tx, vendor.id, date(2027, 5, 15), vendor.now)
    vendor.run("update invoice set due_on = '2027-06-14'")
    yesterday_was_the_last_night(vendor)
    work_every_night(database)
    return payer


def test_A52_A40_over_a_holiday_weekend_a_payment_is_on_its_way_exactly_until_the_balance_shows_it(
    vendor: House, billed: int, database: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    card = vendor.card(billed)
    client = practice(vendor, billed)
    at(monkeypatch, vendor, "2027-05-28 14:00")
    work_every_night(database)
    confirm_payment(client, PAY_OA_BILL, "256.85", vendor.uid("method", card))
    vendor.came_to(vendor.value("select id from invoice"), "paid")
    moving = "$256.85 Paid May 28, shows in your balance by June 3."
    on_friday = read(client, EHR)
    assert "Amount Due: 256.85 (as of May 28, 2027, 02:00 PM) Amount due is updated nightly." in on_friday
    assert moving in on_friday
    for day in (29, 30, 31, 32, 33):  # Saturday to Wednesday; Monday is Memorial Day
        at(monkeypatch, vendor, f"{date(2027, 5, 28) + timedelta(days=day - 28)} 07:30")
        work_every_night(database)
        page = read(client, EHR)
        assert "Amount Due: 0.00 (as of " in page, day
        assert "Account Balance: 256.85" in page, day
        assert moving in page, day
    at(monkeypatch, vendor, "2027-06-03 07:30")
    assert moving in read(client, EHR), "the figures are still those of the night before"
    work_every_night(database)
    page = read(client, EHR)
    assert "Amount Due: 0.00 (as of June 3, 2027, 07:30 AM)" in page
    assert "Account Balance: 0.00" in page
    assert "shows in your balance" not in page
    assert "Account Balance: $0.00 Nothing is on its way." in read(client, PAY_OA_BILL)


def test_A52_in_the_browser_a_payment_is_on_its_way_in_all_four_houses_at_once(
    enrolling: str, page: Page, vendor: House, billed: int
) -> None:
    site = enrolling
    vendor.card(billed)
    vendor.login("owner@practice.test", Role.ACCOUNT_OWNER, payer_id=billed)
    log_in(page, site, "owner@practice.test")
    page.goto(site + PAY_OA_BILL)
    expect(page.get_by_role("region", name="On its way")).to_contain_text("Nothing is on its way.")
    page.get_by_role("link", name="Pay $256.85").click()
    page.get_by_role("button", name="Review").click()
    page.get_by_role("button", name="Pay $256.85").click()
    page.wait_for_url("**/payments/**")
    vendor.came_to(vendor.value("select id from invoice"), "paid")
    page.goto(site + PAY_OA_BILL)
    moving = "$256.85Paid May 27, shows in your balance by June 2."
    expect(page.get_by_role("region", name="On its way")).to_contain_text(moving)
    expect(page.get_by_role("region", name="On its way")).to_contain_text("Account Balance: $256.85")
    expect(page.get_by_role("main")).to_contain_text("(as of May 27, 2027, 10:00 AM)")
    expect(page.get_by_role("link", name="Pay $256.85")).to_have_count(0)
    for slug in CLASSIC:
        page.goto(f"{site}/classic/{slug}/pay-bill/")
        expect(page.get_by_role("list", name="On its way")).to_contain_text(moving)
    page.goto("about:blank")


def test_A52_the_day_that_is_promised_is_one_on_which_the_balance_shows_it() -> None:
    """Every day of four years: what is paid is in the figures of the night of the promised day, and 2 bank days must have passed."""
    paid = date(2026, 1, 1)
    while paid < date(2030, 1, 1):
        assert paid < shown_before(add_bank_days(paid, 3))
        assert not paid < shown_before(add_bank_days(paid, 2))
        paid += timedelta(days=1)


@pytest.mark.parametrize("slug", CLASSIC)
def test_A41_A40_in_the_browser_the_line_is_the_guide_s_in_the_biller_s_own_zone(
    site: str, page: Page, vendor: House, monkeypatch: pytest.MonkeyPatch, slug: str
) -> None:
    """A minute past midnight in New York is another day than in California, and than in UTC."""
    at(monkeypatch, vendor, "2026-05-21 21:01")
    vendor.run("update biller set zone = 'America/New_York'")
    payer = account(vendor)
    vendor.run(
        "insert into balance (biller_id, payer_id, due_minor, minor, as_of) values (%(b)s, %(p)s, 123456, 133456, %(at)s)",
        b=vendor.id,
        p=payer,
        at=vendor.now,
    )
    vendor.login("owner@practice.test", Role.ACCOUNT_OWNER, payer_id=payer)
    log_in(page, site, "owner@practice.test")
    page.goto(f"{site}/classic/{slug}/pay-bill/")
    expect(page.locator("main")).to_contain_text("Amount Due: 1,234.56 (as of May 22, 2026, 12:01 AM)")
    expect(page.locator("main")).to_contain_text("Amount due is updated nightly.")
    expect(page.locator("main")).to_contain_text("Online payments take 2-3 business days to be reflected in Account Balance.")
    expect(page.locator("main")).to_contain_text("Account Balance: 1,334.56")
    assert vendor.now.astimezone(ZoneInfo("America/New_York")).day == 22


def test_A52_what_is_paid_is_what_is_open_whatever_the_figures_say(vendor: House, billed: int) -> None:
    card = vendor.card(billed)
    client = practice(vendor, billed)
    vendor.run("update balance set due_minor = 100, minor = 100")
    page = read(client, PAY_OA_BILL)
    assert "$1.00 (as of" in page
    assert "Pay $256.85" in page
    confirm_payment(client, PAY_OA_BILL, "256.85", vendor.uid("method", card))
    assert vendor.value("select asked_minor from charge") == 25685


async def test_A52_autopay_charges_what_is_open_whatever_the_figures_say(world: World) -> None:
    months.at(world, date(2027, 4, 28))
    _run(world, """update night set "on" = '2027-04-27'""")
    payer = await months.practice(world, 1, notice_days=2)
    await months.enrolled(world, payer)
    await months.walk(world, date(2027, 4, 28), date(2027, 5, 2))
    _run(world, "update balance set due_minor = 99999999, minor = 1")
    months.at(world, date(2027, 5, 3))
    months.work_nights(world.engine)
    _run(world, "update balance set due_minor = 99999999, minor = 1")
    await world.work()
    assert world.rows("select state, minor from charge") == [{"state": "paid", "minor": 25685}]
    assert await world.kept() == 25685


@pytest.mark.parametrize("address", [PAY_OA_BILL, EHR])
def test_A52_a_payment_nobody_knows_of_is_said_to_be_that_and_not_on_its_way(vendor: House, billed: int, address: str) -> None:
    card = vendor.card(billed)
    client = practice(vendor, billed)
    confirm_payment(client, PAY_OA_BILL, "256.85", vendor.uid("method", card))
    vendor.came_to(vendor.value("select id from invoice"), "unknown")
    page = read(client, address)
    assert "$256.85 We do not know yet if your payment went through. Do not pay again." in page
    assert "expected by" not in page
    assert "shows in your balance" not in page


@pytest.mark.parametrize("address", [PAY_OA_BILL, EHR])
def test_A52_a_bill_is_not_late_while_its_payment_is_not_known_or_a_person_looks_at_it(
    vendor: House, billed: int, address: str
) -> None:
    card = vendor.card(billed)
    client = practice(vendor, billed)
    vendor.run("update invoice set due_on = '2027-05-20'")
    assert "7 days late." in read(client, address)
    confirm_payment(client, PAY_OA_BILL, "256.85", vendor.uid("method", card))
    vendor.came_to(vendor.value("select id from invoice"), "unknown")
    assert "late" not in read(client, address)
    vendor.run("update charge set state = 'failed', settled_at = now()")
    assert "7 days late." in read(client, address)
    vendor.run("update invoice set blocked = 'the processor shows a payment that our books do not'")
    page = read(client, address)
    assert "We are checking what was paid of this bill. Please do not pay it again." in page
    assert "Pay once" not in page
    assert "late" not in page


@pytest.mark.parametrize("address", [PAY_OA_BILL, EHR])
def test_A52_the_states_of_the_amount_due_first_bill_due_late_paid_since_and_nothing(
    vendor: House, database: Settings, monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    at(monkeypatch, vendor, "2026-05-21 09:04")
    payer = account(vendor)
    client = practice(vendor, payer)
    assert "Your first bill comes on June 1, 2026." in read(client, address)
    with WebDatabase().transaction(vendor.id) as tx:
        bill_accounts(tx, vendor.id, date(2026, 5, 1), vendor.now)
    vendor.run("update invoice set due_on = '2026-06-01'")
    yesterday_was_the_last_night(vendor)
    work_every_night(database)
    assert "Due June 1." in read(client, address)
    vendor.run("update invoice set due_on = '2026-05-01'")
    assert "Due May 1. 20 days late." in read(client, address)
    vendor.run("update invoice set captured = total")
    assert "It was paid since then. The amount due shows that after the next update." in read(client, address)
    at(monkeypatch, vendor, "2026-05-22 09:04")
    work_every_night(database)
    assert "Nothing to pay. Your next bill comes on June 1, 2026." in read(client, address)


def _run(world: World, sql: str) -> None:
    with world.owner.transaction() as tx:
        tx.run(sql)
