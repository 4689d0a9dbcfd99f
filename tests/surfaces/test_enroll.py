"""Enrolling, editing and cancelling in a real browser, by the words on the screen, with the real sandbox behind its own frames."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from autopay import words
from autopay.billing.bill import next_bill_day
from autopay.parties.models import Role
from tests.surfaces.house import House
from tests.surfaces.test_accounts import PAY_OA_BILL, account, bill, enroll
from tests.surfaces.test_looks import VIEWS, log_in, look

GOOD, EXPIRED, POOR, DECLINED = "4242424242424242", "4000000000000069", "4000000000009995", "4000000000000002"
SLOW = 40_000
"""Milliseconds: more than the web waits for the payment company, so that what is seen is the page's last word."""
GREEN = "Congratulations! You are enrolled in autopay."
RED = "You are not currently enrolled in autopay. Click the switch below to avoid disruptions to your account."
SETTINGS = "/service-center/account-management/autopay-settings/"
CLASSIC_PAGES = ("/classic/ehr/pay-bill/", "/classic/ehr/pay-bill/enroll", "/classic/ehr/autopay-settings/")
TYPED = {
    "Email Address *": "billing@greenvalley.test",
    "Phone Number *": "(415) 555-0118",
    "Company Name": "Green Valley",
    "First Name *": "Hannah",
    "Last Name *": "Brooks",
    "Street Address *": "218 Orchard Road",
    "City *": "Petaluma",
    "State *": "CA",
    "Zip Code *": "94952",
}


def to_settings(page: Page, button: str = "Enroll in Autopay") -> None:
    page.get_by_role("link", name="Account Management").first.click()
    page.get_by_role("main").get_by_role("link", name="Pay Office Ally Bill").click()
    page.get_by_role("link", name=button).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Autopay Settings")


def type_billing(page: Page, **other: str) -> None:
    for label, value in TYPED.items():
        page.get_by_label(label).fill(other.get(label, value))


def type_card(page: Page, number: str = GOOD) -> None:
    page.get_by_label("Account Holder Name").fill("Hannah Brooks")
    for label, value in (("Credit Card Number", number), ("Expiration Date", "12/40"), ("CVV", "123")):
        page.frame_locator(f'iframe[title="{label}"]').get_by_label(label).fill(value)


def be_human(page: Page) -> None:
    page.get_by_label("I'm not a robot").click()
    expect(page.locator("input[name=human]")).to_have_value(re.compile(".+"), timeout=SLOW)


def fill_in(page: Page, number: str = GOOD) -> None:
    page.get_by_role("switch", name="Autopay Enrollment").check()
    type_billing(page)
    type_card(page, number)


def submit(page: Page) -> None:
    page.get_by_role("button", name="Submit").click()


def test_A1_A2_A10_to_A19_the_guide_s_way_into_autopay(vendor: House, practice: int, page: Page) -> None:
    to_settings(page)
    expect(page.locator("main")).to_contain_text(RED)
    expect(page.get_by_role("switch", name="Autopay Enrollment")).not_to_be_checked()
    expect(page.get_by_label("Country *")).to_have_value("US")
    expect(page.get_by_text("Payment method will be saved to wallet.")).to_be_visible()
    fill_in(page)
    be_human(page)
    submit(page)
    message = page.locator(".flash")
    expect(message).to_contain_text("Your autopay settings were saved successfully.", timeout=SLOW)
    expect(page.locator(".box[data-tone=ok]", has_text=GREEN)).to_be_visible()
    message.get_by_role("button", name="Close").click()
    expect(message).to_have_count(0)
    consent = vendor.rows("select text, signed_by, host(ip) as ip, user_agent, channel from consent")
    assert [(row["signed_by"], row["ip"], row["channel"]) for row in consent] == [("Hannah Brooks", "127.0.0.1", "online")]
    assert "Autopay enrollment with Office Ally." in consent[0]["text"]
    assert "Chrome" in consent[0]["user_agent"]
    assert vendor.value("select state from method") == "usable"
    assert vendor.value("select hold_released_at is not null from method")
    assert vendor.value("select count(*) from charge") == 0
    assert vendor.value("select zip from billing_information") == "94952"


def enroll_in_browser(page: Page, number: str = GOOD) -> None:
    to_settings(page)
    fill_in(page, number)
    be_human(page)
    submit(page)
    expect(page.locator(".flash")).to_contain_text("Your autopay settings were saved successfully.", timeout=SLOW)


