"""A practice's account in the new Service Center and the classic products: one account, the guide's words, computed facts."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta

import pytest
from django.http import HttpResponse
from django.test import Client

from autopay import words
from autopay.billing.bank_days import add_bank_days
from autopay.billing.bill import bill_accounts, next_bill_day
from autopay.database import PooledDatabase
from autopay.parties.models import Role
from autopay.tenancy import WebDatabase
from tests.surfaces.house import House, text

PRODUCTS = (("service-center", "Service Center", 3995), ("practice-mate", "Practice Mate", 5995), ("ehr", "EHR 24/7", 15695))
PAY_OA_BILL = "/service-center/account-management/pay-bill/"
ALL = ("service-center", "practice-mate", "ehr")
CLASSIC = ("classic", "practice-mate", "ehr")


def account(
    vendor: House,
    name: str = "Green Valley Family Practice",
    products: tuple[str, ...] = ALL,
    since: str = "2020-01-01",
    document: str = "",
) -> int:
    """Uses these products, at the Data Sheet's prices, since then."""
    payer = vendor.payer(name, kind="account")
    for code, title, minor in PRODUCTS:
        vendor.run(
            """with product as (insert into product (biller_id, code, name) values (%(b)s, %(code)s, %(title)s)
                                on conflict (biller_id, code) do update set name = excluded.name returning id),
                    price as (insert into price (biller_id, product_id, source, minor, since, document)
                              select %(b)s, id, 'data_sheet', %(minor)s, %(since)s::date, %(document)s from product on conflict do nothing)
               insert into selection (biller_id, payer_id, product_id, since)
               select %(b)s, %(p)s, id, %(since)s::date from product where %(used)s""",
            since=since,
            document=document,
            b=vendor.id,
            p=payer,
            code=code,
            title=title,
            minor=minor,
            used=code in products,
        )
    return payer


def bill(vendor: House) -> None:
    """This month's bill, by the product's own verb."""
    first = vendor.today.replace(day=1)
    with WebDatabase().transaction(vendor.id) as tx:
        bill_accounts(tx, vendor.id, first, vendor.now)


def practice(vendor: House, payer: int) -> Client:
    return vendor.login(f"owner{payer}@practice.test", Role.ACCOUNT_OWNER, payer_id=payer)


def enroll(vendor: House, payer: int) -> None:
    long_ago = vendor.now - timedelta(days=60)
    vendor.run("update agreement set switch = 'on', version = 2, since = %(at)s where payer_id = %(p)s", at=long_ago, p=payer)
    vendor.run(
        """insert into agreement_version (biller_id, payer_id, version, switch, at, by)
           values (%(b)s, %(p)s, 2, 'on', now(), 'test')""",
        b=vendor.id,
        p=payer,
    )


def confirm_payment(client: Client, pay_bill: str, amount: str, method: str) -> HttpResponse:
    """Over the review page, as its form sends it."""
    address = f"{pay_bill}review?amount={amount}&method={method}"
    page = client.get(address)
    assert page.status_code == 200
    return client.post(address, hidden(page.content.decode()))


def hidden(html: str) -> dict[str, str]:
    return dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', html))


