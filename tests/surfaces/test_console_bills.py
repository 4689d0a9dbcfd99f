"""A bill in the console (A62): refund in full or part, record a payment made elsewhere, void; each once, each by who may."""

from __future__ import annotations

import pytest
from django.test import Client
from playwright.sync_api import Page, expect

from autopay.parties.models import Role
from autopay.tenancy import WebDatabase
from autopay.wallet.default import remove
from tests.surfaces.console import billed, refunded
from tests.surfaces.house import House, text
from tests.surfaces.test_looks import log_in


@pytest.fixture
def console(vendor: House) -> Client:
    return vendor.login("biller@officeally.test", Role.OWNER)


def of(vendor: House, invoice: int) -> str:
    return f"/vendor/bills/{vendor.uid('invoice', invoice)}/"


def said(answer: object) -> str:
    return text(answer.content)  # type: ignore[attr-defined]


def payment(vendor: House, amount: str = "256.85", **more: str) -> dict[str, str]:
    return {"amount": amount, "how": "check", "on": vendor.today.isoformat(), "token": "once", "reference": "1007"} | more


def test_A62_a_refund_in_part_is_looked_at_then_sent_once(site: str, page: Page, vendor: House) -> None:
    invoice = billed(vendor, "Lakeside", "paid")
    vendor.login("biller@officeally.test", Role.OWNER)
    log_in(page, site, "biller@officeally.test")
    page.goto(site + of(vendor, invoice))
    page.get_by_label("Amount to send back").fill("20")
    page.get_by_label("Reason").fill("Billed twice")
    page.get_by_role("button", name="Continue").click()
    expect(page.locator("main")).to_contain_text("We send $20.00 back to Visa ending in 4242.")
    assert vendor.rows("select id from refund") == []
    page.get_by_role("button", name="Refund $20.00").click()
    expect(page.locator(".flash")).to_contain_text("We send $20.00 back to Visa ending in 4242.")
    expect(page.locator("#payment")).to_contain_text("We are sending $20.00 back to Visa ending in 4242")
    assert vendor.rows("select minor, state, note from refund") == [{"minor": 2000, "state": "due", "note": "Billed twice"}]
    page.go_back()
    expect(page.get_by_role("heading", level=1)).to_have_text("Invoice 1001")
    expect(page.get_by_role("button", name="Refund $20.00")).to_have_count(0)
    page.goto(f"{site}{of(vendor, invoice)}refund?amount=20&seen=25685")
    expect(page.locator(".flash").first).to_contain_text("Things changed since you opened this page. Nothing was sent.")
    assert vendor.value("select count(*) from refund") == 1


def test_A62_a_refund_in_full_says_the_whole_amount(vendor: House, console: Client) -> None:
    invoice = billed(vendor, "Lakeside", "paid")
    page = said(console.get(of(vendor, invoice) + "refund?amount=256.85"))
    assert "We send $256.85 back to Visa ending in 4242." in page
    assert "Refund $256.85" in page
    console.post(of(vendor, invoice) + "refund", {"amount": "256.85", "seen": "25685"})
    assert vendor.rows("select minor from refund") == [{"minor": 25685}]


@pytest.mark.parametrize(
    ("amount", "problem"),
    [
        ("300", "You can refund up to $256.85."),
        ("0", "The amount must be above zero."),
        ("ten", "Please give an amount, like 96.00."),
        ("1.999", "Please give an amount, like 96.00."),
        ("", "Please give an amount, like 96.00."),
    ],
)
def test_A62_a_wrong_amount_is_refused_beside_its_field_and_stays(
    vendor: House, console: Client, amount: str, problem: str
) -> None:
    address = of(vendor, billed(vendor, "Lakeside", "paid")) + "refund"
    for answer in (
        console.get(address, {"amount": amount, "note": "kept"}),
        console.post(address, {"amount": amount, "note": "kept", "seen": "25685"}),
    ):
        assert answer.status_code == 422
        assert problem in said(answer)
        assert f'value="{amount}"' in answer.content.decode() or not amount
        assert 'value="kept"' in answer.content.decode()
    assert vendor.rows("select id from refund") == []


