"""At 400% zoom (320 CSS pixels wide) everything can be done, and with a person's own text spacing nothing is lost (WCAG 1.4.10, 1.4.12)."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from autopay.parties.models import Role
from autopay.surfaces.demo.catalogue import LINES, PAGES, Line
from tests.surfaces.catalogue import Watch
from tests.surfaces.house import House
from tests.surfaces.keyboard import frames_are_there
from tests.surfaces.reflow import SPACED, squeezed
from tests.surfaces.test_accounts import PAY_OA_BILL, account, bill
from tests.surfaces.test_enroll import GREEN, RED, SETTINGS, SLOW, be_human, fill_in, submit
from tests.surfaces.test_looks import log_in
from tests.surfaces.test_states import one_of_each_page

ZOOMED = {"width": 320, "height": 256}


@pytest.fixture
def zoomed(enrolling: str, vendor: House, browser: Browser) -> Iterator[tuple[Page, str]]:
    """1280 by 1024 at 400%: an account with an open bill, its owner logged in."""
    payer = account(vendor)
    bill(vendor)
    vendor.login("owner@practice.test", Role.ACCOUNT_OWNER, payer_id=payer)
    context = browser.new_context(viewport=ZOOMED, device_scale_factor=4)  # type: ignore[arg-type]
    page = context.new_page()
    log_in(page, enrolling, "owner@practice.test")
    yield page, enrolling
    context.close()


def test_W3_A10_A19_A30_A32_A53_enroll_pay_and_cancel_at_four_hundred_per_cent(zoomed: tuple[Page, str], vendor: House) -> None:
    page, site = zoomed
    page.goto(site + SETTINGS)
    frames_are_there(page)
    assert squeezed(page) == []
    fill_in(page)
    be_human(page)
    submit(page)
    expect(page.locator("main")).to_contain_text(GREEN, timeout=SLOW)
    assert squeezed(page) == []
    page.goto(site + PAY_OA_BILL)
    page.get_by_role("link", name="Pay $256.85").click()
    assert squeezed(page) == []
    page.get_by_role("button", name="Review").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Please check")
    assert squeezed(page) == []
    page.get_by_role("button", name="Pay $256.85").click()
    expect(page.locator("#payment")).to_contain_text("We are taking your payment of $256.85")
    assert squeezed(page) == []
    page.goto(site + SETTINGS)
    page.get_by_role("switch", name="Autopay Enrollment").click()
    popup = page.get_by_role("dialog", name="Cancel Autopay?")
    expect(popup).to_be_visible()
    for button in ("Keep Autopay", "Yes, Cancel Autopay"):
        popup.get_by_text(button).evaluate("each => each.scrollIntoView({ block: 'center' })")
        expect(popup.get_by_text(button)).to_be_in_viewport(ratio=1)
    popup.get_by_role("button", name="Yes, Cancel Autopay").click()
    expect(page.locator("main")).to_contain_text(RED)
    assert vendor.rows("select trigger from charge") == [{"trigger": "pay_now"}]
    assert vendor.value("select switch from agreement") == "off"


def test_W3_A42_A47_A48_enroll_and_cancel_in_classic_at_four_hundred_per_cent(zoomed: tuple[Page, str], vendor: House) -> None:
    page, site = zoomed
    page.goto(f"{site}/classic/ehr/pay-bill/")
    assert squeezed(page) == []
    page.get_by_role("link", name="Enroll in Autopay").click()
    frames_are_there(page)
    assert squeezed(page) == []
    page.get_by_label("Email Address *").fill("billing@greenvalley.test")
    for label, value in (
        ("Phone Number *", "(415) 555-0118"),
        ("Street Address *", "218 Orchard Road"),
        ("City *", "Petaluma"),
        ("State *", "CA"),
        ("Zip Code *", "94952"),
        ("First Name *", "Hannah"),
        ("Last Name *", "Brooks"),
        ("Account Holder Name", "Hannah Brooks"),
    ):
        page.get_by_label(label).fill(value)
    for label, value in (("Credit Card Number", "4242424242424242"), ("Expiration Date", "12/40"), ("CVV", "123")):
        page.frame_locator(f'iframe[title="{label}"]').get_by_label(label).fill(value)
    be_human(page)
    submit(page)
    expect(page.locator(".flash")).to_contain_text("Payment method added", timeout=SLOW)
    page.get_by_role("link", name="Edit/Cancel Autopay").click()
    assert squeezed(page) == []
    page.get_by_label("Type the word cancel").fill("cancel")
    page.get_by_role("button", name="Submit").click()
    expect(page.locator("main")).to_contain_text("You are not currently enrolled in autopay.")
    assert vendor.value("select switch from agreement") == "off"


def narrow(browser: Browser, where: tuple[str, str], lines: list[Line], spaced: bool) -> list[str]:
    context = browser.new_context(viewport={"width": 320, "height": 800}, bypass_csp=spaced)  # a style sheet of the person's own
    watch = Watch(context.new_page(), *where)
    wrong = []
    for line in lines:
        watch.open(line)
        if spaced:
            watch.page.add_style_tag(content=SPACED)
        wrong += [f"{line.page}/{line.state}: {each}" for each in squeezed(watch.page)]
    context.close()
    return wrong


@pytest.mark.parametrize("spaced", [pytest.param(False, marks=pytest.mark.prove), True])
def test_W3_each_page_fits_in_320_pixels_and_keeps_its_words_when_text_is_spaced(
    catalogue: tuple[str, str], browser: Browser, spaced: bool
) -> None:
    of_accounts = [line for line in one_of_each_page() if not PAGES[line.page].staff]
    assert narrow(browser, catalogue, of_accounts, spaced) == []


@pytest.mark.prove
@pytest.mark.parametrize("spaced", [False, True])
def test_W3_every_state_fits_in_320_pixels_and_keeps_its_words_when_text_is_spaced(
    catalogue: tuple[str, str], browser: Browser, spaced: bool
) -> None:
    assert narrow(browser, catalogue, list(LINES), spaced) == []