def test_A17_submit_first_then_the_check_and_the_form_goes_by_itself(practice: int, page: Page) -> None:
    to_settings(page)
    fill_in(page)
    submit(page)
    expect(page.get_by_text("Please check the box. Then we finish for you.")).to_be_visible()
    page.get_by_label("I'm not a robot").click()
    expect(page.locator(".flash")).to_contain_text("saved successfully", timeout=SLOW)


def test_A17_errors_stand_beside_their_fields_and_nothing_typed_is_lost(vendor: House, practice: int, page: Page) -> None:
    to_settings(page)
    type_billing(page, **{"Zip Code *": "9495", "Email Address *": "hannah"})
    type_card(page, "4242424242424241")
    submit(page)
    expect(page.get_by_role("alert").filter(has_text="things to fix")).to_contain_text(
        "4 things to fix. Nothing was saved or charged."
    )
    for told in (
        "A zip code has 5 digits. One is missing.",
        "Please enter an email, like name@example.com.",
        "Switch it on to agree.",
        "This card number has a typing error.",
    ):
        expect(page.locator("form .error", has_text=told)).to_be_visible()
    expect(page.get_by_label("City *")).to_have_value("Petaluma")
    page.get_by_role("switch", name="Autopay Enrollment").check()
    page.get_by_label("Zip Code *").fill("94952")
    page.get_by_label("Email Address *").fill("hannah@greenvalley.test")
    type_card(page)
    be_human(page)
    submit(page)
    expect(page.locator("main")).to_contain_text(GREEN, timeout=SLOW)
    assert vendor.value("select count(*) from method") == 1


@pytest.mark.parametrize(
    ("number", "why"),
    [(EXPIRED, "The card has expired."), (POOR, "There was not enough money for this payment."), (DECLINED, "The bank said no.")],
)
def test_A22_a_refused_card_enrolls_nobody_and_says_why(vendor: House, practice: int, page: Page, number: str, why: str) -> None:
    to_settings(page)
    fill_in(page, number)
    be_human(page)
    submit(page)
    told = page.locator(".box[role=alert]", has_text="We could not save this payment method.")
    expect(told).to_contain_text("Nothing was charged, and you are not enrolled.", timeout=SLOW)
    expect(told).to_contain_text(f"{why} Please type your card details again. We never keep them here.")
    expect(page.locator("main")).to_contain_text(RED)
    expect(page.get_by_label("City *")).to_have_value("Petaluma")
    expect(page.get_by_label("Account Holder Name")).to_have_value("Hannah Brooks")
    assert vendor.value("select switch from agreement") == "off"
    assert vendor.value("select count(*) from consent") == 0


def test_A23_the_first_charge_and_the_open_bills_are_said_before_submit(vendor: House, practice: int, page: Page) -> None:
    to_settings(page)
    next_bill = next_bill_day(1, vendor.today)
    aside = page.get_by_role("complementary")
    expect(aside).to_contain_text("Today: $0.00")
    expect(aside).to_contain_text(f"{words.day(next_bill)}: $256.85")
    tick = page.get_by_label("Also take my open bills: $256.85")
    expect(tick).not_to_be_checked()
    fill_in(page)
    be_human(page)
    submit(page)
    expect(page.locator("main")).to_contain_text(GREEN, timeout=SLOW)
    assert vendor.value("select a.since > i.issued_at from agreement a, invoice i")


def test_A30_A31_A32_A34_the_switch_asks_and_yes_cancels(vendor: House, practice: int, page: Page) -> None:
    enroll_in_browser(page)
    page.get_by_role("link", name="Account Management").first.click()
    page.get_by_role("main").get_by_role("link", name="Pay Office Ally Bill").click()
    page.get_by_role("link", name="Edit/Cancel Autopay").click()
    switch = page.get_by_role("switch", name="Autopay Enrollment")
    switch.click()
    popup = page.get_by_role("dialog", name="Cancel Autopay?")
    popup.get_by_role("link", name="Keep Autopay").click()
    expect(popup).to_be_hidden()
    assert vendor.value("select switch from agreement") == "on"
    switch.click()
    popup.get_by_role("button", name="Yes, Cancel Autopay").click()
    expect(page.locator(".flash")).to_contain_text(re.compile(r"Autopay was cancelled on .* Reference C-\d+\."))
    expect(page.locator("main")).to_contain_text(RED)
    expect(page.locator("main")).not_to_contain_text(GREEN)
    assert vendor.value("select state from method") == "usable"
    assert vendor.value("select count(*) from consent") == 1


