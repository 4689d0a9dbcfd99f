"""Every page in Chromium, phone and desk, light and dark: accessible by axe, nothing sideways, nothing refused; one payment to its end."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from django.test import override_settings
from playwright.sync_api import Browser, Page, expect

from autopay.agreements.models import Switch
from autopay.parties.models import Role
from tests.fixtures.world import World
from tests.surfaces.house import House
from tests.surfaces.test_accounts import PAY_OA_BILL, account, bill, enroll

VIEWS = ((375, "dark"), pytest.param(1280, "light", marks=pytest.mark.prove))
"""Two of the four: test_contrast.py proves every colour pair in both schemes. The desk belongs to the long proof: in every run the catalogue
(test_states.py) shows each page in one of the four."""
T = TypeVar("T")


@pytest.fixture
def pages(agency: House, vendor: House) -> dict[str, list[str]]:
    """Who looks at which addresses; every state of a payment is on one of them."""
    omar, ruth = agency.payer("Omar Haddad", Switch.ON), agency.payer("Ruth Cohen", Switch.ON)
    card = agency.card(omar)
    agency.card(omar, "6789", kind="bank", default=False)
    bills = []
    for state, reason in (
        ("paid", ""),
        ("failed", "declined"),
        ("sending", ""),
        ("unknown", ""),
        ("pending", ""),
        ("returned", "account_closed"),
    ):
        bills.append(agency.visit(omar))
        agency.came_to(bills[-1], state, reason)
    bills.append(agency.visit(ruth))
    practice = account(vendor)
    vendor.card(practice)
    enroll(vendor, practice)
    bill(vendor)
    agency.login("omar@patients.test", Role.PATIENT, payer_id=omar)
    agency.login("ruth@patients.test", Role.PATIENT, payer_id=ruth)
    agency.login("office@sunrise.test", Role.OWNER)
    vendor.login("owner@practice.test", Role.ACCOUNT_OWNER, payer_id=practice)
    patient, ids = f"/office/patients/{agency.uid('payer', omar)}/", [agency.uid("invoice", each) for each in bills]
    unpaid, hers = ids[-1], "/classic/ehr/"
    return {
        "": [
            "/demo/",
            "/demo/components",
            "/demo/components?skin=ehr",
            "/accounts/login/",
            "/accounts/password/reset/",
            "/no/such/page",
        ],
        "omar@patients.test": [
            "/portal/billing/",
            *(f"/portal/invoices/{each}/" for each in ids[:-1]),
            "/portal/requests/",
            "/portal/pay/",
        ],
        "ruth@patients.test": ["/portal/billing/", f"/portal/invoices/{unpaid}/"],
        "office@sunrise.test": [
            "/office/patients/",
            "/office/patients/?q=nobody",
            patient,
            patient + "changes/",
            patient + "visits/new",
            "/office/settings/",
            "/office/settings/auto-bill?to=on",
            f"/office/methods/{agency.uid('method', card)}/remove",
            *(f"/office/invoices/{each}/" for each in ids[:3]),
            f"/office/invoices/{ids[0]}/refund?amount=20.00",
        ],
        "owner@practice.test": [
            PAY_OA_BILL,
            "/service-center/account-management/",
            "/service-center/account-management/history/",
            *(hers + page for page in ("pay-bill/", "manage-office/", "history/")),
        ],
    }


def look(page: Page, address: str, width: int) -> list[str]:
    """What is wrong with this page; empty when nothing is."""
    heard: list[str] = []
    page.on("console", lambda message: heard.append(message.text) if message.type in ("error", "warning") else None)
    page.on("request", lambda request: heard.append(f"asked {request.url}") if "localhost" not in request.url else None)
    page.goto(address)
    spill = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    found = [f"{each['id']}: {each['nodes'][0]['html'][:100]}" for each in Axe().run(page).response["violations"]]
    found += [each for each in heard if "404" not in each]
    return [f"{address} at {width}: {each}" for each in [*found, *([f"{spill} px sideways"] if spill > 0 else [])]]


@pytest.mark.parametrize(("width", "scheme"), VIEWS)
def test_every_page_is_accessible_and_fits(
    site: str, browser: Browser, pages: dict[str, list[str]], width: int, scheme: str
) -> None:
    wrong: list[str] = []
    with override_settings(DEMO=True):
        for who, addresses in pages.items():
            context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)  # type: ignore[arg-type]
            page = context.new_page()
            if who:
                log_in(page, site, who)
            for address in addresses:
                tab = context.new_page()
                wrong += look(tab, site + address, width)
                tab.close()
            context.close()
    assert wrong == []


def log_in(page: Page, site: str, who: str) -> None:
    page.goto(site + "/accounts/login/")
    page.get_by_label("Email").fill(who)
    page.get_by_label("Password", exact=True).fill("autopay-demo")
    page.get_by_role("button", name="Log In").click()
    page.wait_for_url(lambda address: "/login/" not in address)


def test_on_a_phone_the_menu_opens_without_javascript(site: str, browser: Browser, agency: House) -> None:
    agency.login("office@sunrise.test", Role.OWNER)
    context = browser.new_context(viewport={"width": 375, "height": 800}, java_script_enabled=False)
    page = context.new_page()
    log_in(page, site, "office@sunrise.test")
    expect(page.get_by_role("link", name="Settings")).to_be_hidden()
    page.get_by_role("button", name="Menu").click()
    page.get_by_role("link", name="Settings").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Settings")
    context.close()


def test_a_message_takes_the_focus_and_is_closed_by_hand(site: str, page: Page, agency: House) -> None:
    omar = agency.payer("Omar Haddad", Switch.OFF)
    agency.card(omar)
    agency.login("office@sunrise.test", Role.OWNER)
    log_in(page, site, "office@sunrise.test")
    page.goto(f"{site}/office/patients/{agency.uid('payer', omar)}/")
    page.get_by_role("switch", name="Auto-bill visits").click()
    message = page.locator(".flash")
    expect(message).to_contain_text("Auto-bill visits is on for this patient. Nothing was charged.")
    expect(message).to_be_focused()
    message.get_by_role("button", name="Close").click()
    expect(message).to_have_count(0)


def test_V7_V9_pay_now_is_followed_to_its_end_by_the_page_itself(site: str, page: Page, world: World) -> None:
    """The whole way: page, due row, worker, adapter, sandbox, settle; the page shows Paid without being loaded again."""
    payer = _in_a_loop(world.patient("James Lee", switch=Switch.OFF))
    world.visit(payer, 14400)
    agency = House.__new__(House)
    agency.id, agency.owner = world.biller, world.owner
    agency.login("james@patients.test", Role.PATIENT, payer_id=payer)
    log_in(page, site, "james@patients.test")
    page.get_by_role("link", name="Pay Now").click()
    page.get_by_role("button", name="Pay $144.00").click()
    expect(page.locator("#payment")).to_contain_text("We are taking your payment of $144.00")
    _in_a_loop(_work(world))
    expect(page.locator("#payment")).to_contain_text("We charged $144.00 to Visa ending in 4242", timeout=10_000)
    assert world.value("select captured from invoice") == 14400
    page.goto(site + "/portal/billing/")
    expect(page.get_by_role("region", name="Outstanding Invoices")).to_contain_text("Nothing to pay")
    expect(page.get_by_role("region", name="Payment History")).to_contain_text("$144.00")


async def _work(world: World) -> None:
    await world.work()
    await world.close()


def _in_a_loop(coroutine: Coroutine[Any, Any, T]) -> T:
    """In a thread of its own: Playwright's loop runs in this one."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, coroutine).result()
