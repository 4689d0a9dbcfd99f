"""The history of an account: everything that happened, newest first, in words, whatever its length; as a page and as a file (A56)."""

from __future__ import annotations

import csv
import io
from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from playwright.sync_api import Browser, Page, expect

from autopay.agreements.models import Switch
from autopay.billing.bill import bill_accounts
from autopay.charging.record_payment import Payment, record_payment
from autopay.charging.refund import RefundWish, refund
from autopay.charging.switch import set_switch
from autopay.charging.void import void
from autopay.parties.models import Role
from autopay.surfaces.shared.history_page import harmless
from autopay.tenancy import WebDatabase
from tests.surfaces.days import at
from tests.surfaces.house import House
from tests.surfaces.test_accounts import PAY_OA_BILL, account, practice, read
from tests.surfaces.test_looks import VIEWS, log_in, look

NEW = "/service-center/account-management/history/"
EHR = "/classic/ehr/history/"
FILE = "/account/history.csv"


def issue(vendor: House, on: date) -> int:
    with WebDatabase().transaction(vendor.id) as tx:
        bill_accounts(tx, vendor.id, on, datetime(on.year, on.month, on.day, 8, tzinfo=UTC))
    return int(vendor.value("select max(id) from invoice"))


def tried(vendor: House, bill: int, state: str, reason: str = "", on: str = "2026-05-21", trigger: str = "monthly") -> int:
    """A charge of the whole bill as plan, claim and settle leave it."""
    vendor.now = datetime.fromisoformat(on + "T16:04").replace(tzinfo=UTC)
    charge = vendor.value(
        """insert into charge (biller_id, payer_id, trigger, state, currency, run_at, period, debt)
           select biller_id, payer_id, %(t)s::text, 'due', 'USD', %(at)s, case when %(t)s::text = 'monthly' then %(on)s::date end, debt
           from invoice where id = %(i)s returning id""",
        t=trigger,
        at=vendor.now,
        on=on,
        i=bill,
    )
    part = "insert into charge_part (biller_id, charge_id, invoice_id) select biller_id, %(c)s, id from invoice where id = %(i)s"
    vendor.run(part, c=charge, i=bill)
    return vendor.came_to(bill, state, reason)


@pytest.fixture
def payer(vendor: House, monkeypatch: pytest.MonkeyPatch) -> int:
    """An account to which everything has happened once, up to May 21, 2026."""
    made = account(vendor)
    card = vendor.card(made)
    vendor.run(
        """update method set hold_minor = 100, hold_ref = 'pi_hold', hold_placed_at = '2026-01-20 18:00Z',
                  hold_released_at = '2026-01-21 18:00Z' where id = %(m)s""",
        m=card,
    )
    months = [issue(vendor, date(2026, month, 1)) for month in (1, 2, 3, 4, 5)]
    vendor.run("update invoice set why = 'charged'")
    tried(vendor, months[0], "failed", "insufficient_funds", "2026-01-01")
    tried(vendor, months[0], "paid", on="2026-01-03", trigger="pay_now")
    tried(vendor, months[1], "returned", "account_closed", "2026-02-01")
    tried(vendor, months[2], "paid", on="2026-03-01")
    at(monkeypatch, vendor, "2026-03-20 10:00")
    refund(WebDatabase(), vendor.id, RefundWish(months[2], 2000, "shorter month"), vendor.by())
    at(monkeypatch, vendor, "2026-04-10 10:00")
    record_payment(WebDatabase(), vendor.id, months[1], Payment(5000, "check", date(2026, 4, 9), "chk 7"), vendor.by())
    at(monkeypatch, vendor, "2026-04-20 10:00")
    void(WebDatabase(), vendor.id, months[3], vendor.by())
    at(monkeypatch, vendor, "2026-05-02 10:00")
    set_switch(WebDatabase(), vendor.id, made, Switch.ON, vendor.by())
    at(monkeypatch, vendor, "2026-05-10 10:00")
    set_switch(WebDatabase(), vendor.id, made, Switch.OFF, vendor.by())
    vendor.run("update invoice set why = 'not_enrolled' where id = %(i)s", i=months[4])
    at(monkeypatch, vendor, "2026-05-21 09:04")
    return made


