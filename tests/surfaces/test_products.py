"""What an account uses and pays for: seen with its prices and their documents, added and dropped from the next bill on, taken back (A50)."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import date

import pytest
from django.db import connections
from django.test import Client
from playwright.sync_api import Page, expect

from autopay.billing.bill import bill_accounts
from autopay.billing.selection import Choice, choose
from autopay.conf import Settings
from autopay.parties.models import Role
from autopay.refusal import Refusal
from autopay.tenancy import WebDatabase
from tests.surfaces.days import at, work_every_night, yesterday_was_the_last_night
from tests.surfaces.house import House, text
from tests.surfaces.test_accounts import PAY_OA_BILL, account, enroll, practice, read
from tests.surfaces.test_looks import log_in

NEW = "/service-center/account-management/products/"
MATE = "/classic/practice-mate/products/"
JUNE = date(2026, 6, 1)


@pytest.fixture
def payer(vendor: House, monkeypatch: pytest.MonkeyPatch) -> int:
    """On May 21, 2026, three products for $256.85; the bill of May is open, the next one comes on June 1."""
    at(monkeypatch, vendor, "2026-05-21 09:04")
    made = account(vendor, document="Data Sheet 2026")
    with WebDatabase().transaction(vendor.id) as tx:
        bill_accounts(tx, vendor.id, date(2026, 5, 1), vendor.now)
    yesterday_was_the_last_night(vendor)
    return made


def product(vendor: House, code: str) -> str:
    return str(vendor.value("select uid from product where code = %(code)s", code=code))


def form(vendor: House, code: str, to: str, seen: int, on: date = JUNE) -> tuple[str, dict[str, str]]:
    return NEW + product(vendor, code) + "/", {"to": to, "from": on.isoformat(), "seen": str(seen)}


def june(vendor: House, database: Settings, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """What the bill of June 1 comes to, made by the night itself."""
    at(monkeypatch, vendor, "2026-06-01 07:00")
    work_every_night(database)
    return [row["total"] for row in vendor.rows("select total from invoice where period = '2026-06-01'")]


def test_A50_A4_in_the_browser_a_product_is_dropped_from_the_house_one_stands_in(
    site: str, page: Page, vendor: House, payer: int, database: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    vendor.login("owner@practice.test", Role.ACCOUNT_OWNER, payer_id=payer)
    log_in(page, site, "owner@practice.test")
    page.goto(site + "/classic/practice-mate/manage-office/")
    page.get_by_role("main").get_by_role("link", name="Products").click()
    main = page.locator("main")
    expect(main).to_contain_text("Your next bill: $256.85 on June 1, 2026.")
    expect(page.get_by_role("row", name="Practice Mate")).to_contain_text("Data Sheet 2026")
    page.get_by_role("link", name="Drop Practice Mate").click()
    expect(main).to_contain_text("From your bill of June 1: $196.90 instead of $256.85.")
    expect(main).to_contain_text("The screens of Practice Mate stay until June 1, 2026.")
    expect(main).to_contain_text("after that day you find your bills and your history in your other products.")
    expect(main).to_contain_text("The $256.85 that is open now stays open.")
    page.get_by_role("button", name="Drop Practice Mate").click()
    expect(page.locator(".flash")).to_contain_text(
        "Practice Mate is not on your bill of June 1, 2026, which comes to $196.90. Reference P-"
    )
    expect(page.get_by_role("row", name="Practice Mate")).to_contain_text("Not billed from June 1 on")
    expect(page.get_by_role("link", name="Keep it Practice Mate")).to_be_visible()
    assert june(vendor, database, monkeypatch) == [19690]
    assert vendor.value("select total from invoice where period = '2026-05-01'") == 25685
    page.goto(site + PAY_OA_BILL)
    page.get_by_role("button", name="Product").click()
    expect(page.get_by_role("navigation", name="Products").get_by_role("link")).to_have_text(
        ["Service Center", "Classic Service Center", "EHR 24/7"]
    )
    assert page.goto(site + MATE).status == 404  # type: ignore[union-attr]
    page.goto(site + "/home")
    expect(page.get_by_role("heading", level=1)).to_have_text("Pay OA Bill")


def test_A50_in_the_browser_a_product_is_added_from_the_next_bill_on_and_not_for_the_past(
    site: str, page: Page, vendor: House, payer: int, database: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    vendor.run("delete from selection where product_id = (select id from product where code = 'ehr')")
    vendor.login("owner@practice.test", Role.ACCOUNT_OWNER, payer_id=payer)
    log_in(page, site, "owner@practice.test")
    page.get_by_role("link", name="Account Management").first.click()
    page.get_by_role("main").get_by_role("link", name="Products").click()
    page.get_by_role("link", name="Add EHR 24/7").click()
    main = page.locator("main")
    expect(main).to_contain_text("From your bill of June 1: $256.85 instead of $99.90.")
    expect(main).to_contain_text("Its screens open on June 1, 2026. Nothing is billed before that day.")
    page.get_by_role("button", name="Add EHR 24/7").click()
    expect(page.get_by_role("row", name="EHR 24/7")).to_contain_text("Billed from June 1 on")
    expect(page.get_by_role("link", name="EHR 24/7", exact=True)).to_have_count(0)
    assert vendor.value("select count(*) from invoice") == 1
    assert june(vendor, database, monkeypatch) == [25685]
    page.goto(site + "/classic/ehr/pay-bill/")
    expect(page.get_by_role("heading", level=1)).to_have_text("Pay Bill")


def test_A50_both_may_be_taken_back_before_the_bill_day(
    vendor: House, payer: int, database: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    vendor.run("delete from selection where product_id = (select id from product where code = 'ehr')")
    client = practice(vendor, payer)
    for code, there, back, seen in (("ehr", "on", "off", 25685), ("practice-mate", "off", "on", 3995)):
        address, wish = form(vendor, code, there, seen)
        client.post(address, wish)
        page = client.get(address).content
        assert "From your bill of June 1: $99.90 instead of" in text(page)
        client.post(*form(vendor, code, back, 9990))
    assert june(vendor, database, monkeypatch) == [9990]
    assert [
        row["action"] for row in vendor.rows("select action from journal_entry where action like 'product%%' order by id")
    ] == [
        "product added",
        "product not added",
        "product dropped",
        "product kept",
    ]
    assert vendor.value("select count(*) from selection") == 2


def test_A50_pressed_twice_or_in_two_tabs_it_is_done_once_and_both_hear_the_same(vendor: House, payer: int) -> None:
    client = practice(vendor, payer)
    wish = form(vendor, "ehr", "off", 9990)
    for _ in range(2):
        answer = client.post(*wish, follow=True)
        assert "EHR 24/7 is not on your bill of June 1, 2026, which comes to $99.90." in text(answer.content)
    assert vendor.value("select count(*) from journal_entry where action = 'product dropped'") == 1
    said = "EHR 24/7 dropped Reference P-"
    assert said in read(client, "/classic/ehr/history/")
    assert "From the bill of June 1, 2026 on, which then comes to $99.90." in read(client, "/classic/ehr/history/")
    changes = read(vendor.login("staff@vendor.test", Role.OWNER), f"/vendor/accounts/{vendor.uid('payer', payer)}/changes/")
    assert "dropped EHR 24/7 from the bill of June 1, 2026 on." in changes


def test_A50_at_the_same_moment_from_two_places_it_is_done_once(vendor: House, payer: int) -> None:
    vendor.run("delete from selection where product_id = (select id from product where code = 'ehr')")
    choice = Choice(payer, vendor.value("select uid from product where code = 'ehr'"), True, JUNE, 25685)

    def add(_: int) -> int | None:
        try:
            return choose(WebDatabase(), vendor.id, choice, vendor.by()).reference
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as pool:
        references = list(pool.map(add, range(8)))
    assert sum(reference is not None for reference in references) == 1
    assert vendor.value("select count(*) from selection where until is null") == 3


@pytest.mark.parametrize(("seen", "on"), [(9991, JUNE), (9990, date(2026, 7, 1))])
def test_A50_a_page_that_is_no_longer_true_changes_nothing(vendor: House, payer: int, seen: int, on: date) -> None:
    address, wish = form(vendor, "ehr", "off", seen, on)
    answer = practice(vendor, payer).post(address, wish, follow=True)
    assert "Things changed since you opened this page. Your products are as they were." in text(answer.content)
    assert vendor.value("select count(*) from selection where until is not null") == 0


def test_A50_right_before_its_day_a_bill_takes_no_change_and_on_its_day_only_the_next_one_does(
    vendor: House, payer: int, database: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = practice(vendor, payer)
    at(monkeypatch, vendor, "2026-05-31 23:50")
    answer = client.post(*form(vendor, "ehr", "off", 9990), follow=True)
    assert "Your next bill is being made up." in text(answer.content)
    at(monkeypatch, vendor, "2026-06-01 00:00")
    answer = client.post(*form(vendor, "ehr", "off", 9990, date(2026, 7, 1)), follow=True)
    assert "EHR 24/7 is not on your bill of July 1, 2026" in text(answer.content)
    assert june(vendor, database, monkeypatch) == [25685]


def test_A50_A6_who_drops_everything_still_reaches_bills_and_history(
    vendor: House, payer: int, database: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    vendor.run("delete from selection where product_id <> (select id from product where code = 'practice-mate')")
    client = practice(vendor, payer)
    address = MATE + product(vendor, "practice-mate") + "/"
    page = text(client.get(address).content)
    assert "From June 1 on no new bill comes, instead of one of $59.95 a month." in page
    assert "This is your last product. The pages to pay your bills and to read your history stay open." in page
    client.post(address, {"to": "off", "from": "2026-06-01", "seen": "0"})
    assert june(vendor, database, monkeypatch) == []
    assert client.get("/home", follow=True).redirect_chain[-1][0] == "/classic/practice-mate/pay-bill/"
    assert "Invoice 1001" in read(client, "/classic/practice-mate/history/")
    assert "You use no product now." in read(client, MATE)
    at(monkeypatch, vendor, "2026-06-20 12:00")
    work_every_night(database)
    client.post(*form_of_mate(vendor, "ehr", "on", 15695))
    at(monkeypatch, vendor, "2026-07-02 12:00")
    work_every_night(database)
    assert vendor.rows("select total from invoice where period = '2026-07-01'") == [{"total": 15695}]
    assert client.get("/home", follow=True).redirect_chain[-1][0] == "/classic/ehr/pay-bill/"


def form_of_mate(vendor: House, code: str, to: str, seen: int) -> tuple[str, dict[str, str]]:
    return MATE + product(vendor, code) + "/", {"to": to, "from": "2026-07-01", "seen": str(seen)}


def test_A50_sow_before_msa_before_data_sheet_each_with_its_document_on_page_bill_and_price_list(
    vendor: House, payer: int, database: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    mate = "product_id = (select id from product where code = 'practice-mate')"
    vendor.run(f"update price set until = '2026-09-01' where {mate}")
    vendor.run(
        """insert into price (biller_id, product_id, payer_id, source, minor, since, document)
           select %(b)s, id, %(p)s, 'msa', 13500, '2020-01-01'::date, 'Master Services Agreement' from product where code = 'ehr'
           union all select %(b)s, id, %(p)s, 'sow', 12000, '2026-06-01', 'https://docs.example.test/sow-7' from product where code = 'ehr'
           union all select %(b)s, id, null, 'data_sheet', 7000, '2026-09-01', 'Data Sheet 2027' from product where code = 'practice-mate'""",
        b=vendor.id,
        p=payer,
    )
    client = practice(vendor, payer)
    page = client.get(NEW).content
    assert "EHR 24/7 1 $120.00 SOW Read the document $120.00" in text(page)
    assert b'href="https://docs.example.test/sow-7"' in page
    assert "Your next bill: $219.90 on June 1, 2026." in text(page)
    prices = read(client, NEW + "data-sheets/")
    for line in (
        "EHR 24/7 MSA Master Services Agreement From January 1, 2020 Your price $135.00",
        "EHR 24/7 SOW Read the document From June 1, 2026 $120.00",
        "EHR 24/7 Data Sheet Data Sheet 2026 From January 1, 2020 $156.95",
        "Practice Mate Data Sheet Data Sheet 2026 From January 1, 2020, before September 1, 2026 Your price $59.95",
        "Practice Mate Data Sheet Data Sheet 2027 From September 1, 2026 $70.00",
    ):
        assert line in prices
    assert june(vendor, database, monkeypatch) == [21990]
    assert "EHR 24/7 1 $120.00 SOW $120.00" in read(client, PAY_OA_BILL)


@pytest.mark.parametrize(
    ("terms", "prices"),
    [
        ("/service-center/account-management/autopay-settings/", NEW + "data-sheets/"),
        ("/classic/ehr/pay-bill/enroll", "/classic/ehr/products/data-sheets/"),
    ],
)
def test_A43_A50_the_data_sheets_of_the_terms_are_a_page_with_documents(
    vendor: House, payer: int, terms: str, prices: str
) -> None:
    vendor.run("delete from processor_account")
    client = practice(vendor, payer)
    assert f'<a href="{prices}" target="_blank">Data Sheet(s)</a>' in client.get(terms).content.decode()
    assert "Service Center Data Sheet Data Sheet 2026" in read(client, prices)


def test_A50_an_enrolled_account_hears_what_autopay_then_charges(vendor: House, payer: int) -> None:
    enroll(vendor, payer)
    page = text(practice(vendor, payer).get(NEW + product(vendor, "service-center") + "/").content)
    assert "From your bill of June 1: $216.90 instead of $256.85." in page
    assert "Autopay charges the new amount from that bill on." in page


def test_A50_nobody_else_chooses_an_account_s_products(vendor: House, agency: House, payer: int) -> None:
    address, wish = form(vendor, "ehr", "off", 9990)
    others = [
        vendor.login("staff@vendor.test", Role.OWNER),
        agency.login("office@agency.test", Role.OWNER),
        agency.login("pat@agency.test", Role.PATIENT, payer_id=agency.payer("Pat")),
        Client(),
    ]
    for client in others:
        assert client.post(address, wish).status_code in (302, 404)
        assert client.get(NEW).status_code in (302, 404)
    assert vendor.value("select count(*) from selection where until is not null") == 0


def test_A50_another_biller_s_product_and_one_without_a_price_cannot_be_added(vendor: House, payer: int, agency: House) -> None:
    theirs = agency.value("insert into product (biller_id, code, name) values (%(b)s, 'x', 'X') returning uid", b=agency.id)
    free = vendor.value("insert into product (biller_id, code, name) values (%(b)s, 'y', 'Y') returning uid", b=vendor.id)
    client = practice(vendor, payer)
    assert client.get(f"{NEW}{theirs}/").status_code == 404
    assert client.get(f"{NEW}{free}/").status_code == 404
    for uid, code in ((theirs, "not_found"), (free, "no_price")):
        with pytest.raises(Refusal) as refused:
            choose(WebDatabase(), vendor.id, Choice(payer, uid, True, JUNE, 25685), vendor.by())
        assert refused.value.code == code
    assert client.post(f"{NEW}{free}/", {"to": "on", "from": "soon", "seen": "0"}).status_code == 404