@pytest.mark.parametrize("seen", ["", "x", "100"])
def test_A62_a_page_that_saw_other_numbers_sends_nothing(vendor: House, console: Client, seen: str) -> None:
    invoice = billed(vendor, "Lakeside", "paid")
    answer = console.post(of(vendor, invoice) + "refund", {"amount": "20", "seen": seen}, follow=True)
    assert "Things changed since you opened this page. Nothing was sent." in said(answer)
    assert vendor.rows("select id from refund") == []


def test_A62_while_a_refund_is_not_known_no_other_one_is_asked_for(vendor: House, console: Client) -> None:
    invoice = billed(vendor, "Lakeside", "paid")
    refunded(vendor, invoice, "unknown")
    page = console.get(of(vendor, invoice))
    assert "We do not know yet. Do not refund again." in said(page)
    assert 'hx-trigger="every 2s"' in page.content.decode()
    assert "Amount to send back" not in said(page)
    answer = console.post(of(vendor, invoice) + "refund", {"amount": "20", "seen": "23685"}, follow=True)
    assert "We do not know yet. Do not refund again." in said(answer)
    assert vendor.value("select count(*) from refund") == 1


def test_A62_a_payment_made_elsewhere_is_recorded_with_its_day_and_reference(site: str, page: Page, vendor: House) -> None:
    invoice = billed(vendor, "Lakeside")
    vendor.login("biller@officeally.test", Role.FRONT_DESK)
    log_in(page, site, "biller@officeally.test")
    page.goto(site + of(vendor, invoice))
    page.get_by_label("Amount received").fill("56.85")
    page.get_by_label("How").select_option("Wire")
    page.get_by_label("Received on").fill(vendor.today.replace(day=1).isoformat())
    page.get_by_label("Reference").fill("FW 20267")
    page.get_by_role("button", name="Record payment").click()
    expect(page.locator(".flash")).to_contain_text(
        "The payment of $56.85 was recorded. The charge that was planned was taken back."
    )
    expect(page.get_by_role("region", name="Paid elsewhere")).to_contain_text("Wire")
    expect(page.get_by_role("region", name="Paid elsewhere")).to_contain_text("Reference FW 20267")
    expect(page.get_by_role("region", name="Sums")).to_contain_text("$200.00")
    kept = vendor.rows("select minor, how, received_on, reference from elsewhere")
    assert kept == [{"minor": 5685, "how": "wire", "received_on": vendor.today.replace(day=1), "reference": "FW 20267"}]
    assert vendor.rows("select state from charge order by id") == [{"state": "withdrawn"}, {"state": "due"}]


def test_A62_the_same_form_sent_twice_is_one_payment_and_says_so_twice(vendor: House, console: Client) -> None:
    invoice = billed(vendor, "Lakeside", "failed", "declined")
    for _ in range(2):
        answer = console.post(of(vendor, invoice) + "record", payment(vendor), follow=True)
        assert "The payment of $256.85 was recorded." in said(answer)
    assert vendor.rows("select minor from elsewhere") == [{"minor": 25685}]


@pytest.mark.parametrize(
    ("wrong", "problem"),
    [
        ({"amount": "300"}, "Only $256.85 is open on this bill."),
        ({"amount": "-5"}, "The amount must be above zero."),
        ({"amount": "much"}, "Please give an amount, like 96.00."),
        ({"on": "2999-01-01"}, "That day has not come yet."),
        ({"on": "yesterday"}, "Please give a date, like 2026-05-21."),
        ({"how": "barter"}, "Select a valid choice."),
    ],
)
def test_A62_what_is_wrong_with_a_payment_is_said_beside_its_field(
    vendor: House, console: Client, wrong: dict[str, str], problem: str
) -> None:
    invoice = billed(vendor, "Lakeside", "failed", "declined")
    answer = console.post(of(vendor, invoice) + "record", payment(vendor, **wrong))
    assert answer.status_code == 422
    assert problem in said(answer)
    assert 'value="1007"' in answer.content.decode()
    assert 'value="once"' in answer.content.decode()
    assert vendor.rows("select id from elsewhere") == []


