"""Receipts and failure notices reach patient and contact; a failure's link pays that one bill without a log-in, and nothing else (V40)."""

from __future__ import annotations

import re
from datetime import timedelta
from time import time
from typing import Any
from unittest import mock

import pytest
from django.core import signing
from django.test import Client
from playwright.sync_api import Page, expect

from autopay import words
from autopay.agreements.models import Switch
from autopay.charging.pay_link import GOOD_FOR, Asked, ticket
from autopay.conf import conf
from autopay.database import PooledDatabase
from autopay.journal.seal import seal
from autopay.notices.write import write_notices
from autopay.surfaces.pay_links.views import TRIES_A_DAY
from tests.fixtures.world import SAVES_THEN_DECLINES
from tests.notices.test_words import CARE
from tests.surfaces.house import House, text
from tests.surfaces.human import solved
from tests.surfaces.portal import family, hidden, real_card, work
from tests.surfaces.test_enroll import SLOW, be_human, type_card

MARIA, DANA = "maria@patients.test", "dana@family.test"


@pytest.fixture
def maria(agency: House) -> int:
    """Auto-Pay on with a card; Dana pays for her."""
    payer = agency.payer("Maria Alvarez", Switch.ON)
    agency.run("update payer set email = %(to)s where id = %(p)s", to=MARIA, p=payer)
    agency.card(payer)
    family(agency, (payer, False), email=DANA)
    return payer


def write_mails(agency: House) -> list[dict[str, Any]]:
    db = PooledDatabase(conf().dsn("engine"), size=1)
    while seal(db, agency.id) or write_notices(db, "http://mail.test"):
        pass
    db.close()
    return agency.rows('select kind, "to", text, html, subject from notice order by id')


def link_to(agency: House, invoice: int) -> str:
    return f"/pay/{ticket(Asked(agency.id, agency.uid('invoice', invoice)))}"


@pytest.fixture
def failed(agency: House, maria: int) -> int:
    invoice = agency.visit(maria, 9600)
    agency.came_to(invoice, "failed", "declined")
    return invoice


def test_V40_the_mail_of_a_failure_opens_pay_now_without_a_login_and_both_get_the_receipt(
    paying: str, agency: House, maria: int, page: Page
) -> None:
    real_card(agency, maria, SAVES_THEN_DECLINES)
    agency.visit(maria, 9600)
    work()
    mails = [mail for mail in write_mails(agency) if mail["kind"] == "failed"]
    assert [mail["to"] for mail in mails] == [MARIA, DANA]
    assert {
        CARE.search(mail["text"].replace("Sunrise Home Care", "") + mail["subject"].replace("Sunrise Home Care", ""))
        for mail in mails
    } == {None}
    found = re.search(r"http://mail\.test(/pay/\S+)", mails[1]["text"])
    assert found
    page.goto(paying + found[1])
    expect(page.get_by_role("heading", level=1)).to_have_text("Pay Now")
    expect(page.locator(".figure")).to_contain_text(f"$96.00 to Sunrise Home Care, bill of {words.day(agency.today)}")
    page.get_by_text("Another card").click()
    type_card(page)
    be_human(page)
    expect(page.locator(".the-sentence")).to_have_text("Pay $96.00 to Sunrise Home Care now.")
    page.get_by_role("button", name="Pay $96.00").click()
    expect(page.locator("#payment")).to_contain_text("We are taking your payment of $96.00", timeout=SLOW)
    work()
    expect(page.locator("#payment")).to_contain_text("We charged $96.00 to Visa ending in 4242", timeout=SLOW)
    page.goto(paying + found[1])
    expect(page.get_by_role("main")).to_contain_text("This bill is paid. You were not charged again.")
    assert agency.value("select captured from invoice") == 9600
    assert agency.rows("select state from method where once") == [{"state": "detached"}]
    receipts = [mail for mail in write_mails(agency) if mail["kind"] == "receipt"]
    assert [mail["to"] for mail in receipts] == [MARIA, DANA]
    added = [mail["subject"] + mail["text"] for mail in write_mails(agency) if mail["kind"] == "method added"]
    assert not any("ending in 4242" in each for each in added)  # what is used once is no news for a wallet


