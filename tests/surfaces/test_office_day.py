"""A day in the office, through the browser and to the payment company's end: the switches, a visit, its charge, a refund, a check."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from autopay.agreements.models import Switch
from autopay.parties.models import Role
from tests.surfaces.house import House
from tests.surfaces.portal import real_card, work
from tests.surfaces.test_looks import log_in
from tests.surfaces.test_office import of


def enter(agency: House, page: Page, site: str) -> None:
    agency.login("office@sunrise.test", Role.OWNER)
    log_in(page, site, "office@sunrise.test")


def consent_up_to(agency: House, payer: int, minor: int) -> None:
    """The payer agreed to be charged at once up to so much; the test's owner may write what nobody else may."""
    agency.run("alter table consent disable trigger user")
    agency.run("update consent set range_minor = %(m)s where payer_id = %(p)s", m=minor, p=payer)
    agency.run("alter table consent enable trigger user")


def complete(page: Page, address: str, amount: str, press: str) -> None:
    page.goto(address)
    page.get_by_role("link", name="Complete a visit").click()
    page.get_by_label("Amount the patient owes").fill(amount)
    page.get_by_role("button", name="Continue").click()
    page.get_by_role("button", name=press).click()


def test_V30_V37_a_visit_is_invoiced_and_charged_and_part_of_it_is_sent_back(paying: str, agency: House, page: Page) -> None:
    maria = agency.payer("Maria Alvarez", Switch.ON)
    real_card(agency, maria)
    enter(agency, page, paying)
    complete(page, f"{paying}{of(agency, maria)}", "96.00", "Complete and invoice")
    expect(page.locator("#payment")).to_contain_text("A payment of $96.00 is being taken")
    work()
    expect(page.locator("#payment")).to_contain_text("Paid", timeout=10_000)
    page.reload()
    expect(page.locator("main")).to_contain_text("You can refund up to $96.00.")
    page.get_by_label("Amount to send back").fill("200.00")
    page.get_by_role("button", name="Continue").click()
    expect(page.locator("main")).to_contain_text("You can refund up to $96.00.")
    page.get_by_label("Amount to send back").fill("20.00")
    page.get_by_role("button", name="Continue").click()
    expect(page.locator("main")).to_contain_text("We send $20.00 back to Visa ending in 4242.")
    expect(page.locator("main")).to_contain_text("Maria Alvarez sees it in Billing.")
    page.get_by_role("button", name="Refund $20.00").click()
    expect(page.locator("#payment")).to_contain_text("We are sending $20.00 back to Visa ending in 4242")
    assert agency.rows("select state, minor from refund") == [{"state": "due", "minor": 2000}]


def test_V30_a_visit_that_was_only_completed_is_invoiced_later_and_once(paying: str, agency: House, page: Page) -> None:
    james = agency.payer("James Lee", Switch.OFF)
    enter(agency, page, paying)
    complete(page, f"{paying}{of(agency, james)}", "96.00", "Complete only")
    expect(page.locator("main")).to_contain_text("The visit is completed. Nothing was invoiced.")
    page.get_by_role("link", name="Invoice it").click()
    expect(page.locator("main")).to_contain_text("This invoices $96.00. Auto-Pay is off: the invoice stays open.")
    page.get_by_role("button", name="Invoice $96.00").dblclick()
    expect(page.locator("h1")).to_contain_text("Invoice 1001")
    assert agency.rows("select total from invoice") == [{"total": 9600}]


def test_V36_V38_a_recorded_check_takes_the_due_charge_back_and_an_open_invoice_is_voided(
    site: str, agency: House, page: Page
) -> None:
    maria = agency.payer("Maria Alvarez", Switch.ON)
    agency.card(maria)
    paid, other = agency.visit(maria), agency.visit(maria, 5000)
    enter(agency, page, site)
    page.goto(f"{site}/office/invoices/{agency.uid('invoice', paid)}/")
    expect(page.locator("#record")).to_have_text("Record a payment made elsewhere")
    page.get_by_label("Reference").fill("1207")
    page.get_by_role("button", name="Record payment").click()
    expect(page.locator(".flash")).to_contain_text(
        "The payment of $85.00 was recorded. The charge that was planned was taken back."
    )
    page.goto(f"{site}/office/invoices/{agency.uid('invoice', other)}/")
    page.get_by_role("button", name="Void invoice").click()
    expect(page.locator("main")).to_contain_text("The office took this bill back")
    assert {row["state"] for row in agency.rows("select state from charge")} == {"withdrawn"}


