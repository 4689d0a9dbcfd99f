"""Keyboard alone (W3): log in, enroll with a card, pay once, cancel in the new and in the classic screens; the focus never gets lost."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from autopay.parties.models import Role
from tests.surfaces.house import House
from tests.surfaces.keyboard import Hands, frames_are_there
from tests.surfaces.test_accounts import PAY_OA_BILL, account, bill, enroll
from tests.surfaces.test_enroll import GREEN, RED, SETTINGS, SLOW, TYPED

GOOD, DECLINED = "4242424242424242", "4000000000000002"


@pytest.fixture
def hands(enrolling: str, vendor: House, page: Page) -> Iterator[Hands]:
    """An account with an open bill; nobody is logged in yet."""
    payer = account(vendor)
    bill(vendor)
    vendor.login("owner@practice.test", Role.ACCOUNT_OWNER, payer_id=payer)
    yield Hands(page)
    page.goto("about:blank")


def payer_of(vendor: House) -> int:
    payer: int = vendor.value("select id from payer")
    return payer


def log_in(hands: Hands, site: str, then: str) -> None:
    hands.page.goto(f"{site}/accounts/login/?next={then}")
    hands.fill("Email", "owner@practice.test")
    hands.fill("Password", "autopay-demo")
    hands.press("Enter")
    hands.page.wait_for_url(lambda address: "/login/" not in address)


def fill_in(hands: Hands, number: str) -> None:
    for label, value in TYPED.items():
        hands.fill(label, value)
    hands.tab_to("Credit/Debit Card")
    hands.fill("Account Holder Name", "Hannah Brooks")
    for title, value in (("Credit Card Number", number), ("Expiration Date", "1240"), ("CVV", "123")):
        hands.tab_to(title, "IFRAME")
        hands.page.keyboard.type(value)


def be_human(hands: Hands) -> None:
    hands.tab_to("I'm not a robot")
    hands.press("Space")
    expect(hands.page.locator("input[name=human]")).to_have_value(re.compile(".+"), timeout=SLOW)


def submit(hands: Hands) -> None:
    hands.tab_to("Submit", "BUTTON")
    hands.press("Enter")


def test_W3_A1_A2_A10_to_A19_log_in_and_enroll_by_keyboard_alone(enrolling: str, vendor: House, hands: Hands) -> None:
    log_in(hands, enrolling, "/service-center/account-management/")
    hands.tab_to("Pay Office Ally Bill")
    hands.press("Enter")
    hands.page.wait_for_url("**/pay-bill/")
    hands.tab_to("Enroll in Autopay")
    hands.press("Enter")
    hands.page.wait_for_url("**/autopay-settings/")
    frames_are_there(hands.page)
    hands.tab_to("Autopay Enrollment", "INPUT")
    hands.press("Space")
    expect(hands.page.get_by_role("switch", name="Autopay Enrollment")).to_be_checked()
    fill_in(hands, GOOD)
    be_human(hands)
    submit(hands)
    expect(hands.page.locator(".flash")).to_be_focused(timeout=SLOW)
    expect(hands.page.locator("main")).to_contain_text(GREEN)
    hands.tab_to("Close", "A")
    hands.press("Enter")
    expect(hands.page.locator(".flash")).to_have_count(0)
    assert hands.at()["tag"] == "MAIN"
    hands.tab_to("Autopay Enrollment", "BUTTON")
    assert vendor.value("select switch from agreement") == "on"


def test_W3_A14_the_card_frames_are_entered_and_left_both_ways(enrolling: str, hands: Hands) -> None:
    log_in(hands, enrolling, SETTINGS)
    frames_are_there(hands.page)
    stops = ["Account Holder Name", "Credit Card Number", "Expiration Date", "CVV", "I'm not a robot"]
    for name in stops:
        hands.tab_to(name)
    for name in reversed(stops[:-1]):
        hands.tab_to(name, back=True)


def test_W3_A17_A22_errors_take_the_focus_and_lead_to_their_fields(enrolling: str, vendor: House, hands: Hands) -> None:
    log_in(hands, enrolling, SETTINGS)
    frames_are_there(hands.page)
    hands.tab_to("Submit", "BUTTON")
    hands.press("Enter")
    expect(hands.page.locator("#form-errors")).to_be_focused(timeout=SLOW)
    hands.tab_to("First Name" if hands.page.get_by_role("link", name="First Name:").count() else "Phone Number", "A")
    hands.press("Enter")
    assert hands.at()["tag"] == "INPUT"
    hands.page.goto(enrolling + SETTINGS)
    frames_are_there(hands.page)
    hands.tab_to("Autopay Enrollment", "INPUT")
    hands.press("Space")
    fill_in(hands, DECLINED)
    be_human(hands)
    submit(hands)
    told = hands.page.locator(".box[role=alert]", has_text="We could not save this payment method.")
    expect(told).to_be_focused(timeout=SLOW)
    expect(told).to_contain_text("The bank said no.")
    hands.tab_to("Autopay Enrollment", "INPUT")


def enrolled(vendor: House) -> None:
    payer = payer_of(vendor)
    vendor.card(payer)
    enroll(vendor, payer)


def test_W3_A30_A31_A32_the_pop_up_begins_on_keep_holds_the_focus_and_gives_it_back(
    enrolling: str, vendor: House, hands: Hands
) -> None:
    enrolled(vendor)
    log_in(hands, enrolling, PAY_OA_BILL)
    hands.tab_to("Edit/Cancel Autopay")
    hands.press("Enter")
    hands.page.wait_for_url("**/autopay-settings/")
    popup = hands.page.get_by_role("dialog", name="Cancel Autopay?")
    for way_out in ("Escape", "Enter"):  # Enter is on Keep Autopay
        hands.tab_to("Autopay Enrollment", "BUTTON")
        hands.press("Space")
        expect(popup).to_be_visible()
        assert hands.at()["name"] == "Keep Autopay"
        hands.press(way_out)
        expect(popup).to_be_hidden()
        assert hands.at()["name"] == "Autopay Enrollment"
        hands.press("Shift+Tab")
    assert vendor.value("select switch from agreement") == "on"
    hands.tab_to("Autopay Enrollment", "BUTTON")
    hands.press("Space")
    inside = {hands.at()["name"]}
    for _ in range(6):
        hands.press("Tab")
        at = hands.at()
        inside.add(at["name"] if at["tag"] != "BODY" else "")
    assert inside - {""} == {"Keep Autopay", "Yes, Cancel Autopay"}
    while hands.at()["name"] != "Yes, Cancel Autopay":
        hands.press("Tab")
    hands.press("Enter")
    expect(hands.page.locator(".flash")).to_be_focused()
    expect(hands.page.locator("main")).to_contain_text(RED)
    assert vendor.value("select switch from agreement") == "off"


def test_W3_A47_A48_cancel_is_typed_in_the_classic_screens(enrolling: str, vendor: House, hands: Hands) -> None:
    enrolled(vendor)
    log_in(hands, enrolling, "/classic/ehr/pay-bill/")
    hands.tab_to("Edit/Cancel Autopay")
    hands.press("Enter")
    hands.page.wait_for_url("**/autopay-settings/")
    hands.fill("Type the word cancel", "Cancel")
    hands.press("Enter")
    expect(hands.page.locator("main")).to_contain_text("Type it in small letters: cancel")
    assert hands.at()["tag"] != "BODY", "a wrong word must not lose the focus"
    assert vendor.value("select switch from agreement") == "on"
    hands.type("cancel")
    hands.press("Enter")
    expect(hands.page.locator(".flash")).to_be_focused()
    expect(hands.page.locator("main")).to_contain_text("You are not currently enrolled in autopay.")
    hands.tab_to("Close", "A")
    hands.press("Enter")
    assert hands.at()["tag"] == "MAIN"


@pytest.mark.parametrize("where", [PAY_OA_BILL, "/classic/ehr/pay-bill/"])
def test_W3_A53_pay_once_by_keyboard_alone(enrolling: str, vendor: House, hands: Hands, where: str) -> None:
    vendor.card(payer_of(vendor), default=True)
    log_in(hands, enrolling, where)
    hands.tab_to("Pay $256.85" if where == PAY_OA_BILL else "Pay Once")
    hands.press("Enter")
    expect(hands.page.get_by_role("heading", level=1)).to_have_text("Pay once")
    hands.fill("Amount", "100.00")
    hands.tab_to("Visa ending in 4242")
    hands.tab_to("Review", "BUTTON")
    hands.press("Enter")
    expect(hands.page.get_by_role("heading", level=1)).to_have_text("Please check", timeout=SLOW)
    hands.tab_to("Pay $100.00", "BUTTON")
    hands.press("Enter")
    expect(hands.page.locator("#payment")).to_contain_text("$100.00")
    assert vendor.rows("select trigger, asked_minor from charge") == [{"trigger": "pay_now", "asked_minor": 10000}]
