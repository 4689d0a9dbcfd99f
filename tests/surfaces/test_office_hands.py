"""The office by keyboard alone, at 400%, and without JavaScript where nothing needs it (V20 to V29)."""

from __future__ import annotations

from playwright.sync_api import Browser, Page, expect

from autopay.agreements.models import Switch
from autopay.parties.models import Role
from tests.surfaces.house import House
from tests.surfaces.keyboard import Hands
from tests.surfaces.reflow import squeezed
from tests.surfaces.test_looks import log_in
from tests.surfaces.test_office import of
from tests.surfaces.test_zoom import ZOOMED


def test_W3_V24_V30_auto_pay_is_turned_on_and_a_visit_invoiced_by_keyboard_alone(site: str, page: Page, agency: House) -> None:
    james = agency.payer("James Lee", Switch.OFF)
    agency.card(james, default=False)
    agency.card(james, "4444", "mastercard", default=False)
    agency.login("office@sunrise.test", Role.OWNER)
    hands = Hands(page)
    page.goto(f"{site}/accounts/login/?next={of(agency, james)}")
    hands.fill("Email", "office@sunrise.test")
    hands.fill("Password", "autopay-demo")
    hands.press("Enter")
    page.wait_for_url(lambda address: address.endswith(of(agency, james)) and "next=" not in address)
    hands.tab_to("Auto-bill visits", "BUTTON")
    hands.press("Space")
    expect(page.locator("h1")).to_have_text("Which card should Auto-Pay charge?")
    hands.tab_to("Visa ending in 4242", "INPUT")
    hands.press("Space")
    hands.tab_to("Set and turn on", "BUTTON")
    hands.press("Enter")
    expect(page.locator("main")).to_contain_text("Auto-Pay is on and will charge Visa ending in 4242.")
    hands.tab_to("Complete a visit", "A")
    hands.press("Enter")
    expect(page.locator("h1")).to_have_text("Complete a visit")
    hands.fill("Amount the patient owes *", "96.00")
    hands.press("Enter")
    expect(page.locator("main")).to_contain_text("This invoices $96.00 and charges Visa ending in 4242 at once.")
    hands.tab_to("Complete and invoice", "BUTTON")
    hands.press("Enter")
    expect(page.locator("#payment")).to_contain_text("A payment of $96.00 is being taken")
    assert agency.rows("select total from invoice") == [{"total": 9600}]


def test_W3_V20_V26_V28_at_four_hundred_per_cent_nothing_is_lost(site: str, browser: Browser, agency: House) -> None:
    omar = agency.payer("Omar Haddad", Switch.ON)
    agency.card(omar)
    agency.came_to(agency.visit(omar, 9600), "failed", "declined")
    agency.login("office@sunrise.test", Role.OWNER)
    context = browser.new_context(viewport=ZOOMED, device_scale_factor=4)  # type: ignore[arg-type]
    page = context.new_page()
    log_in(page, site, "office@sunrise.test")
    tails = ("", "overview/", "visits/", "requests/", "methods/add", "auto-bill/card", "visits/new")
    pages = ("/office/worklist/", "/office/invoices/", "/office/settings/", "/office/settings/people/", "/office/patients/new")
    for address in (*(of(agency, omar) + tail for tail in tails), *pages):
        page.goto(site + address)
        assert squeezed(page) == [], address
    context.close()