def test_V36_V38_while_a_charge_is_in_flight_neither_is_offered_and_the_page_says_why(
    site: str, agency: House, page: Page
) -> None:
    maria = agency.payer("Maria Alvarez", Switch.ON)
    agency.card(maria)
    invoice = agency.visit(maria)
    agency.came_to(invoice, "unknown")
    enter(agency, page, site)
    page.goto(f"{site}/office/invoices/{agency.uid('invoice', invoice)}/")
    expect(page.locator("main")).to_contain_text(
        "Until the payment above has ended, this bill cannot be paid elsewhere, refunded or"
    )
    for name in ("Void invoice", "Record payment", "Continue"):
        expect(page.get_by_role("button", name=name)).to_have_count(0)


def test_V39_above_what_was_agreed_the_office_reads_when_it_is_charged(site: str, agency: House, page: Page) -> None:
    maria = agency.payer("Maria Alvarez", Switch.ON)
    agency.card(maria)
    agency.run("update method set funding = 'debit'")
    consent_up_to(agency, maria, 10000)
    enter(agency, page, site)
    for amount, said in (
        ("100.00", "charges Visa ending in 4242 at once."),
        ("100.01", "they are told now, and Visa ending in 4242 is charged on"),
    ):
        page.goto(f"{site}{of(agency, maria)}visits/new")
        page.get_by_label("Amount the patient owes").fill(amount)
        page.get_by_role("button", name="Continue").click()
        expect(page.locator(".sure")).to_contain_text(said)
    page.get_by_role("button", name="Complete and invoice").click()
    expect(page.locator("#payment")).to_contain_text("$100.01")
    assert agency.value("select why from invoice") == "notice_first"
    assert agency.value("select run_at > now() + interval '9 days' from charge")


def test_V21_V23_V27_the_preference_is_set_cleared_and_who_did_it_is_shown(site: str, agency: House, page: Page) -> None:
    maria = agency.payer("Maria Alvarez")
    agency.card(maria)
    enter(agency, page, site)
    page.goto(f"{site}{of(agency, maria)}")
    main = page.locator("main")
    expect(main).to_contain_text("Auto-Pay is off: the company switch is off and this patient follows it.")
    page.get_by_role("switch", name="Auto-bill visits").click()
    expect(main).to_contain_text("Auto-Pay is on and will charge Visa ending in 4242.")
    expect(main).to_contain_text("Does not count here")
    page.get_by_role("switch", name="Auto-bill visits").click()
    expect(main).to_contain_text("Auto-Pay is off: this patient's own setting.")
    page.get_by_role("button", name="Use the company setting").click()
    expect(main).to_contain_text("Follow company")
    page.get_by_role("link", name="Changes", exact=True).click()
    for said in ("to On. Before: Follow company.", "to Off. Before: On.", "follow the company. Before: Off."):
        expect(main).to_contain_text(said)
    expect(main).to_contain_text("Office: set Auto-bill visits")


def test_V22_V25_V27_the_company_switch_shows_what_it_would_do_before_it_does_it(site: str, agency: House, page: Page) -> None:
    agency.card(agency.payer("Maria Alvarez"))
    ruth = agency.payer("Ruth Cohen")
    agency.visit(agency.payer("James Lee", Switch.OFF), 14400)
    enter(agency, page, site)
    page.goto(f"{site}/office/settings/")
    page.get_by_role("switch", name="Auto-bill visits").click()
    main = page.locator("main")
    for said in (
        "2 patients turn on",
        "1 stays off: own setting",
        "no default card",
        "1 open invoice, $144.00, stays",
        "This switch charges nothing.",
    ):
        expect(main).to_contain_text(said)
    main.get_by_text("List").last.click()
    expect(main.get_by_role("link", name="Ruth Cohen")).to_have_attribute("href", of(agency, ruth))
    assert agency.value('select "on" from company_switch') is False
    page.get_by_role("button", name="Turn on for 2 patients").click()
    expect(page.locator(".flash")).to_contain_text("Auto-bill visits is on for the whole company. Nothing was charged.")
    expect(main).to_contain_text("Office: turned Auto-bill visits on for the whole company. Before: Off.")
    assert agency.rows("select 1 from charge") == []