def read(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return text(answer.content)


def test_A1_account_management_leads_to_the_pay_bill_screen(vendor: House) -> None:
    client = practice(vendor, account(vendor))
    assert client.get("/home", follow=True).redirect_chain[-1][0] == PAY_OA_BILL
    page = client.get("/service-center/account-management/").content.decode()
    assert re.search(rf'<a href="{PAY_OA_BILL}"[^>]*>(<svg.*?</svg>)?Pay Office Ally Bill</a>', page, re.S)
    assert "<h1>Pay OA Bill</h1>" in client.get(PAY_OA_BILL).content.decode()


@pytest.mark.parametrize(
    ("slug", "name"), [("classic", "Classic Service Center"), ("practice-mate", "Practice Mate"), ("ehr", "EHR 24/7")]
)
def test_A5_A3_A4_every_product_is_in_the_drop_down_and_has_pay_bill(vendor: House, slug: str, name: str) -> None:
    client = practice(vendor, account(vendor))
    menu = client.get(PAY_OA_BILL).content.decode()
    assert re.search(rf'<nav popover id="products".*?<a href="/classic/{slug}/pay-bill/">{re.escape(name)}</a>', menu, re.S)
    assert "<h1>Pay Bill</h1>" in client.get(f"/classic/{slug}/pay-bill/").content.decode()


@pytest.mark.parametrize("slug", ["practice-mate", "ehr"])
def test_A4_A5_manage_office_leads_to_pay_bill(vendor: House, slug: str) -> None:
    client = practice(vendor, account(vendor))
    page = client.get(f"/classic/{slug}/manage-office/").content.decode()
    assert f'<a href="/classic/{slug}/manage-office/" aria-current="page">Manage Office</a>' in page
    assert f'<li><a href="/classic/{slug}/pay-bill/">Pay Bill</a></li>' in page


def test_A6_a_user_sees_only_the_products_the_account_has(vendor: House) -> None:
    client = practice(vendor, account(vendor, products=("practice-mate",)))
    assert client.get("/service-center/", follow=True).redirect_chain[-1][0] == "/classic/practice-mate/pay-bill/"
    for address in (PAY_OA_BILL, "/classic/classic/pay-bill/", "/classic/ehr/pay-bill/"):
        assert client.get(address).status_code == 404
    assert "EHR 24/7" not in read(client, "/classic/practice-mate/pay-bill/")


def test_A46_A6_A19_enrolled_in_one_means_enrolled_in_all(vendor: House) -> None:
    payer = account(vendor)
    vendor.card(payer)
    client = practice(vendor, payer)
    green_new, green_classic = (
        "Congratulations! You are enrolled in autopay.",
        "Congratulations! You Are Currently Enrolled in Autopay.",
    )
    assert green_new not in read(client, PAY_OA_BILL)
    assert all(green_classic not in read(client, f"/classic/{slug}/pay-bill/") for slug in CLASSIC)
    enroll(vendor, payer)
    assert green_new in read(client, PAY_OA_BILL)
    assert all(green_classic in read(client, f"/classic/{slug}/pay-bill/") for slug in CLASSIC)


def test_A32_A42_not_enrolled_is_said_in_red_and_with_a_warning_sign(vendor: House) -> None:
    client = practice(vendor, account(vendor))
    new, classic = client.get(PAY_OA_BILL).content.decode(), client.get("/classic/classic/pay-bill/").content.decode()
    assert re.search(r'<div class="box" data-tone="bad".*?You are not currently enrolled in autopay\.', new, re.S)
    assert re.search(r'<div class="box" data-tone="warn">.*?You are not currently enrolled in autopay\.', classic, re.S)


@pytest.mark.parametrize("slug", CLASSIC)
def test_A40_A41_the_amount_due_line_letter_for_letter(vendor: House, slug: str) -> None:
    payer = account(vendor)
    vendor.run(
        "insert into balance (biller_id, payer_id, minor, as_of) values (%(b)s, %(p)s, 0, %(at)s)",
        b=vendor.id,
        p=payer,
        at=datetime(2026, 5, 21, 16, 4, tzinfo=UTC),
    )
    page = read(practice(vendor, payer), f"/classic/{slug}/pay-bill/")
    assert "Amount Due: 0.00 (as of May 21, 2026, 09:04 AM) Amount due is updated nightly." in page
    assert "Online payments take 2-3 business days to be reflected in Account Balance." in page


def test_A50_the_bill_says_where_each_price_comes_from(vendor: House) -> None:
    payer = account(vendor)
    vendor.run(
        """insert into price (biller_id, product_id, payer_id, source, minor, since)
           select %(b)s, id, %(p)s, 'msa', 13500, '2020-01-01' from product where code = 'ehr'""",
        b=vendor.id,
        p=payer,
    )
    bill(vendor)
    page = read(practice(vendor, payer), PAY_OA_BILL)
    assert "Practice Mate 1 $59.95 Data Sheet $59.95" in page
    assert "EHR 24/7 1 $135.00 MSA $135.00" in page


def test_A51_the_next_charge_is_announced_as_the_engine_would_decide_it(vendor: House) -> None:
    payer = account(vendor)
    vendor.card(payer)
    enroll(vendor, payer)
    bill(vendor)
    on = vendor.today + timedelta(days=5)
    vendor.run("update invoice set due_on = %(on)s", on=on)
    client = practice(vendor, payer)
    assert f"Next charge: $256.85 on {words.day(on)} to Visa ending in 4242." in read(client, PAY_OA_BILL)
    vendor.run("update agreement set cap_minor = 20000")
    page = read(client, PAY_OA_BILL)
    assert "It is $256.85. Your limit is $200.00. Nothing is charged until you say yes." in page
    assert "Next charge" not in page


def test_A55_the_next_charge_is_announced_before_its_bill_is_there(vendor: House) -> None:
    payer = account(vendor)
    vendor.card(payer)
    enroll(vendor, payer)
    client = practice(vendor, payer)
    on = next_bill_day(1, vendor.today)
    announced = f"Next charge: $256.85 on {words.day(on)} to Visa ending in 4242."
    for address in (PAY_OA_BILL, "/classic/ehr/pay-bill/"):
        assert announced in read(client, address)
    vendor.run("update agreement set cap_minor = 20000")
    for address in (PAY_OA_BILL, "/classic/ehr/pay-bill/"):
        page = read(client, address)
        assert "It is above the limit of $200.00." in page
        assert "Next charge" not in page
        assert "needs your OK" not in page


def test_A52_a_payment_made_online_is_on_its_way_with_its_date(vendor: House) -> None:
    payer = account(vendor)
    card = vendor.card(payer)
    bill(vendor)
    client = practice(vendor, payer)
    assert "Pay $256.85" in read(client, PAY_OA_BILL)
    confirm_payment(client, PAY_OA_BILL, "256.85", vendor.uid("method", card))
    vendor.came_to(vendor.value("select id from invoice"), "paid")
    shows = words.short_day(add_bank_days(vendor.today, 3))
    page = read(client, PAY_OA_BILL)
    assert f"$256.85 Paid {words.short_day(vendor.today)}, shows in your balance by {shows}." in page
    assert "Amount due is updated nightly." in page


def test_A56_history_says_why_each_bill_was_not_charged(vendor: House) -> None:
    payer = account(vendor)
    bill(vendor)
    vendor.run("update invoice set why = 'not_enrolled'")
    page = read(practice(vendor, payer), "/service-center/account-management/history/")
    assert "The account was not enrolled in autopay, so the bill waits for a payment." in page


@pytest.mark.parametrize(
    ("anchor", "today", "expected"),
    [
        (1, date(2026, 11, 23), date(2026, 12, 1)),
        (23, date(2026, 11, 23), date(2026, 12, 23)),
        (31, date(2027, 2, 1), date(2027, 2, 28)),
        (30, date(2028, 2, 29), date(2028, 3, 30)),
        (29, date(2027, 2, 28), date(2027, 3, 29)),
        (31, date(2026, 12, 31), date(2027, 1, 31)),
    ],
)
def test_A51_the_next_bill_day_follows_the_anchor_day_over_short_months(anchor: int, today: date, expected: date) -> None:
    assert next_bill_day(anchor, today) == expected


def test_a_bill_past_its_day_says_how_late_it_is_without_a_threat(vendor: House) -> None:
    payer = account(vendor)
    bill(vendor)
    vendor.run("update invoice set due_on = %(on)s", on=vendor.today - timedelta(days=20))
    page = read(practice(vendor, payer), PAY_OA_BILL)
    assert f"Due {words.short_day(vendor.today - timedelta(days=20))}. 20 days late." in page


def test_A53_without_a_saved_method_the_pay_button_leads_to_a_page_that_takes_a_new_one(vendor: House) -> None:
    payer = account(vendor)
    bill(vendor)
    client = practice(vendor, payer)
    for address, pay in ((PAY_OA_BILL, PAY_OA_BILL + "pay"), ("/classic/ehr/pay-bill/", "/classic/ehr/pay")):
        assert f'href="{pay}"' in client.get(address).content.decode()
        assert "Payment method will be saved to wallet." in read(client, pay)


def test_without_a_payment_company_no_pay_button_leads_nowhere(owner: PooledDatabase) -> None:
    vendor = House(owner, "vendor", "Office Ally", "OA", connected=False)
    payer = account(vendor)
    bill(vendor)
    client = practice(vendor, payer)
    for address in (PAY_OA_BILL, "/classic/ehr/pay-bill/"):
        page = client.get(address).content.decode()
        assert "Contact us to make a payment" in text(page.encode())
        assert not re.search(r'href="[^"]*/pay"', page)
