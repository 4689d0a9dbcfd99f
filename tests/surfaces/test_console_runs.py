"""Runs in the console (A63): what tonight and this month will do, and the proof of any day that was."""

from __future__ import annotations

import re
from datetime import date, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from playwright.sync_api import Page, expect

from autopay import words
from autopay.charging.completeness import prove
from autopay.parties.models import Role
from autopay.surfaces.vendor.runs import end_of_month
from autopay.tenancy import WebDatabase
from tests.surfaces.console import billed, enrolled, plan
from tests.surfaces.house import House, text
from tests.surfaces.test_accounts import account, bill
from tests.surfaces.test_looks import log_in

RUNS, MONTH, PAST = "/vendor/runs/", "/vendor/runs/month/", "/vendor/runs/past/"


@pytest.fixture
def console(vendor: House) -> Client:
    return vendor.login("biller@officeally.test", Role.OWNER)


def read(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return text(answer.content)


def night_before(vendor: House, on: date) -> None:
    """The night of `on` is the next one."""
    vendor.run("""update night set "on" = %(on)s""", on=on - timedelta(days=1))


def bill_day(vendor: House, payer: int, on: date) -> None:
    vendor.run("update payer set bill_day = %(day)s where id = %(p)s", day=on.day, p=payer)


def booked(vendor: House) -> None:
    """The ledger's line for every bill that was captured, as settling writes it."""
    vendor.run(
        """insert into ledger_transfer (biller_id, debit, credit, minor, currency, kind, source, payer_id, invoice_id, "on")
           select biller_id, 'processor', 'receivable', captured, currency, 'captured', 'charge_part:' || id, payer_id, id, due_on
           from invoice where captured > 0"""
    )


def test_A63_tonight_names_who_is_charged_on_what_and_who_is_not_and_why(site: str, page: Page, vendor: House) -> None:
    good, off, later = enrolled(vendor, "Good"), account(vendor, "Off"), enrolled(vendor, "Later")
    for payer in (good, off):
        bill_day(vendor, payer, vendor.today)
    bill_day(vendor, later, vendor.today + timedelta(days=2))
    vendor.login("biller@officeally.test", Role.BILLING_MANAGER)
    log_in(page, site, "biller@officeally.test")
    page.get_by_role("link", name="Runs").click()
    rows = page.get_by_role("row")
    expect(rows).to_have_count(3)
    expect(rows.filter(has_text="Good")).to_contain_text("$256.85")
    expect(rows.filter(has_text="Good")).to_contain_text("Visa ending in 4242")
    expect(rows.filter(has_text="Off")).to_contain_text("Not enrolled in autopay, so the bill waits for a payment.")
    page.get_by_role("navigation", name="Show").get_by_role("link", name="Not charged").click()
    expect(rows).to_have_count(2)
    page.get_by_role("link", name="Off", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Off")
    assert vendor.rows("select id from invoice union all select id from charge") == []


def test_A63_this_month_adds_up_its_classes_and_ends_with_the_month(vendor: House, console: Client) -> None:
    first = vendor.today.replace(day=1)
    night_before(vendor, first)
    good, held = enrolled(vendor, "Good"), enrolled(vendor, "Held")
    account(vendor, "Off")
    vendor.run("update agreement set cap_minor = 20000 where payer_id = %(p)s", p=held)
    bill_day(vendor, good, end_of_month(first))
    page = read(console, MONTH)
    assert re.search(r"Will be charged \$256\.85 1 account Held \$256\.85 1 account Not charged \$256\.85 1 account", page)
    assert "Above the limit of $200.00 that the account set; it waits for the account's OK." in page
    assert len(re.findall(r"/vendor/accounts/[0-9a-f-]{36}/", console.get(MONTH).content.decode())) == 3
    assert f"{words.day(first)} to {words.day(end_of_month(first))}" in page


def test_A63_next_month_begins_where_this_one_ends(vendor: House, console: Client) -> None:
    first = vendor.today.replace(day=1)
    night_before(vendor, first)
    enrolled(vendor, "Good")
    account(vendor, "Off")
    page = read(console, "/vendor/runs/next-month/")
    following = end_of_month(first) + timedelta(days=1)
    assert f"{words.day(following)} to {words.day(end_of_month(following))}" in page
    assert f"Good {words.short_day(following)} $256.85 Will be charged Visa ending in 4242" in page
    assert f"Off {words.short_day(following)} $513.70 Not charged" in page


def test_A63_a_charge_that_is_due_is_part_of_tonight_and_nothing_at_all_is_said_so(vendor: House, console: Client) -> None:
    night_before(vendor, vendor.today + timedelta(days=1))
    assert "Nothing falls due tonight." in read(console, RUNS)
    billed(vendor, "Lakeside")
    assert "Lakeside" in read(console, RUNS)
    assert "None of these. Show all" in read(console, RUNS + "?show=held")


def test_A63_a_run_asks_as_many_questions_for_twenty_accounts_as_for_one(vendor: House, console: Client) -> None:
    def asked() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert "Will be charged" in read(console, MONTH)
        return len(queries)

    night_before(vendor, vendor.today.replace(day=1))
    enrolled(vendor, "A")
    asked()  # what is read once for each process
    few = asked()
    for number in range(19):
        enrolled(vendor, f"B{number}")
    assert asked() == few


def test_A63_a_past_day_is_proved_green_and_each_class_opens_its_bills(site: str, page: Page, vendor: House) -> None:
    paid = billed(vendor, "Paid", "paid")
    billed(vendor, "Declined", "failed", "declined")
    billed(vendor, "Moving", "pending")
    off, capped = account(vendor, "Off"), enrolled(vendor, "Capped")
    vendor.run("update agreement set cap_minor = 20000 where payer_id = %(p)s", p=capped)
    bill(vendor)
    plan(vendor, off, capped)
    booked(vendor)
    vendor.login("auditor@officeally.test", Role.AUDITOR)
    log_in(page, site, "auditor@officeally.test")
    page.goto(site + PAST)
    box = page.locator(".box[data-tone=ok]")
    expect(box).to_contain_text("adds up")
    expect(box).to_contain_text("$1,284.25 due = $256.85 charged + $256.85 on its way + $256.85 held + $513.70 refused")
    page.get_by_role("link", name="2 bills Refused").click()
    opened = page.get_by_role("region", name="Bills of this day").get_by_role("row")
    expect(opened).to_have_count(3)
    expect(opened.filter(has_text="Declined")).to_contain_text("The bank said no.")
    expect(opened.filter(has_text="Off")).to_contain_text("not enrolled in autopay")
    page.get_by_role("link", name="1 bill Charged").click()
    page.get_by_role("region", name="Bills of this day").get_by_role("link", name="Invoice").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(
        f"Invoice {vendor.value('select number from invoice where id = %(i)s', i=paid)}"
    )
    assert prove(WebDatabase(), vendor.id, vendor.today.replace(day=1)).complete


def test_A63_a_day_that_does_not_add_up_is_red(vendor: House, console: Client) -> None:
    billed(vendor, "Paid", "paid")
    page = console.get(PAST).content.decode()
    assert "does not add up" in text(page.encode())
    assert '<div class="box" data-tone="bad"' in page
    assert "$256.85 unexplained" in text(page.encode())
    assert "The ledger and the bill say different amounts." in text(page.encode())


@pytest.mark.parametrize(
    ("on", "status", "said"),
    [
        ("2020-01-01", 200, "Nothing fell due on January 1, 2020."),
        ("2999-01-01", 422, "That day has not come yet."),
        ("soon", 422, "Please give a date, like 2026-05-21."),
    ],
)
def test_A63_any_past_day_can_be_asked_and_no_other(vendor: House, console: Client, on: str, status: int, said: str) -> None:
    answer = console.get(PAST, {"on": on})
    assert answer.status_code == status
    assert said in text(answer.content)


@pytest.mark.parametrize(
    ("role", "may"), [(Role.OWNER, True), (Role.BILLING_MANAGER, True), (Role.FRONT_DESK, False), (Role.AUDITOR, True)]
)
def test_A63_who_may_read_reports_sees_the_runs_and_nobody_else(vendor: House, role: Role, may: bool) -> None:
    client = vendor.login("somebody@officeally.test", role)
    for address in (RUNS, MONTH, "/vendor/runs/next-month/", PAST):
        assert client.get(address).status_code == (200 if may else 403)
    assert (f'href="{RUNS}"' in client.get("/vendor/accounts/").content.decode()) is may
