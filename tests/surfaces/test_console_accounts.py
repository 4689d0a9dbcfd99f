"""The console's accounts (A60): found, filtered, explained; each role sees what it may; nobody sees another biller's."""

from __future__ import annotations

import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from playwright.sync_api import Page, expect

from autopay.agreements.models import Switch
from autopay.charging.record_payment import Payment, record_payment
from autopay.charging.switch import set_switch
from autopay.database import PooledDatabase
from autopay.parties.models import Role
from autopay.tenancy import WebDatabase
from tests.surfaces.console import bill_of, billed, enrolled, plan, refunded
from tests.surfaces.house import House, text
from tests.surfaces.test_accounts import PAY_OA_BILL, account, bill
from tests.surfaces.test_looks import log_in

ACCOUNTS = "/vendor/accounts/"


@pytest.fixture
def console(vendor: House) -> Client:
    return vendor.login("biller@officeally.test", Role.OWNER)


def names(client: Client, query: str = "") -> list[str]:
    page = client.get(ACCOUNTS + query).content.decode()
    return re.findall(r'<a href="/vendor/accounts/[0-9a-f-]{36}/">(.*?)</a>', page)


def of(vendor: House, payer: int) -> str:
    return f"{ACCOUNTS}{vendor.uid('payer', payer)}/"


def read(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return text(answer.content)


def row(page: str, name: str) -> str:
    """The row of one account in the list, as text."""
    found = re.search(rf"<tr role=\"row\"[^>]*>(?:(?!</tr>).)*>{name}</a>.*?</tr>", page, re.S)
    assert found
    return text(found.group(0).encode())


def test_A60_staff_of_a_vendor_land_in_the_console_and_find_an_account(site: str, page: Page, vendor: House) -> None:
    failed = billed(vendor, "Green Valley", "failed", "declined")
    enrolled(vendor, "Lakeside")
    vendor.login("biller@officeally.test", Role.OWNER)
    log_in(page, site, "biller@officeally.test")
    expect(page.get_by_role("heading", level=1)).to_have_text("Accounts")
    page.get_by_label("Balance").select_option("Failed")
    page.get_by_role("button", name="Find").click()
    expect(page.get_by_role("row")).to_have_count(2)
    page.get_by_role("link", name="Green Valley").click()
    expect(page.get_by_role("heading", level=2, name="This account is enrolled in autopay.")).to_be_visible()
    expect(page.locator("main")).to_contain_text("The bank said no to Visa ending in 4242.")
    page.get_by_role("link", name=f"Invoice {vendor.value('select number from invoice where id = %(i)s', i=failed)}").click()
    expect(page.locator("#payment")).to_contain_text("We could not charge Visa ending in 4242")
    expect(page.get_by_role("region", name="What it is for")).to_contain_text(
        re.compile(r"EHR 24/7\s*1\s*\$156\.95\s*Data Sheet")
    )


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("?q=lakes", ["Lakeside"]),
        ("?q=LAKESIDE", ["Lakeside"]),
        ("?q=ls-1187", ["Lakeside"]),
        ("?q=billing@green", ["Grün Valley"]),
        ("?q=grun", ["Grün Valley"]),
        ("?q=%25", []),
        ("?page=99", []),
        ("?page=0", ["Grün Valley", "Lakeside"]),
        ("?page=x&enrollment=nonsense&balance=nonsense", ["Grün Valley", "Lakeside"]),
    ],
)
def test_A60_accounts_are_found_by_name_email_and_number(vendor: House, console: Client, query: str, found: list[str]) -> None:
    green, lakeside = account(vendor, "Grün Valley"), account(vendor, "Lakeside")
    vendor.run("update payer set email = 'billing@greenvalley.test' where id = %(p)s", p=green)
    vendor.run("update payer set external_id = 'LS-1187' where id = %(p)s", p=lakeside)
    assert names(console, query) == found


def test_A60_enrollment_and_balance_filter_as_the_engine_decides(vendor: House, console: Client) -> None:
    billed(vendor, "Charged", "paid")
    billed(vendor, "Declined", "failed", "declined")
    stuck, off, capped = enrolled(vendor, "Stuck", None), account(vendor, "Off"), enrolled(vendor, "Capped")
    vendor.run("update agreement set cap_minor = 20000 where payer_id = %(p)s", p=capped)
    bill(vendor)
    plan(vendor, stuck, off, capped)
    assert names(console, "?enrollment=on") == ["Capped", "Charged", "Declined", "Stuck"]
    assert names(console, "?enrollment=stuck") == ["Stuck"]
    assert names(console, "?enrollment=off") == ["Off"]
    assert names(console, "?balance=open") == ["Capped", "Declined", "Off", "Stuck"]
    assert names(console, "?balance=failed") == ["Declined"]
    assert names(console, "?balance=held") == ["Capped"]
    assert names(console, "?balance=held&enrollment=off") == []