def test_A31_cancelling_works_without_javascript(enrolling: str, vendor: House, browser: Browser) -> None:
    payer = account(vendor)
    vendor.card(payer)
    enroll(vendor, payer)
    vendor.login("owner@practice.test", Role.ACCOUNT_OWNER, payer_id=payer)
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    log_in(page, enrolling, "owner@practice.test")
    to_settings(page, "Edit/Cancel Autopay")
    page.get_by_role("switch", name="Autopay Enrollment").click()
    expect(page.get_by_role("heading", name="Cancel Autopay?")).to_be_visible()
    page.get_by_role("button", name="Yes, Cancel Autopay").click()
    expect(page.locator("main")).to_contain_text("Autopay was cancelled on")
    expect(page.locator("main")).to_contain_text(RED)
    expect(page.get_by_text("Enrolling needs JavaScript")).to_be_visible()
    context.close()


def test_A33_what_was_sent_before_is_named_when_cancelling(enrolling: str, vendor: House, page: Page) -> None:
    payer = account(vendor)
    vendor.card(payer)
    enroll(vendor, payer)
    bill(vendor)
    invoice = vendor.value("select id from invoice")
    due = vendor.value(
        """insert into charge (biller_id, payer_id, trigger, state, currency, run_at, period, debt)
           select biller_id, payer_id, 'monthly', 'due', 'USD', now(), issued_on, debt from invoice returning id"""
    )
    vendor.run(
        """insert into charge_part (biller_id, charge_id, invoice_id) select biller_id, %(c)s, id from invoice""",
        c=due,
    )
    vendor.came_to(invoice, "sending")
    vendor.login("owner@practice.test", Role.ACCOUNT_OWNER, payer_id=payer)
    log_in(page, enrolling, "owner@practice.test")
    to_settings(page, "Edit/Cancel Autopay")
    page.get_by_role("switch", name="Autopay Enrollment").click()
    named = "Already on its way: $256.85, sent "
    expect(page.get_by_role("dialog")).to_contain_text(named)
    page.get_by_role("button", name="Yes, Cancel Autopay").click()
    expect(page.locator(".flash")).to_contain_text(named)
    expect(page.locator(".flash")).to_contain_text("to Visa ending in 4242. It cannot be stopped.")


def test_A20_a_saved_card_is_picked_instead_of_typing_one(vendor: House, practice: int, page: Page) -> None:
    vendor.card(practice, "4444", "mastercard", default=False)
    to_settings(page)
    page.get_by_role("switch", name="Autopay Enrollment").check()
    type_billing(page)
    page.get_by_text("Saved", exact=True).click()
    page.get_by_label("Mastercard ending in 4444").check()
    be_human(page)
    submit(page)
    expect(page.locator("main")).to_contain_text(GREEN, timeout=SLOW)
    assert vendor.rows("select last4, is_default from method") == [{"last4": "4444", "is_default": True}]


def test_A21_A20_an_edit_takes_a_saved_method_and_charges_nothing(vendor: House, practice: int, page: Page) -> None:
    vendor.card(practice, "4444", "mastercard", default=False)
    enroll_in_browser(page)
    page.reload()
    page.get_by_text("Change card or address").click()
    page.get_by_text("Saved", exact=True).click()
    page.get_by_label("Mastercard ending in 4444").check()
    page.get_by_label("City *").fill("Sebastopol")
    be_human(page)
    submit(page)
    expect(page.locator(".flash")).to_contain_text("saved successfully", timeout=SLOW)
    assert vendor.value("select last4 from method where is_default") == "4444"
    assert vendor.value("select city from billing_information") == "Sebastopol"
    assert vendor.value("select count(*) from charge") == 0


def test_P2_what_is_typed_in_the_card_fields_reaches_no_request_to_us(
    vendor: House, practice: int, page: Page, enrolling: str
) -> None:
    sent: list[str] = []
    page.on("request", lambda r: sent.append(r.url + (r.post_data or "")) if r.url.startswith(enrolling) else None)
    enroll_in_browser(page)
    everything = re.sub(r"[^0-9]", "", "".join(sent))
    assert sent
    assert GOOD not in everything


@pytest.mark.parametrize(("width", "scheme"), VIEWS)
def test_autopay_settings_is_accessible_and_fits_in_each_state(
    enrolling: str, vendor: House, browser: Browser, width: int, scheme: str
) -> None:
    off, on = account(vendor, "Green Valley"), account(vendor, "Lakeside")
    bill(vendor)
    vendor.card(on)
    vendor.card(off)
    enroll(vendor, on)
    wrong: list[str] = []
    for payer in (off, on):
        vendor.login(f"owner{payer}@practice.test", Role.ACCOUNT_OWNER, payer_id=payer)
        context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)  # type: ignore[arg-type]
        page = context.new_page()
        log_in(page, enrolling, f"owner{payer}@practice.test")
        for address in (PAY_OA_BILL, SETTINGS, f"{SETTINGS}cancel", *CLASSIC_PAGES):
            tab = context.new_page()
            wrong += [each for each in look(tab, enrolling + address, width) if "asked http://127.0.0.1" not in each]
            tab.close()
        context.close()
    assert wrong == []