def test_V40_the_page_shows_amount_date_agency_and_methods_and_nothing_else(agency: House, failed: int) -> None:
    page = Client().get(link_to(agency, failed))
    said = text(page.content)
    assert "$96.00 to Sunrise Home Care" in said
    assert "Visa ending in 4242" in said
    assert CARE.findall(said.replace("Sunrise Home Care", "")) == []
    number = str(agency.value("select number from invoice"))
    assert not any(each in page.content.decode() for each in ("Maria", MARIA, "Alvarez", f"Invoice {number}"))


def test_V40_a_saved_method_pays_after_the_human_check_and_once(agency: House, failed: int) -> None:
    client, address = Client(), link_to(agency, failed)
    card = agency.value("select uid::text from method")
    sent = hidden(client.get(address).content.decode()) | {"kind": "saved", "saved": card}
    refused = client.post(address, sent)
    assert refused.status_code == 422
    assert "Please check the box “I'm not a robot”" in text(refused.content)
    for _ in range(2):  # the second press needs no second check: it is the same payment
        assert client.post(address, sent | {"human": solved()}).headers["Location"] == address + "?sent=1"
    made = agency.rows("select asked_minor, requested_by from charge where trigger = 'pay_now'")
    assert made == [{"asked_minor": 9600, "requested_by": "link in a mail"}]


def test_V40_a_used_link_says_that_the_bill_is_paid_and_charges_nothing(agency: House, failed: int) -> None:
    client, address = Client(), link_to(agency, failed)
    sent = hidden(client.get(address).content.decode()) | {"kind": "saved", "saved": agency.value("select uid::text from method")}
    agency.run("update invoice set elsewhere = total")
    assert "This bill is paid. You were not charged again." in text(client.get(address).content)
    client.post(address, sent | {"human": solved()})
    assert agency.value("select count(*) from charge where trigger = 'pay_now'") == 0
    agency.run("update invoice set elsewhere = 0, voided_at = now()")
    assert "The office took this bill back" in text(client.get(address).content)


def test_V40_a_link_is_for_one_bill_ends_and_cannot_be_made_up(agency: House, failed: int) -> None:
    address, client = link_to(agency, failed), Client()
    wrong = [address[:-1] + ("A" if address[-1] != "A" else "B"), "/pay/nonsense", address.replace("/pay/", "/approval/")]
    other = signing.dumps([agency.id, agency.uid("invoice", failed)], salt="autopay.approve")
    for each in (*wrong, f"/pay/{other}"):
        assert client.get(each).status_code == 404
    with mock.patch("django.core.signing.time.time", return_value=time() + (GOOD_FOR + timedelta(hours=1)).total_seconds()):
        late = client.get(address)
    assert late.status_code == 404
    assert "This link does not work any more" in text(late.content)
    assert client.get("/portal/billing/").status_code == 302


def test_V40_a_guest_keeps_no_card_in_the_wallet(agency: House, failed: int) -> None:
    assert "Save this card" not in text(Client().get(link_to(agency, failed)).content)


def test_V40_a_day_takes_five_tries(agency: House, failed: int) -> None:
    client, address = Client(), link_to(agency, failed)
    card = agency.value("select uid::text from method")
    for nth in range(TRIES_A_DAY + 1):
        sent = hidden(client.get(address).content.decode()) | {"kind": "saved", "saved": card, "human": solved()}
        answer = client.post(address, sent)
        if nth < TRIES_A_DAY:
            agency.came_to(failed, "failed", "declined")
    assert "Please try again later, or call us." in text(answer.content)
    assert agency.value("select count(*) from charge where trigger = 'pay_now'") == TRIES_A_DAY