EVERYTHING = (
    "Autopay was cancelled Reference C-",
    "Enrolled in autopay Reference C-",
    "Invoice 1005 May 1, 2026 $256.85 Open The account was not enrolled in autopay, so the bill waits for a payment.",
    "Invoice 1004 was taken back April 20, 2026 $256.85 Void You owe nothing for it.",
    "Payment for invoice 1002, paid by check April 9, 2026 $50.00 Paid Office Ally recorded it.",
    "Invoice 1004 April 1, 2026 $256.85 Void",
    "Refund for invoice 1003 Visa ending in 4242 March 20, 2026 $20.00 Processing It is being sent back.",
    "Payment for invoice 1003 Visa ending in 4242 March 1, 2026 $256.85 Paid By autopay. View receipt",
    "Invoice 1003 March 1, 2026 $256.85 Paid Autopay was on and its charge day had come.",
    "The bank sent back the payment for invoice 1002 Visa ending in 4242 February 1, 2026 $256.85 Sent back The account is closed.",
    "Payment for invoice 1002 Visa ending in 4242 February 1, 2026 $256.85 Sent back Autopay was on. The account is closed.",
    "Invoice 1002 February 1, 2026 $256.85 Sent back Autopay was on. The account is closed.",
    "Hold of $1.00, placed January 20, released January 21 January 20, 2026 Hold, not a charge It checked Visa ending in 4242",
    "Payment for invoice 1001 Visa ending in 4242 January 3, 2026 $256.85 Paid By Pay Now. View receipt",
    "Payment for invoice 1001 Visa ending in 4242 January 1, 2026 $256.85 Failed Autopay was on. There was not enough money",
    "Invoice 1001 January 1, 2026 $256.85 Paid It was paid with Pay Now.",
)


@pytest.mark.parametrize("address", [NEW, EHR])
def test_A56_everything_is_there_in_words_the_newest_first(vendor: House, payer: int, address: str) -> None:
    page = read(practice(vendor, payer), address)
    places = [page.find(line) for line in EVERYTHING]
    assert -1 not in places, [line for line, place in zip(EVERYTHING, places, strict=True) if place < 0]
    assert places == sorted(places)


def test_A56_the_vendor_reads_the_same_reason(vendor: House, payer: int) -> None:
    theirs = vendor.login("staff@vendor.test", Role.OWNER)
    bill = vendor.uid("invoice", vendor.value("select id from invoice where number = 1005"))
    reason = "The account was not enrolled in autopay, so the bill waits for a payment."
    assert reason in read(practice(vendor, payer), NEW)
    assert reason in read(theirs, f"/vendor/bills/{bill}/")


def test_A56_in_the_browser_the_history_is_filtered_opened_and_taken_home(
    site: str, page: Page, vendor: House, payer: int
) -> None:
    vendor.login("owner@practice.test", Role.ACCOUNT_OWNER, payer_id=payer)
    log_in(page, site, "owner@practice.test")
    page.get_by_role("link", name="History").first.click()
    rows = page.get_by_role("row")
    expect(rows).to_have_count(1 + len(EVERYTHING))
    page.get_by_role("link", name="Holds and refunds").click()
    expect(rows).to_have_count(4)
    hold = page.get_by_role("row", name="Hold of $1.00, placed January 20, released January 21")
    expect(hold).to_contain_text("Hold, not a charge")
    expect(hold.get_by_role("cell").nth(2)).to_be_empty()
    page.get_by_role("link", name="Bills", exact=True).click()
    expect(rows).to_have_count(7)
    page.get_by_role("link", name="Payments", exact=True).click()
    expect(rows).to_have_count(7)
    with page.expect_download() as taken:
        page.get_by_role("link", name="Download CSV").click()
    assert taken.value.suggested_filename == "history-green-valley-family-practice-2026-05-21.csv"
    assert len(taken.value.path().read_text().splitlines()) == 7
    page.get_by_role("link", name="View receipt Payment for invoice 1003").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Receipt R-")