CLASSIC_GREEN = "Congratulations! You Are Currently Enrolled in Autopay."


def to_pay_bill(page: Page, product: str) -> None:
    page.get_by_role("button", name="Service Center").click()
    page.get_by_role("link", name=product, exact=True).click()
    if product != "Classic Service Center":
        page.get_by_role("link", name="Manage Office").first.click()
    page.get_by_role("link", name="Pay Bill").first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Pay Bill")


def cancel_with(page: Page, word: str) -> None:
    page.get_by_label("Type the word cancel").fill(word)
    page.get_by_role("button", name="Submit").click()


@pytest.mark.parametrize("product", ["Classic Service Center", "Practice Mate", "EHR 24/7"])
def test_A3_A4_A5_A40_to_A48_the_guide_s_way_through_the_classic_screens(
    vendor: House, practice: int, page: Page, product: str
) -> None:
    to_pay_bill(page, product)
    warning = page.locator("main > .box[data-tone=warn]:visible")
    expect(warning).to_contain_text('You are not currently enrolled in autopay. Click the "Enroll in Autopay" button to enroll.')
    page.get_by_role("link", name="Enroll in Autopay").click()
    expect(page.get_by_role("heading", name="Autopay Enrollment")).to_be_visible()
    for part in ("automatically every month", "Data Sheet(s), the MSA or the SOW", 'typing "cancel" and pressing Submit'):
        expect(page.locator("main")).to_contain_text(part)
    type_billing(page)
    type_card(page)
    be_human(page)
    submit(page)
    message = page.locator(".flash")
    expect(message).to_contain_text("Payment method added", timeout=SLOW)
    message.get_by_role("button", name="Close").click()
    expect(page.locator(".box[data-tone=ok]")).to_contain_text(CLASSIC_GREEN)
    page.get_by_role("link", name="Edit/Cancel Autopay").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Autopay Settings")
    for wrong, why in (
        ("", "The box is empty. Type cancel to stop autopay."),
        ("Cancel", "You typed “Cancel”. Type it in small letters: cancel"),
        ("CANCEL", "You typed “CANCEL”. Type it in small letters: cancel"),
        (" cancel", "There is a space in the box. Type only cancel."),
    ):
        cancel_with(page, wrong)
        expect(page.locator("main")).to_contain_text(why)
        assert vendor.value("select switch from agreement") == "on"
    cancel_with(page, "cancel")
    expect(page.locator(".flash")).to_contain_text("Autopay was cancelled on")
    expect(page.locator("main")).to_contain_text("You are not currently enrolled in autopay.")
    expect(page.locator("main")).not_to_contain_text(CLASSIC_GREEN)


def test_A44_cancel_leads_back_and_saves_nothing(vendor: House, practice: int, page: Page) -> None:
    to_pay_bill(page, "Practice Mate")
    page.get_by_role("link", name="Enroll in Autopay").click()
    page.get_by_role("link", name="Cancel", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Pay Bill")
    assert vendor.value("select count(*) from method") == 0


def test_A15_a_bank_account_needs_its_own_yes_and_enrolls(vendor: House, practice: int, page: Page) -> None:
    to_settings(page)
    page.get_by_role("switch", name="Autopay Enrollment").check()
    type_billing(page)
    page.get_by_text("ACH", exact=True).click()
    expect(page.locator("main")).to_contain_text("I authorize electronic debits from this bank account")
    page.get_by_label("Account Holder Name").fill("Green Valley")
    for label, value in (
        ("Routing Number", "110000000"),
        ("Account Number", "000123456789"),
        ("Account Number again", "000123456780"),
    ):
        page.frame_locator(f'iframe[title="{label}"]').get_by_label(label, exact=True).fill(value)
    submit(page)
    expect(page.locator("form .error", has_text="Please tick this to pay from a bank account.")).to_be_visible()
    page.get_by_label("I allow these debits from my bank account.").check()
    be_human(page)
    submit(page)
    expect(page.locator("form .error", has_text="These two account numbers differ.")).to_be_visible()
    page.frame_locator('iframe[title="Account Number again"]').get_by_label("Account Number again").fill("000123456789")
    submit(page)
    expect(page.locator("main")).to_contain_text(GREEN, timeout=SLOW)
    assert vendor.rows("select kind, last4 from method") == [{"kind": "bank", "last4": "6789"}]
    assert "electronic debits" in vendor.value("select text from consent")
