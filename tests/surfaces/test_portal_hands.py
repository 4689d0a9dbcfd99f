"""The Patient Portal by keyboard alone, at 400% zoom, without JavaScript; and a payment in flight that every page follows by itself."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Page, expect

from autopay.agreements.models import Switch
from autopay.parties.models import Role
from tests.surfaces.house import House
from tests.surfaces.keyboard import Hands, frames_are_there
from tests.surfaces.portal import BILLING, real_card, work
from tests.surfaces.reflow import squeezed
from tests.surfaces.test_enroll import SLOW, be_human, type_card
from tests.surfaces.test_keyboard import be_human as be_human_by_keyboard
from tests.surfaces.test_looks import log_in
from tests.surfaces.test_zoom import ZOOMED

JAMES = "james@patients.test"


@pytest.fixture
def james(agency: House) -> int:
    payer = agency.payer("James Lee", Switch.OFF)
    agency.login(JAMES, Role.PATIENT, payer_id=payer)
    return payer


def test_W3_V7_V13_a_patient_pays_with_a_new_card_and_asks_the_office_by_keyboard_alone(
    paying: str, agency: House, james: int, page: Page
) -> None:
    agency.visit(james, 14400)
    hands = Hands(page)
    page.goto(f"{paying}/accounts/login/?next={BILLING}")
    hands.fill("Email", JAMES)
    hands.fill("Password", "autopay-demo")
    hands.press("Enter")
    page.wait_for_url(lambda address: address.endswith(BILLING) and "next=" not in address)
    hands.tab_to("Pay Now", "A")
    hands.press("Enter")
    page.wait_for_url("**/pay")
    frames_are_there(page)
    hands.fill("Account Holder Name", "James Lee")
    for title, value in (("Credit Card Number", "4242424242424242"), ("Expiration Date", "1240"), ("CVV", "123")):
        hands.tab_to(title, "IFRAME")
        page.keyboard.type(value)
    hands.tab_to("Save this card for payments I make myself.")
    be_human_by_keyboard(hands)
    hands.tab_to("Pay $144.00", "BUTTON")
    hands.press("Enter")
    expect(page.locator("#payment")).to_contain_text("We are taking your payment of $144.00", timeout=SLOW)
    assert agency.rows("select asked_minor from charge") == [{"asked_minor": 14400}]
    hands.tab_to("Requests", "A", back=True)
    hands.press("Enter")
    page.wait_for_url("**/portal/requests/")
    hands.tab_to("Turn Auto-Pay on", "INPUT")
    hands.press("Space")
    hands.fill("Your note (optional)", "From next week on, please.")
    hands.tab_to("Send to the office", "BUTTON")
    hands.press("Enter")
    expect(page.locator(".flash")).to_be_focused()
    expect(page.locator(".flash")).to_contain_text("The office got your request. Nothing has changed yet.")
    assert agency.rows("select kind from request") == [{"kind": "on"}]


def test_W3_V1_V7_V13_at_four_hundred_per_cent_a_bill_is_paid_and_a_request_is_sent(
    paying: str, agency: House, james: int, browser: Browser
) -> None:
    agency.visit(james, 14400)
    context = browser.new_context(viewport=ZOOMED, device_scale_factor=4)  # type: ignore[arg-type]
    page = context.new_page()
    log_in(page, paying, JAMES)
    assert squeezed(page) == []
    page.get_by_role("link", name="Pay Now").click()
    frames_are_there(page)
    assert squeezed(page) == []
    type_card(page)
    be_human(page)
    button = page.get_by_role("button", name="Pay $144.00")
    button.focus()
    button.click()
    expect(page.locator("#payment")).to_contain_text("We are taking your payment of $144.00", timeout=SLOW)
    assert squeezed(page) == []
    page.goto(f"{paying}/portal/requests/")
    assert squeezed(page) == []
    page.get_by_text("Use another card").click()
    page.get_by_role("button", name="Send to the office").click()
    expect(page.locator(".flash")).to_contain_text("The office got your request.")
    assert squeezed(page) == []
    context.close()


def test_V9_V14_the_billing_page_follows_a_charge_to_its_end_by_itself_and_moves_nobody_meanwhile(
    paying: str, agency: House, page: Page
) -> None:
    maria = agency.payer("Maria Alvarez", Switch.ON)
    real_card(agency, maria)
    agency.login("maria@patients.test", Role.PATIENT, payer_id=maria)
    agency.visit(maria, 8500)
    log_in(page, paying, "maria@patients.test")
    outstanding, history = (
        page.get_by_role("region", name="Outstanding Invoices"),
        page.get_by_role("region", name="Payment History"),
    )
    expect(outstanding).to_contain_text("Processing")
    details = outstanding.get_by_role("link", name="See details")
    details.focus()
    with page.expect_response(lambda answer: "seen=" in answer.url) as asked:
        pass
    assert asked.value.status == 204  # no news
    expect(details).to_be_focused()
    work()
    expect(history).to_contain_text("$85.00", timeout=SLOW)
    expect(history).to_contain_text("Paid")
    expect(outstanding).to_contain_text("Nothing to pay")
    expect(page.locator("#told")).to_have_text("No payment is being made right now.")
    assert page.locator("[hx-trigger]").count() == 0


def test_V14_without_javascript_a_page_with_a_payment_in_flight_asks_again_and_a_saved_card_pays(
    paying: str, agency: House, james: int, browser: Browser
) -> None:
    real_card(agency, james)
    agency.visit(james, 14400)
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    log_in(page, paying, JAMES)
    page.get_by_role("link", name="Pay Now").click()
    expect(page.get_by_text("Turn it on and load this page again")).to_be_hidden()
    page.get_by_role("button", name="Pay $144.00").click()
    expect(page.locator("#payment")).to_contain_text("We are taking your payment of $144.00")
    for address in (page.url, page.url.replace("/payment", "/"), paying + BILLING):
        page.goto(address)
        assert page.locator("noscript meta[http-equiv=refresh]").count() or "refresh" in page.content()
    work()
    expect(page.get_by_role("region", name="Payment History")).to_contain_text("$144.00", timeout=SLOW)
    context.close()


def test_V1_to_V5_V8_to_V11_the_guide_s_way_by_the_words_on_the_screen(paying: str, agency: House, page: Page) -> None:
    """Somebody who holds only the guide: open Billing, read the card, the line under it, the banner; see a charge land paid."""
    maria = agency.payer("Maria Alvarez", Switch.ON)
    agency.login("maria@patients.test", Role.PATIENT, payer_id=maria)
    log_in(page, paying, "maria@patients.test")
    page.get_by_role("link", name="Requests").click()
    page.get_by_role("link", name="Billing").click()
    banner = page.locator("header.hero")
    expect(banner.get_by_role("heading", level=1)).to_have_text("Billing")
    green = banner.evaluate("each => getComputedStyle(each).backgroundColor.match(/\\d+/g).map(Number)")
    assert green[1] > green[0]
    assert green[1] > green[2]
    cards = page.get_by_role("region", name="Summary").get_by_role("article")
    expect(cards.get_by_role("heading")).to_have_text(["Outstanding Balance", "Last Payment", "Auto-Pay"])
    expect(cards.nth(2)).to_contain_text("Enabled")
    expect(cards.nth(2)).not_to_contain_text("Card ending in")
    boxes = [cards.nth(each).bounding_box() for each in range(3)]
    assert all(boxes)
    assert [box["x"] for box in boxes if box] == sorted(box["x"] for box in boxes if box)  # the third is on the right
    enabled = page.get_by_role("region", name="Auto-Pay Enabled")
    expect(enabled).to_contain_text("Your visits are automatically billed upon completion")
    expect(enabled).to_contain_text("No card is on file, so charges do not run. Ask the office to add a card")
    expect(enabled).not_to_contain_text("Payment method")
    real_card(agency, maria)  # what the office does
    page.reload()
    expect(cards.nth(2)).to_contain_text("Card ending in 4242")
    expect(enabled).to_contain_text("Payment method")
    expect(enabled).to_contain_text("Visa ending in 4242")
    agency.visit(maria, 8500)
    work()
    page.reload()
    expect(page.get_by_role("region", name="Outstanding Invoices")).to_contain_text("Nothing to pay")
    row = page.get_by_role("region", name="Payment History").get_by_role("row").nth(1)
    expect(row.locator(".badge[data-tone=ok]")).to_have_text("Paid")
    row.get_by_role("link", name="View receipt").click()
    expect(page.get_by_role("main")).to_contain_text("$85.00")
    page.goto(paying + BILLING)
    agency.run("update agreement set switch = 'off' where payer_id = %(p)s", p=maria)
    page.reload()
    expect(cards.nth(2)).to_contain_text("Not Enabled")
    expect(cards.nth(2)).to_contain_text("Manual payment required")
    agency.run("update processor_account set connected = false")
    page.reload()
    expect(page.get_by_role("main")).to_contain_text("Contact us to make a payment")
