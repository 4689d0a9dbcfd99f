"""The Billing page of the Patient Portal says what the engine would do, and lets nobody change it there."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from autopay import words
from autopay.agreements.models import Switch
from autopay.parties.models import Role
from tests.surfaces.house import House, text
from tests.surfaces.portal import BILLING, family, portal, read


def test_V1_billing_is_in_the_sidebar_and_heads_its_page(agency: House) -> None:
    page = portal(agency, agency.payer("Maria Alvarez")).get(BILLING).content.decode()
    assert re.search(r'<a href="/portal/billing/" aria-current="page">.*?Billing</a>', page, re.S)
    assert re.search(r'<header class="hero">\s*<div>\s*<h1>Billing</h1>', page)


def test_V2_three_cards_in_this_order_and_these_colours(agency: House) -> None:
    page = portal(agency, agency.payer("Maria Alvarez", Switch.ON)).get(BILLING).content.decode()
    cards = re.findall(r'<article class="stat" data-tone="(\w+)".*?<h2>(.*?)</h2>', page, re.S)
    assert cards == [("warn", "Outstanding Balance"), ("ok", "Last Payment"), ("info", "Auto-Pay")]


def test_V3_the_card_says_enabled_with_the_last_four_or_not_enabled(agency: House) -> None:
    maria, james = agency.payer("Maria Alvarez", Switch.ON), agency.payer("James Lee", Switch.OFF)
    agency.card(maria)
    assert "Auto-Pay Enabled Card ending in 4242" in read(portal(agency, maria))
    said = portal(agency, james).get(BILLING).content
    assert "Auto-Pay Not Enabled Manual payment required" in text(said)
    assert b'data-tone="off"' in said


def test_V4_on_without_a_card_says_that_no_charge_can_run_and_whom_to_ask(agency: House) -> None:
    page = read(portal(agency, agency.payer("Ruth Cohen", Switch.ON)))
    assert "Auto-Pay Enabled No card on file. Charges do not run." in page
    assert "Ask the office to add a card" in page
    assert "Card ending in" not in page


def test_V4_on_with_a_card_but_no_consent_says_so_too(agency: House) -> None:
    ruth = agency.payer("Ruth Cohen", Switch.ON)
    card = agency.card(ruth)
    agency.run(
        """insert into consent_end (biller_id, consent_id, at, by, why)
           select biller_id, id, now(), 'test', 'revoked' from consent where method_id = %(m)s""",
        m=card,
    )
    assert "Charges do not run yet." in read(portal(agency, ruth))


def test_V5_the_banner_names_the_same_card(agency: House) -> None:
    maria = agency.payer("Maria Alvarez", Switch.ON)
    agency.card(maria)
    page = read(portal(agency, maria))
    assert "Auto-Pay Enabled Your visits are automatically billed upon completion Payment method VISA Visa ending in 4242" in page


def test_V5_without_a_card_the_banner_stands_without_that_line(agency: House) -> None:
    page = read(portal(agency, agency.payer("Ruth Cohen", Switch.ON)))
    assert "Your visits are automatically billed upon completion" in page
    assert "Payment method" not in page


def test_V6_nothing_a_patient_can_send_changes_the_switch_or_the_card(agency: House) -> None:
    maria = agency.payer("Maria Alvarez", Switch.ON)
    first, second = agency.card(maria), agency.card(maria, "4444", "mastercard", default=False)
    client = portal(agency, maria)
    page = client.get(BILLING).content.decode()
    assert 'role="switch"' not in page
    assert set(re.findall(r'<form[^>]*action="([^"]+)"', page)) == {
        "/preferences/language",
        "/preferences/theme",
        "/accounts/logout/",
    }
    patient = agency.uid("payer", maria)
    for address in (f"/office/patients/{patient}/auto-bill", f"/office/methods/{agency.uid('method', second)}/default"):
        assert client.post(address, {"to": "off"}).status_code == 404
    assert agency.value("select switch from agreement where payer_id = %(p)s", p=maria) == "on"
    assert agency.value("select id from method where payer_id = %(p)s and is_default", p=maria) == first


def test_V8_without_a_processor_the_agency_is_to_be_contacted_and_there_is_no_pay_now(agency: House) -> None:
    james = agency.payer("James Lee", Switch.OFF)
    agency.visit(james)
    agency.run("delete from processor_account")
    client = portal(agency, james)
    assert "Contact us to make a payment (415) 555-0142 , billing@sunrise.test" in read(client)
    assert "/pay" not in client.get(BILLING).content.decode()


def test_V9_a_successful_charge_goes_straight_to_payment_history(agency: House) -> None:
    maria = agency.payer("Maria Alvarez", Switch.ON)
    agency.card(maria)
    agency.came_to(agency.visit(maria), "paid")
    page = read(portal(agency, maria))
    assert "Nothing to pay" in page
    history = page[page.index("Payment History") :]
    assert "Auto-Pay Visa ending in 4242 $85.00 Paid" in history
    assert f"$85.00 {words.day(agency.today)}, by Auto-Pay" in page


@pytest.mark.parametrize(
    ("reason", "sentence"),
    [
        ("expired", "The card has expired."),
        ("declined", "The bank said no to Visa ending in 4242."),
        ("insufficient_funds", "There was not enough money for this payment."),
    ],
)
def test_V10_V33_a_failed_charge_stays_outstanding_with_its_reason(agency: House, reason: str, sentence: str) -> None:
    omar = agency.payer("Omar Haddad", Switch.ON)
    agency.card(omar)
    agency.came_to(agency.visit(omar, 9600), "failed", reason)
    page = read(portal(agency, omar))
    outstanding, history = page.split("Payment History", 1)
    assert f"$96.00 Failed Auto-Pay was on. {sentence} Pay Now" in outstanding
    assert "No payments yet" in history


def test_V11_a_change_by_the_office_shows_at_the_next_load(agency: House) -> None:
    maria = agency.payer("Maria Alvarez", Switch.ON)
    agency.card(maria)
    client, office = portal(agency, maria), agency.login("office@sunrise.test", Role.OWNER)
    assert "Card ending in 4242" in read(client)
    office.post(f"/office/patients/{agency.uid('payer', maria)}/auto-bill", {"to": "off"})
    assert "Not Enabled Manual payment required" in read(client)


def test_V12_a_billing_contact_sees_several_patients_and_lines_only_where_allowed(agency: House) -> None:
    maria, ruth = agency.payer("Maria Alvarez", Switch.OFF), agency.payer("Ruth Cohen", Switch.OFF)
    other = agency.payer("James Lee", Switch.OFF)
    hers, ruths, his = agency.visit(maria), agency.visit(ruth), agency.visit(other)
    dana = family(agency, (maria, True), (ruth, False))
    page = read(dana)
    assert "All 2" in page
    assert "Maria Alvarez" in page
    assert "Ruth Cohen" in page
    assert "James Lee" not in page
    assert "What it is for" in read(dana, f"/portal/invoices/{agency.uid('invoice', hers)}/")
    assert "What it is for" not in read(dana, f"/portal/invoices/{agency.uid('invoice', ruths)}/")
    assert dana.get(f"/portal/invoices/{agency.uid('invoice', his)}/").status_code == 404
    assert dana.get(f"{BILLING}?patient={agency.uid('payer', other)}").status_code == 404


def test_V12_a_patient_sees_only_their_own(agency: House) -> None:
    maria, james = agency.payer("Maria Alvarez"), agency.payer("James Lee", Switch.OFF)
    invoice = agency.visit(james)
    answer = portal(agency, maria).get(f"/portal/invoices/{agency.uid('invoice', invoice)}/")
    assert answer.status_code == 404
    assert "We cannot find that page." in text(answer.content)


@pytest.mark.parametrize(
    ("state", "sentence", "payable"),
    [
        ("sending", "Processing", False),
        ("pending", "Processing", False),
        ("unknown", "We do not know yet whether this payment went through. Please do not pay it again.", False),
        ("returned", "Your bank sent back the payment of $85.00", True),
    ],
)
def test_V14_other_states_in_plain_words(agency: House, state: str, sentence: str, payable: bool) -> None:
    maria = agency.payer("Maria Alvarez", Switch.ON)
    agency.card(maria)
    invoice = agency.visit(maria)
    agency.came_to(invoice, state, "account_closed" if state == "returned" else "")
    client, address = portal(agency, maria), f"/portal/invoices/{agency.uid('invoice', invoice)}"
    assert sentence in read(client) + read(client, f"{address}/")
    assert (client.get(f"{address}/pay").status_code == 200) is payable


def test_V14_a_paid_bank_debit_may_still_be_returned_until_its_date(agency: House) -> None:
    maria = agency.payer("Maria Alvarez", Switch.ON)
    agency.card(maria, "6789", kind="bank")
    invoice = agency.visit(maria)
    agency.came_to(invoice, "paid")
    client, until = portal(agency, maria), words.day(agency.today + timedelta(days=60))
    assert "Bank account ending in 6789" in read(client)
    assert f"may still be returned by the bank until {until}" in read(client)
    page = read(client, f"/portal/invoices/{agency.uid('invoice', invoice)}/")
    assert f"Paid, may still be returned by the bank until {until}" in page


def test_V14_a_held_charge_says_its_date_and_can_be_paid_sooner(agency: House) -> None:
    maria = agency.payer("Maria Alvarez", Switch.ON)
    card = agency.card(maria)
    agency.run("update method set funding = 'debit' where id = %(m)s", m=card)
    agency.visit(maria, 31240)
    page = read(portal(agency, maria))
    assert f"It is charged on {words.day(agency.today + timedelta(days=11))}." in page
    assert "Waiting" in page
    assert "Pay Now" in page


def test_V9_every_payment_can_be_reached_however_many_there_are(agency: House, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, number in (("billing.MOST", 4), ("views.RECENT", 2), ("views.MORE", 2)):
        monkeypatch.setattr(f"autopay.surfaces.patient_portal.{name}", number)
    maria = agency.payer("Maria Alvarez", Switch.ON)
    agency.card(maria)
    for days_ago in range(9):
        agency.came_to(agency.visit(maria, days_ago=days_ago), "paid", days_ago=days_ago)
    client, address, seen, pages = portal(agency, maria), BILLING, set[str](), 0
    while address:
        page = client.get(address).content.decode()
        listed = re.findall(r"Invoice (\d+)</small>", page.partition('id="paid-')[2])
        assert len(listed) <= 4
        seen |= set(listed)
        onward = re.search(r'href="(\?patient=[^"]*history=\d+)[^"]*">Show more', page)
        address, pages = BILLING + onward.group(1).replace("&amp;", "&") if onward else "", pages + 1
        assert pages < 9
    assert len(seen) == 9
    assert "Newer payments" in page
    assert "Newer payments" not in client.get(BILLING).content.decode()
    assert len(re.findall(r"Invoice \d+</small>", client.get(BILLING + "?history=9999").content.decode())) == 4
