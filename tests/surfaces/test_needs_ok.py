"""A bill above the account's limit waits for a yes, on the page or by the link of the mail (A55)."""

from __future__ import annotations

import pytest
from django.test import Client
from playwright.sync_api import Browser, Page, expect

from autopay.agreements.change import Change, change_agreement
from autopay.agreements.models import Switch
from autopay.charging.approve import Asked, ticket
from autopay.charging.plan import plan_months
from autopay.parties.models import Role
from autopay.tenancy import WebDatabase
from tests.surfaces.house import House, text
from tests.surfaces.test_accounts import PAY_OA_BILL, account, bill, enroll
from tests.surfaces.test_enroll import GREEN, SLOW, be_human, fill_in, submit, to_settings
from tests.surfaces.test_looks import VIEWS, log_in, look


def held(vendor: House, limit: int = 10000) -> int:
    """Enrolled with a limit, this month's bill above it, the night has decided."""
    payer = account(vendor)
    vendor.card(payer)
    enroll(vendor, payer)
    with WebDatabase().transaction(vendor.id) as tx:
        change_agreement(tx, vendor.id, payer, Change(Switch.ON, cap_minor=limit), vendor.by())
    bill(vendor)
    plan(vendor)
    return payer


def plan(vendor: House) -> None:
    with WebDatabase().transaction(vendor.id) as tx:
        plan_months(tx, tx.column("select id from invoice"), vendor.now)


def link(vendor: House, payer: int, minor: int = 25685) -> str:
    return f"/approval/{ticket(Asked(vendor.id, vendor.uid('payer', payer), minor))}"


@pytest.mark.parametrize("where", [PAY_OA_BILL, "/classic/ehr/pay-bill/"])
def test_A55_a_bill_above_the_limit_is_charged_only_after_the_yes_on_the_page(
    site: str, vendor: House, page: Page, where: str
) -> None:
    payer = held(vendor)
    vendor.login("owner@practice.test", Role.ACCOUNT_OWNER, payer_id=payer)
    log_in(page, site, "owner@practice.test")
    page.goto(site + where)
    expect(page.locator(".box[data-tone=ok]")).to_contain_text(
        "This bill of $256.85 waits for your yes: it is above your limit of $100.00."
    )
    expect(page.get_by_role("link", name="Pay $256.85")).to_have_count(0)
    box = page.locator(".box", has_text="This bill needs your OK")
    expect(box).to_contain_text("It is $256.85. Your limit is $100.00. Nothing is charged until you say yes.")
    assert vendor.value("select count(*) from charge") == 0
    box.get_by_role("button", name="Yes, charge $256.85").click()
    expect(page.locator(".flash")).to_contain_text("You said yes to this bill.")
    expect(page.get_by_text("This bill needs your OK")).to_have_count(0)
    assert vendor.rows("select state, trigger from charge") == [{"state": "due", "trigger": "monthly"}]


def test_A55_the_limit_is_typed_when_enrolling_and_changed_later(vendor: House, enrolling: str, page: Page) -> None:
    payer = account(vendor)
    vendor.login("owner@practice.test", Role.ACCOUNT_OWNER, payer_id=payer)
    log_in(page, enrolling, "owner@practice.test")
    to_settings(page)
    fill_in(page)
    page.get_by_label("Ask me first if a bill is above").fill("lots")
    be_human(page)
    submit(page)
    expect(page.locator("form .error", has_text="Please enter an amount, like 400.00, or leave it empty.")).to_be_visible()
    limit = page.get_by_label("Ask me first if a bill is above")
    expect(limit).to_have_attribute("aria-describedby", "id_cap_helptext id_cap_error")
    limit.fill("$400")
    submit(page)
    expect(page.locator("main")).to_contain_text(GREEN, timeout=SLOW)
    assert vendor.value("select cap_minor from agreement") == 40000
    page.reload()
    page.get_by_text("Change card or address").click()
    expect(limit).to_have_attribute("aria-describedby", "id_cap_helptext")
    expect(page.get_by_label("Ask me first if a bill is above")).to_have_value("400.00")
    page.get_by_label("Ask me first if a bill is above").fill("")
    be_human(page)
    submit(page)
    expect(page.locator(".flash")).to_contain_text("saved successfully", timeout=SLOW)
    assert vendor.value("select cap_minor from agreement") is None


def test_A55_the_link_of_the_mail_says_yes_without_a_log_in_once(site: str, vendor: House, page: Page) -> None:
    payer = held(vendor)
    page.goto(site + link(vendor, payer))
    expect(page.locator("main")).to_contain_text("$256.85")
    expect(page.locator("main")).to_contain_text("With your yes it is charged to Visa ending in 4242")
    page.get_by_role("button", name="Yes, charge $256.85").click()
    expect(page.locator(".flash")).to_contain_text("Thank you. You said yes to this bill.")
    expect(page.get_by_role("heading", level=1)).to_have_text("There is nothing left to say yes to")
    assert vendor.value("select count(*) from charge") == 1
    assert vendor.value("select actor from journal_entry where action = 'bill approved'") == "link in a mail"


def test_A55_a_link_for_another_amount_a_broken_one_and_a_second_press_charge_nothing(vendor: House) -> None:
    payer, client = held(vendor), Client()
    other = link(vendor, payer, 100)
    assert "It is now $256.85. Nothing was charged." in text(client.get(other).content)
    assert "has changed" in text(client.post(other, follow=True).content)
    for broken in ("/approval/nonsense", link(vendor, payer)[:-1] + "x"):
        assert client.post(broken).status_code == 404
    assert vendor.value("select count(*) from charge") == 0
    good = link(vendor, payer)
    client.post(good)
    assert "does not need your OK any more" in text(client.post(good, follow=True).content)
    assert vendor.value("select count(*) from charge") == 1


def test_A55_only_the_accounts_own_owner_says_yes_on_the_page(vendor: House) -> None:
    held(vendor)
    stranger = vendor.login("other@practice.test", Role.ACCOUNT_OWNER, payer_id=account(vendor, "Other"))
    stranger.post(f"{PAY_OA_BILL}approve", {"minor": "25685"})
    staff = vendor.login("staff@vendor.test", Role.OWNER)
    assert staff.post(f"{PAY_OA_BILL}approve", {"minor": "25685"}).status_code == 404
    assert vendor.value("select count(*) from charge") == 0


@pytest.mark.parametrize(("width", "scheme"), VIEWS)
def test_A55_the_pages_that_ask_are_accessible_and_fit(
    site: str, vendor: House, browser: Browser, width: int, scheme: str
) -> None:
    payer = held(vendor)
    vendor.login("owner@practice.test", Role.ACCOUNT_OWNER, payer_id=payer)
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)  # type: ignore[arg-type]
    page = context.new_page()
    log_in(page, site, "owner@practice.test")
    wrong: list[str] = []
    for address in (PAY_OA_BILL, "/classic/ehr/pay-bill/", link(vendor, payer), link(vendor, payer, 1), "/approval/no"):
        tab = context.new_page()
        wrong += look(tab, site + address, width)
        tab.close()
    context.close()
    assert wrong == []