def test_A60_each_row_says_how_it_stands_and_why(vendor: House, console: Client) -> None:
    billed(vendor, "Declined", "failed", "declined")
    billed(vendor, "Moving", "unknown")
    enrolled(vendor, "Stuck", None)
    account(vendor, "Never")
    stopped = enrolled(vendor, "Stopped")
    set_switch(WebDatabase(), vendor.id, stopped, Switch.OFF, vendor.by())
    page = console.get(ACCOUNTS).content.decode()
    assert "Enrolled Visa ending in 4242 $256.85 1 bill 1 failed" in row(page, "Declined")
    assert "$256.85 1 bill 1 on its way" in row(page, "Moving")
    assert "Cannot charge Enrolled, but no default card $0.00" in row(page, "Stuck")
    assert "Not enrolled Never enrolled" in row(page, "Never")
    assert "Not enrolled Cancelled on" in row(page, "Stopped")


def test_A60_empty_lists_say_what_to_do(vendor: House, console: Client) -> None:
    assert "No accounts yet." in read(console, ACCOUNTS)
    account(vendor)
    assert "No account matches. Clear filters" in read(console, ACCOUNTS + "?q=nobody")


def test_A60_a_long_list_is_paged_and_keeps_its_filters(vendor: House, console: Client) -> None:
    for number in range(53):
        vendor.payer(f"Practice {number:02}", kind="account")
    page = console.get(ACCOUNTS + "?q=practice&enrollment=off").content.decode()
    assert len(names(console, "?q=practice&enrollment=off")) == 50
    following = re.search(r'href="(\?[^"]*page=2)"', page)
    assert following
    address = following.group(1).replace("&amp;", "&")
    assert "q=practice" in address
    assert "enrollment=off" in address
    assert names(console, address) == ["Practice 50", "Practice 51", "Practice 52"]
    assert "53 found" in text(page.encode())


@pytest.mark.parametrize("query", ["", "?enrollment=stuck", "?balance=failed"])
def test_A60_the_list_asks_as_many_questions_for_thirty_accounts_as_for_two(vendor: House, console: Client, query: str) -> None:
    def asked() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert names(console, query) is not None
        return len(queries)

    billed(vendor, "A", "failed", "declined")
    enrolled(vendor, "B", None)
    asked()  # what is read once for each process
    few = asked()
    for number in range(12):
        billed(vendor, f"B{number}", "failed", "declined")
        enrolled(vendor, f"C{number}", None)
    assert asked() == few


def test_A60_an_account_says_what_comes_next_as_the_engine_would_decide_it(vendor: House, console: Client) -> None:
    good, stuck, off = enrolled(vendor, "Good"), enrolled(vendor, "Stuck", None), account(vendor, "Off")
    capped = enrolled(vendor, "Capped")
    vendor.run("update agreement set cap_minor = 20000 where payer_id = %(p)s", p=capped)
    assert re.search(r"Next charge: \$256\.85 on \w+ 1, \d{4} to Visa ending in 4242\.", read(console, of(vendor, good)))
    page = read(console, of(vendor, stuck))
    assert "Enrolled, but no charge can run: no default card." in page
    assert re.search(r"\$256\.85 falls due on \w+ 1, \d{4} and is not charged\. Bills stay open", page)
    assert "This account is not enrolled in autopay. Never enrolled. $256.85 falls due on" in read(console, of(vendor, off))
    assert "Above the limit of $200.00 that the account set" in read(console, of(vendor, capped))


def test_A60_A51_account_and_console_announce_the_same_next_charge_with_what_stays_open(vendor: House, console: Client) -> None:
    invoice = billed(vendor, "Declined", "failed", "declined")
    payer = vendor.value("select payer_id from invoice where id = %(i)s", i=invoice)
    vendor.run("update invoice set due_on = due_on - 3")
    announced = re.search(r"Next charge: \$513\.70 on .*? to Visa ending in 4242\.", read(console, of(vendor, payer)))
    assert announced
    owner = vendor.login("owner@practice.test", Role.ACCOUNT_OWNER, payer_id=payer)
    for address in (PAY_OA_BILL, "/classic/ehr/pay-bill/"):
        assert announced.group() in read(owner, address)


def test_A60_A55_a_bill_that_waits_for_a_yes_stands_before_what_comes_next(vendor: House, console: Client) -> None:
    capped = enrolled(vendor, "Capped")
    vendor.run("update agreement set cap_minor = 20000")
    bill(vendor)
    plan(vendor, capped)
    page = read(console, of(vendor, capped))
    assert "$256.85 waits for the account's yes: it is above the limit of $200.00 that the account set." in page


