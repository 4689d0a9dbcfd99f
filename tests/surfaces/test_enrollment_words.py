"""The guide's words and rules on the screens that enroll and cancel, each for itself (A10 to A18, A42 to A48)."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Locator, Page, expect

from autopay.parties.models import Role
from tests.surfaces.house import House
from tests.surfaces.test_accounts import account, bill, enroll
from tests.surfaces.test_enroll import (
    CLASSIC_GREEN,
    SETTINGS,
    SLOW,
    TYPED,
    be_human,
    cancel_with,
    enroll_in_browser,
    fill_in,
    submit,
    type_billing,
    type_card,
)
from tests.surfaces.test_looks import log_in

CLASSIC = "/classic/practice-mate/"
ENROLL_PAGES = [SETTINGS, f"{CLASSIC}pay-bill/enroll"]
REQUIRED = [
    "Email Address *",
    "Phone Number *",
    "First Name *",
    "Last Name *",
    "Street Address *",
    "City *",
    "State *",
    "Zip Code *",
]
OPTIONAL = ["Company Name", "Street Address Line 2"]


@pytest.fixture
def practice(enrolling: str, vendor: House, page: Page) -> Iterator[int]:
    """Not enrolled, one open bill, its owner logged in."""
    payer = account(vendor)
    bill(vendor)
    vendor.login("owner@practice.test", Role.ACCOUNT_OWNER, payer_id=payer)
    log_in(page, enrolling, "owner@practice.test")
    yield payer
    page.goto("about:blank")


def legends(page: Page) -> list[str]:
    return [text.strip() for text in page.locator("main legend:visible, main h2:visible, main h3:visible").all_inner_texts()]


def green(box: Locator) -> bool:
    red, g, blue = box.evaluate("each => getComputedStyle(each).backgroundColor.match(/\\d+/g).map(Number)")[:3]
    return bool(g > red and g > blue)


def test_A10_the_switch_is_off_until_the_person_turns_it_on_and_must_be_on_to_submit(
    vendor: House, practice: int, enrolling: str, page: Page
) -> None:
    page.goto(enrolling + SETTINGS)
    switch = page.get_by_role("switch", name="Autopay Enrollment")
    expect(switch).not_to_be_checked()
    expect(page.locator(".terms")).to_contain_text("charges my card automatically every month")
    type_billing(page)
    type_card(page)
    be_human(page)
    submit(page)
    expect(page.locator("form .error", has_text="Switch it on to agree.")).to_be_visible()
    assert vendor.value("select count(*) from method") == 0
    switch.check()
    submit(page)
    expect(page.locator(".flash")).to_contain_text("saved successfully", timeout=SLOW)


@pytest.mark.parametrize("address", ENROLL_PAGES)
def test_A12_A11_A44_billing_information_has_the_guide_s_fields_with_their_stars(
    vendor: House, practice: int, enrolling: str, page: Page, address: str
) -> None:
    page.goto(enrolling + address)
    assert {"Billing Information", "Contact Information", "Billing Address"} <= set(legends(page))
    for label in [*REQUIRED, *OPTIONAL]:
        expect(page.get_by_label(label, exact=True)).to_be_visible()
    country = page.get_by_label("Country *", exact=True)
    expect(country).to_have_value("US")
    for label in [*REQUIRED, *OPTIONAL]:
        page.get_by_label(label, exact=True).fill("")
    if address == SETTINGS:
        page.get_by_role("switch", name="Autopay Enrollment").check()
    type_card(page)
    submit(page)
    for label in REQUIRED:
        field = page.locator(".field", has=page.get_by_label(label, exact=True))
        expect(field.locator(".error")).to_have_text("Please fill this in.")
    for label in OPTIONAL:
        expect(page.locator(".field", has=page.get_by_label(label, exact=True)).locator(".error")).to_have_count(0)


@pytest.mark.parametrize("address", ENROLL_PAGES)
def test_A13_A14_A16_the_payment_method_has_two_tabs_with_the_card_first_and_the_guide_s_fields(
    practice: int, enrolling: str, page: Page, address: str
) -> None:
    page.goto(enrolling + address)
    assert {"Payment Method", "Enter Payment Details"} <= set(legends(page))
    tabs = page.get_by_role("radio")
    expect(page.get_by_role("radio", name="Credit/Debit Card")).to_be_checked()
    expect(page.get_by_role("radio", name="ACH")).not_to_be_checked()
    assert tabs.count() == 2
    expect(page.get_by_label("Account Holder Name")).to_have_attribute("placeholder", "Name on card")
    for label, placeholder in (("Credit Card Number", "1234 5678 9012 3456"), ("Expiration Date", "MM/YY"), ("CVV", "123")):
        expect(page.locator(".field .label", has_text=label)).to_be_visible()
        field = page.frame_locator(f'iframe[title="{label}"]').get_by_label(label)
        expect(field).to_have_attribute("placeholder", placeholder)
    expect(page.locator("[data-frame=cardNumber] svg").first).to_be_visible()
    expect(page.get_by_text("Payment method will be saved to wallet.")).to_be_visible()
    expect(page.get_by_role("button", name="Submit")).to_be_enabled()


def test_A18_the_message_is_green_says_it_in_the_guide_s_words_and_is_closed_by_hand(practice: int, page: Page) -> None:
    enroll_in_browser(page)
    message = page.locator(".flash")
    expect(message).to_contain_text("Your autopay settings were saved successfully.")
    assert green(message)
    page.wait_for_timeout(1500)
    expect(message).to_be_visible()
    message.get_by_role("button", name="Close").click()
    expect(message).to_have_count(0)


PARTS = (
    "automatically every month",
    "for the products and services I have selected",
    "Data Sheet(s), the MSA or the SOW, whichever applies",
    "until I cancel",
    'choosing Edit/Cancel Autopay, typing "cancel" and pressing Submit',
)
HOLD = (
    "temporary authorization hold",
    "It is not a charge",
    "lower my available credit or balance",
    "within a few business days",
)


def test_A43_the_agreement_has_every_part_of_the_guide_s_and_a_variant_for_bank_accounts(
    practice: int, enrolling: str, page: Page
) -> None:
    page.goto(f"{enrolling}{CLASSIC}pay-bill/enroll")
    agreement = page.get_by_role("region", name="Autopay Enrollment")
    for part in (*PARTS, *HOLD):
        expect(agreement).to_contain_text(part)
    expect(agreement.get_by_role("link", name="Data Sheet(s)")).to_be_visible()
    page.get_by_text("ACH", exact=True).click()
    for part in (*PARTS, "electronic debits from this bank account", "stop a payment at my bank"):
        expect(agreement).to_contain_text(part)
    expect(agreement.get_by_text("temporary authorization hold")).to_be_hidden()


def test_A45_A42_A46_the_classic_warning_the_message_and_the_green_box(practice: int, enrolling: str, page: Page) -> None:
    page.goto(f"{enrolling}{CLASSIC}pay-bill/")
    warning = page.locator("main > .box[data-tone=warn]:visible")
    expect(warning).to_contain_text('You are not currently enrolled in autopay. Click the "Enroll in Autopay" button to enroll.')
    expect(warning.locator("svg").first).to_be_visible()
    expect(page.get_by_text(CLASSIC_GREEN)).to_have_count(0)
    page.get_by_role("link", name="Enroll in Autopay").click()
    type_billing(page)
    type_card(page)
    be_human(page)
    submit(page)
    message = page.locator(".flash")
    expect(message).to_contain_text("Payment method added", timeout=SLOW)
    close = message.get_by_role("button", name="Close")
    assert close.inner_text().strip().upper() == "CLOSE"
    close.click()
    box = page.locator(".box[data-tone=ok]", has_text=CLASSIC_GREEN)
    assert green(box)
    expect(box.get_by_role("link", name="Edit/Cancel Autopay")).to_be_visible()


@pytest.mark.parametrize(
    ("typed", "why"),
    [
        ("", "The box is empty. Type cancel to stop autopay."),
        ("Cancel", "You typed “Cancel”. Type it in small letters: cancel"),
        ("CANCEL", "You typed “CANCEL”. Type it in small letters: cancel"),
        (" cancel", "There is a space in the box. Type only cancel."),
        ("cancel ", "There is a space in the box. Type only cancel."),
        ("stop", "You typed “stop”. Type the word cancel."),
    ],
)
def test_A47_any_other_word_than_cancel_cancels_nothing_and_says_why(
    site: str, vendor: House, page: Page, typed: str, why: str
) -> None:
    to_cancel(site, vendor, page)
    cancel_with(page, typed)
    expect(page.locator("main")).to_contain_text(why)
    expect(page.get_by_label("Type the word cancel")).to_have_value(typed)
    expect(page.locator("main")).to_contain_text(CLASSIC_GREEN)
    assert vendor.value("select switch from agreement") == "on"


def test_A48_A47_the_word_cancel_and_the_blue_submit_at_the_bottom_cancel_at_once(site: str, vendor: House, page: Page) -> None:
    to_cancel(site, vendor, page)
    section = page.get_by_role("region", name="Cancel Autopayment")
    assert page.locator("main section").last.get_attribute("aria-labelledby") == section.get_attribute("aria-labelledby")
    red, g, blue = section.get_by_role("button", name="Submit").evaluate(
        "each => getComputedStyle(each).backgroundColor.match(/\\d+/g).map(Number)"
    )[:3]
    assert blue > red
    assert blue > g
    cancel_with(page, "cancel")
    expect(page.locator(".flash")).to_contain_text("Autopay was cancelled on")
    expect(page.get_by_role("heading", level=1)).to_have_text("Autopay Settings")
    expect(page.locator("main")).to_contain_text("You are not currently enrolled in autopay.")
    expect(page.locator("main")).not_to_contain_text(CLASSIC_GREEN)


def to_cancel(site: str, vendor: House, page: Page) -> None:
    payer = account(vendor)
    vendor.card(payer)
    enroll(vendor, payer)
    vendor.login("owner@practice.test", Role.ACCOUNT_OWNER, payer_id=payer)
    log_in(page, site, "owner@practice.test")
    page.goto(f"{site}{CLASSIC}autopay-settings/")


def test_A11_A10_what_was_said_at_the_last_enrollment_is_offered_again(practice: int, enrolling: str, page: Page) -> None:
    page.goto(enrolling + SETTINGS)
    fill_in(page)
    be_human(page)
    submit(page)
    expect(page.locator(".flash")).to_contain_text("saved successfully", timeout=SLOW)
    page.get_by_text("Change card or address").click()
    for label, value in TYPED.items():
        expect(page.get_by_label(label)).to_have_value(value)


def test_A34_A6_cancelled_in_one_product_and_enrolled_again_in_another(
    vendor: House, practice: int, enrolling: str, page: Page
) -> None:
    """Beside another account, so that no number of a version is by chance the number of its row."""
    enroll(vendor, account(vendor, "Another practice"))
    enroll_in_browser(page)
    page.goto(f"{enrolling}{CLASSIC}autopay-settings/")
    cancel_with(page, "cancel")
    expect(page.locator(".flash")).to_contain_text("Autopay was cancelled on")
    page.goto(f"{enrolling}{CLASSIC}pay-bill/enroll")
    type_card(page)
    be_human(page)
    submit(page)
    expect(page.locator(".flash")).to_contain_text("Payment method added", timeout=SLOW)
    assert vendor.value("select switch from agreement where payer_id = %(p)s", p=practice) == "on"