@pytest.mark.parametrize("state", ["sending", "unknown", "pending"])
def test_A62_while_a_charge_is_in_flight_a_payment_is_refused_with_the_reason(vendor: House, console: Client, state: str) -> None:
    invoice = billed(vendor, "Lakeside", state)
    page = said(console.get(of(vendor, invoice)))
    assert "Until the payment above has ended, this bill cannot be paid elsewhere, refunded or taken back." in page
    assert "Record payment" not in page
    answer = console.post(of(vendor, invoice) + "record", payment(vendor), follow=True)
    assert "is on its way. Wait until it has ended, then look again. Nothing was recorded." in said(answer)
    assert "is on its way. Wait until it has ended" in said(console.post(of(vendor, invoice) + "void", follow=True))
    assert vendor.rows("select id from elsewhere") == []
    assert vendor.value("select voided_at from invoice") is None


@pytest.mark.parametrize(
    ("state", "head"),
    [("sending", "A payment of $256.85 is being taken"), ("unknown", "We do not know yet whether this payment went through")],
)
def test_A62_a_page_whose_charge_is_in_flight_follows_it(vendor: House, console: Client, state: str, head: str) -> None:
    page = console.get(of(vendor, billed(vendor, "Lakeside", state)))
    assert head in said(page)
    assert 'hx-trigger="every 2s"' in page.content.decode()
    assert '<meta http-equiv="refresh" content="5">' in page.content.decode()


def test_A62_a_bill_about_which_the_books_differ_waits_for_a_person(vendor: House, console: Client) -> None:
    invoice = billed(vendor, "Lakeside", "failed", "declined")
    vendor.run("update invoice set blocked = 'the processor shows a payment that our books do not'")
    page = said(console.get(of(vendor, invoice)))
    assert "The payment company's books and ours differ about this bill" in page
    assert "Nothing was taken" not in page
    assert "Record payment" not in page
    assert "Take this invoice back" not in page
    refused = "A person looks at it first: until then nobody can pay it, change it or take it back."
    assert refused in said(console.post(of(vendor, invoice) + "void", follow=True))
    assert refused in said(console.post(of(vendor, invoice) + "record", payment(vendor), follow=True))
    assert vendor.value("select elsewhere = 0 and voided_at is null from invoice")


def test_A62_a_bill_is_taken_back_and_its_charge_with_it(vendor: House, console: Client) -> None:
    invoice = billed(vendor, "Lakeside")
    answer = console.post(of(vendor, invoice) + "void", follow=True)
    assert "Nobody owes anything for it." in said(answer)
    assert vendor.rows("select state from charge") == [{"state": "withdrawn"}]


DEEDS = {
    "void": {Role.OWNER, Role.BILLING_MANAGER},
    "refund": {Role.OWNER, Role.BILLING_MANAGER},
    "record": {Role.OWNER, Role.BILLING_MANAGER, Role.FRONT_DESK},
}


@pytest.mark.parametrize("role", [Role.OWNER, Role.BILLING_MANAGER, Role.FRONT_DESK, Role.AUDITOR])
@pytest.mark.parametrize("deed", list(DEEDS))
def test_A62_the_permission_table_decides_who_may_do_what_to_a_bill(vendor: House, role: Role, deed: str) -> None:
    invoice = billed(vendor, "Lakeside", "paid" if deed == "refund" else "failed", "declined")
    client = vendor.login("somebody@officeally.test", role)
    page = client.get(of(vendor, invoice)).content.decode()
    answer = client.post(of(vendor, invoice) + deed, payment(vendor, "20.00", seen="25685"))
    may = role in DEEDS[deed]
    assert answer.status_code == (302 if may else 403)
    assert (f"/{deed}" in page) is may
    done = vendor.rows(
        "select id from refund union all select id from elsewhere union all select id from invoice where voided_at is not null"
    )
    assert bool(done) is may


def test_A62_money_goes_back_to_where_it_came_from_though_the_card_is_gone(vendor: House, console: Client) -> None:
    invoice = billed(vendor, "Lakeside", "paid")
    remove(WebDatabase(), vendor.id, vendor.value("select id from method"), vendor.by())
    assert "It goes back to Visa ending in 4242." in said(console.get(of(vendor, invoice)))