def test_A60_A57_the_proof_of_an_account_is_on_its_page(vendor: House, console: Client) -> None:
    payer = enrolled(vendor, "Lakeside")
    files = [f"/proof/{vendor.uid('payer', payer)}/autopay.{ending}" for ending in ("pdf", "json")]
    page = console.get(of(vendor, payer)).content.decode()
    assert all(file in page for file in files)
    assert [console.get(file).status_code for file in files] == [200, 200]


def test_A60_charges_refunds_payments_elsewhere_and_holds_are_told_apart(vendor: House, console: Client) -> None:
    invoice = billed(vendor, "Lakeside", "paid")
    payer = vendor.value("select payer_id from invoice where id = %(i)s", i=invoice)
    refunded(vendor, invoice, "done")
    refunded(vendor, invoice, "unknown", 1000)
    vendor.run("update method set hold_minor = 100, hold_placed_at = now(), hold_released_at = now()")
    page = console.get(of(vendor, payer) + "payments/").content.decode()
    charges, back, elsewhere, holds = (part.partition("</section>")[0] for part in page.split('<section class="panel"')[1:])
    assert "Autopay Visa ending in 4242" in text(charges.encode())
    assert "Hold" not in text(charges.encode())
    assert "$20.00 Sent back" in text(back.encode())
    assert "$10.00 Not known yet We do not know yet. Do not refund again." in text(back.encode())
    assert "No check, wire or phone payment was recorded" in text(elsewhere.encode())
    assert "It is not a charge." in text(holds.encode())
    assert "Hold $1.00" in text(holds.encode())


def test_A60_a_charge_taken_back_and_a_payment_elsewhere_are_listed_with_their_reason(vendor: House, console: Client) -> None:
    invoice = billed(vendor, "Elm")
    payer = vendor.value("select payer_id from invoice where id = %(i)s", i=invoice)
    check = Payment(5685, "check", vendor.today, "t1", reference="1007")
    record_payment(WebDatabase(), vendor.id, invoice, check, vendor.by())
    page = read(console, of(vendor, payer) + "payments/")
    assert "Not sent It was paid another way: the office recorded the payment." in page
    assert "$200.00 Waiting" in page
    assert "Check Reference 1007" in page
    assert "Test: recorded a payment of $56.85 made elsewhere." in read(console, of(vendor, payer) + "changes/")


@pytest.mark.parametrize("role", [Role.OWNER, Role.BILLING_MANAGER, Role.FRONT_DESK, Role.AUDITOR])
def test_A60_every_role_of_the_staff_sees_accounts_and_bills(vendor: House, role: Role) -> None:
    invoice = billed(vendor, "Lakeside", "failed", "declined")
    client = vendor.login("somebody@officeally.test", role)
    account_page = of(vendor, vendor.value("select payer_id from invoice"))
    for address in (ACCOUNTS, account_page, account_page + "payments/", account_page + "changes/"):
        assert client.get(address).status_code == 200
    assert client.get(f"/vendor/bills/{vendor.uid('invoice', invoice)}/").status_code == 200
    assert client.get("/home").headers["Location"] == ACCOUNTS


def test_A60_an_office_is_an_agencys_and_a_console_a_vendors(vendor: House, agency: House, console: Client) -> None:
    office = agency.login("office@sunrise.test", Role.OWNER)
    patient, practice = agency.payer("Maria"), account(vendor)
    for address in ("/office/patients/", "/office/settings/", f"/office/patients/{vendor.uid('payer', practice)}/"):
        assert console.get(address).status_code == 404
    for address in (ACCOUNTS, "/vendor/runs/", f"{ACCOUNTS}{agency.uid('payer', patient)}/"):
        assert office.get(address).status_code == 404
    assert office.get("/home").headers["Location"] == "/office/"
    owner = vendor.login("owner@practice.test", Role.ACCOUNT_OWNER, payer_id=practice)
    assert owner.get(ACCOUNTS).status_code == 404


def test_A60_I17_no_address_shows_or_changes_anything_of_another_vendor(vendor: House, owner: PooledDatabase) -> None:
    invoice = billed(vendor, "Lakeside", "paid")
    payer = vendor.value("select payer_id from invoice")
    stranger = House(owner, "vendor", "Other Vendor", "OV").login("stranger@other.test", Role.OWNER)
    form = {"amount": "1.00", "how": "check", "on": vendor.today.isoformat(), "token": "t", "seen": "25685"}
    for address in ("", "payments/", "changes/"):
        assert stranger.get(of(vendor, payer) + address).status_code == 404
    for deed in ("", "void", "refund", "record"):
        address = f"/vendor/bills/{vendor.uid('invoice', invoice)}/{deed}"
        assert stranger.get(address).status_code in (404, 405)
        assert stranger.post(address, form).status_code == 404
    assert vendor.rows("select id from refund union all select id from elsewhere") == []
    assert vendor.value("select voided_at from invoice") is None
    assert "Lakeside" not in read(stranger, ACCOUNTS)
    assert bill_of(vendor, payer) == invoice