@pytest.mark.parametrize("address", [NEW, EHR])
def test_A56_nothing_yet_and_no_match(vendor: House, monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    at(monkeypatch, vendor, "2026-05-21 09:04")
    client = practice(vendor, account(vendor))
    assert "Nothing here yet. Your first bill comes on June 1, 2026." in read(client, address)
    assert "Download CSV" not in read(client, address)
    assert "No match. Clear filter" in read(client, address + "?show=holds")
    assert "No match. Clear filter" in read(client, address + "?page=7")
    assert "Nothing here yet." in read(client, address + "?show=nonsense&page=x")


def queries(client: Client, address: str) -> int:
    with CaptureQueriesContext(connection) as asked:
        assert client.get(address).status_code == 200
    return len(asked)


def test_A56_two_hundred_bills_ask_no_more_of_the_database_than_one_and_none_is_lost(
    vendor: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    at(monkeypatch, vendor, "2026-05-21 09:04")
    payer = account(vendor, since="1999-01-01")
    vendor.card(payer)
    client = practice(vendor, payer)
    addresses = (NEW, EHR, NEW + "?page=3", FILE, PAY_OA_BILL, "/classic/ehr/pay-bill/")
    tried(vendor, issue(vendor, date(2000, 1, 1)), "paid", on="2000-01-01")
    for address in addresses:  # whatever a process asks only once
        queries(client, address)
    few = [queries(client, address) for address in addresses]
    for n in range(1, 200):
        tried(vendor, issue(vendor, date(2000 + n // 12, 1 + n % 12, 1)), "paid", on=f"{2000 + n // 12}-{1 + n % 12:02}-01")
    vendor.run("update invoice set captured = 0 where number in (1001, 1007)")
    at(monkeypatch, vendor, "2026-05-21 09:04")
    assert [queries(client, address) for address in addresses] == few
    assert max(few) < 25
    found = [line for number in range(1, 18) for line in _bills_on(client, number)]
    assert found == [f"Invoice {1200 - n}" for n in range(200)]
    assert len(client.get(FILE).content.decode().splitlines()) == 401
    assert "$513.70" in read(client, PAY_OA_BILL), "the oldest open bills count, however many came after"


def _bills_on(client: Client, number: int) -> list[str]:
    page = client.get(f"{NEW}?page={number}").content.decode()
    return [part.split("</a>")[0] for part in page.split('/">')[1:] if part.startswith("Invoice ")]


def test_A56_the_file_is_rfc_4180_and_no_cell_is_a_formula(vendor: House, payer: int) -> None:
    vendor.run("update biller set name = '=HYPERLINK(\"http://evil.test\")'")
    answer = practice(vendor, payer).get(FILE)
    assert answer["Content-Type"] == "text/csv; charset=utf-8; header=present"
    body = answer.content.decode()
    assert body.endswith("\r\n")
    assert body.count("\n") == body.count("\r\n")
    lines = list(csv.reader(io.StringIO(body, newline="")))
    assert lines[0] == ["Date", "What", "Invoices", "Amount", "Currency", "Status", "Why", "Paid with", "Reference"]
    assert len({len(line) for line in lines}) == 1
    check = next(line for line in lines if "paid by check" in line[1])
    assert check[:6] == ["2026-04-09", "Payment for invoice 1002, paid by check", "1002", "50.00", "USD", "Paid"]
    assert check[6].startswith("'=HYPERLINK(")
    assert not [cell for line in lines for cell in line if cell.startswith(("=", "+", "-", "@"))]
    assert "4242" in body
    assert vendor.value("select token from method") not in body


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"])
def test_A56_a_cell_that_would_be_calculated_becomes_text(cell: str) -> None:
    assert harmless(cell) == "'" + cell
    assert harmless("Invoice 1001 = paid") == "Invoice 1001 = paid"


def test_A56_nobody_reads_another_account_s_history(vendor: House, payer: int) -> None:
    other = practice(vendor, account(vendor, "Lakeside Pediatrics"))
    assert "Invoice 100" not in read(other, NEW)
    assert "Invoice 100" not in other.get(FILE).content.decode()
    bill = vendor.uid("invoice", vendor.value("select min(id) from invoice"))
    assert other.get(f"/service-center/account-management/bills/{bill}/").status_code == 404
    assert other.get(f"/classic/ehr/bills/{bill}/").status_code == 404
    for client in (vendor.login("staff@vendor.test", Role.OWNER), Client()):
        assert client.get(FILE).status_code in (302, 404)


def test_A56_a_credit_a_bill_of_nothing_and_an_old_bill_say_so(vendor: House, payer: int) -> None:
    vendor.run(
        """insert into journal_entry (biller_id, at, actor, action, object, object_id, data)
           select %(b)s, '2026-05-12 18:00Z', 'test', 'invoice adjusted', 'invoice', id, '{"minor": -25685}' from invoice
           where number = 1005""",
        b=vendor.id,
    )
    vendor.run("update invoice set total = 0, why = 'nothing_open' where number = 1005")
    page = read(practice(vendor, payer), NEW + "?show=bills")
    assert "Credit on invoice 1005 May 12, 2026 $256.85 Credit The bill became lower by this amount." in page
    assert "Invoice 1005 May 1, 2026 $0.00 Nothing to pay There was nothing to pay." in page


@pytest.mark.parametrize(("width", "scheme"), VIEWS)
def test_A50_A56_the_account_s_pages_are_accessible_and_fit_in_each_state(
    site: str, vendor: House, payer: int, browser: Browser, width: int, scheme: str
) -> None:
    empty = account(vendor, "Lakeside Pediatrics", products=("practice-mate",))
    ehr = vendor.value("select uid from product where code = 'ehr'")
    mate = vendor.value("select uid from product where code = 'practice-mate'")
    tried(vendor, vendor.value("select id from invoice where number = 1005"), "unknown", trigger="pay_now")
    vendor.now += timedelta(days=1)
    sheets = ("products/", "products/data-sheets/", f"products/{ehr}/")
    house = "/service-center/account-management/"
    pages = {
        payer: [PAY_OA_BILL, NEW, NEW + "?show=holds", house, *(house + each for each in sheets), EHR, "/classic/ehr/pay-bill/"],
        empty: [
            f"/classic/practice-mate/{each}"
            for each in ("pay-bill/", "history/", "history/?show=holds", "manage-office/", *sheets)
        ],
    }
    pages[empty].append(f"/classic/practice-mate/products/{mate}/")
    wrong: list[str] = []
    for who, addresses in pages.items():
        user = f"owner{who}@practice.test"
        vendor.login(user, Role.ACCOUNT_OWNER, payer_id=who)
        context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)  # type: ignore[arg-type]
        page = context.new_page()
        log_in(page, site, user)
        for address in addresses:
            tab = context.new_page()
            wrong += look(tab, site + address, width)
            tab.close()
        context.close()
    assert wrong == []
