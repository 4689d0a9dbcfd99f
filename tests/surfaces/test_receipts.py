"""Receipts: the payer's own, found through their rights, with what was paid, when, with what and what was sent back."""

from __future__ import annotations

from uuid import uuid4

import pytest
from django.test import Client

from autopay import words
from autopay.agreements.models import Switch
from autopay.charging.pay_now import Wish, pay_now
from autopay.parties.models import Role
from autopay.tenancy import WebDatabase
from tests.notices.test_words import CARE
from tests.surfaces.house import ZONE, House, text
from tests.surfaces.test_accounts import ALL, account, bill, practice


def paid(agency: House, name: str = "Maria Alvarez", state: str = "paid") -> tuple[int, str]:
    """The payer, and the public id of a charge that came to `state`."""
    payer = agency.payer(name, Switch.ON)
    agency.card(payer)
    charge = agency.came_to(agency.visit(payer, 8500), state, "declined" if state == "failed" else "")
    return payer, agency.uid("charge", charge)


def sent_back(agency: House, uid: str, minor: int) -> None:
    agency.run(
        """insert into refund (biller_id, charge_id, invoice_id, minor, state, requested_by, key, sent_at)
           select c.biller_id, c.id, p.invoice_id, %(minor)s, 'done', 'test', 'key of it', %(at)s
           from charge c join charge_part p on p.charge_id = c.id where c.uid = %(uid)s""",
        uid=uid,
        minor=minor,
        at=agency.now,
    )


def portal(agency: House, payer: int) -> Client:
    return agency.login(f"payer{payer}@patients.test", Role.PATIENT, payer_id=payer)


def test_A54_V40_a_receipt_says_what_when_with_what_and_for_which_invoice(agency: House) -> None:
    payer, uid = paid(agency)
    said = text(portal(agency, payer).get(f"/portal/receipts/{uid}/").content)
    number = agency.value("select id from charge where uid = %(uid)s", uid=uid)
    for words_ in (
        f"Receipt R-{number}",
        "Amount paid $85.00",
        "Paid to Sunrise Home Care",
        "Visa ending in 4242",
        "(415) 555-0142",
    ):
        assert words_ in said
    assert f"Date {words.moment(agency.now, ZONE)}" in said
    assert f"Invoice {agency.value('select number from invoice')}" in said


def test_V40_a_receipt_says_no_word_about_care(agency: House) -> None:
    payer, uid = paid(agency)
    page = portal(agency, payer).get(f"/portal/receipts/{uid}/").content.decode()
    paper = text(page[page.index("<article") : page.index("</article>")].encode())
    assert CARE.findall(paper.replace("Sunrise Home Care", "")) == []


def test_V37_the_patient_sees_on_the_receipt_what_was_sent_back(agency: House) -> None:
    payer, uid = paid(agency)
    sent_back(agency, uid, 2000)
    said = text(portal(agency, payer).get(f"/portal/receipts/{uid}/").content)
    assert "Sent back, invoice" in said
    assert "-$20.00" in said
    assert "Left after refunds" in said
    assert "$65.00" in said


@pytest.mark.parametrize("state", ["failed", "pending", "sending", "returned"])
def test_A54_what_was_not_paid_has_no_receipt(agency: House, state: str) -> None:
    payer, uid = paid(agency, state=state)
    assert portal(agency, payer).get(f"/portal/receipts/{uid}/").status_code == 404


def test_a_payment_that_came_back_after_it_was_paid_keeps_its_receipt_and_says_so(agency: House) -> None:
    payer, uid = paid(agency)
    agency.run(
        """insert into journal_entry (biller_id, at, actor, action, object, object_id, data)
           select biller_id, settled_at, 'processor', 'charge paid', 'charge', id, '{}' from charge where uid = %(uid)s""",
        uid=uid,
    )
    agency.run("update charge set state = 'returned', reason = 'account_closed' where uid = %(uid)s", uid=uid)
    said = text(portal(agency, payer).get(f"/portal/receipts/{uid}/").content)
    assert "Your bank sent this payment back on" in said
    assert "The account is closed." in said
    assert "Paid with" in said


def test_V12_a_receipt_is_found_by_its_payer_and_their_contact_and_by_nobody_else(agency: House) -> None:
    maria, uid = paid(agency)
    james, _ = paid(agency, "James Lee")
    contact = agency.value(
        "insert into billing_contact (biller_id, name, external_id) values (%(b)s, 'Dana', 'd') returning id", b=agency.id
    )
    agency.run(
        "insert into contact_patient (biller_id, contact_id, payer_id) values (%(b)s, %(c)s, %(p)s)",
        b=agency.id,
        c=contact,
        p=maria,
    )
    address = f"/portal/receipts/{uid}/"
    assert agency.login("dana@family.test", Role.BILLING_CONTACT, contact_id=contact).get(address).status_code == 200
    assert portal(agency, james).get(address).status_code == 404
    assert Client().get(address).status_code == 302
    assert portal(agency, maria).get(f"/portal/receipts/{uuid4()}/").status_code == 404
    assert Client().get(f"/receipts/{uid}")["Location"].startswith("/accounts/login/")


def test_I17_a_receipt_of_another_biller_is_not_found(agency: House, vendor: House) -> None:
    _, uid = paid(agency)
    practice = vendor.payer("Lakeside", kind="account")
    owner = vendor.login("owner@lakeside.test", Role.ACCOUNT_OWNER, payer_id=practice)
    assert owner.get(f"/service-center/receipts/{uid}/").status_code == 404
    assert owner.get(f"/receipts/{uid}").status_code == 404
    assert owner.get(f"/receipts/{uid}/pay").status_code == 404


def test_V40_a_link_in_a_mail_opens_the_receipt_and_pay_now_in_the_house_of_its_reader(agency: House, vendor: House) -> None:
    maria, good = paid(agency)
    omar, failed = paid(agency, "Omar Haddad", "failed")
    invoice = agency.value("select i.uid from invoice i where i.payer_id = %(p)s", p=omar)
    assert portal(agency, maria).get(f"/receipts/{good}")["Location"] == f"/portal/receipts/{good}/"
    assert portal(agency, omar).get(f"/receipts/{failed}/pay")["Location"] == f"/portal/invoices/{invoice}/pay"


def test_V9_payment_history_leads_to_the_receipt(agency: House) -> None:
    payer, uid = paid(agency)
    page = portal(agency, payer).get("/portal/billing/").content.decode()
    assert f'href="/portal/receipts/{uid}/">View receipt' in page


@pytest.mark.parametrize("slug", ["service-center", "classic", "practice-mate", "ehr"])
def test_A54_A56_a_practice_reads_its_receipts_in_every_product(vendor: House, slug: str) -> None:
    owner, uid = paid_bill(vendor, ALL)
    house = "/service-center" if slug == "service-center" else f"/classic/{slug}"
    said = text(owner.get(f"{house}/receipts/{uid}/").content)
    assert "Amount paid $256.85" in said
    assert "For Green Valley Family Practice" in said
    history = "/service-center/account-management/history/" if slug == "service-center" else f"{house}/history/"
    assert f'href="{house}/receipts/{uid}/">View receipt' in owner.get(history).content.decode()


@pytest.mark.parametrize(
    ("used", "receipt", "pay"),
    [
        (ALL, "/service-center", "/service-center/account-management/pay-bill/pay"),
        (("ehr",), "/classic/ehr", "/classic/ehr/pay"),
    ],
)
def test_A54_a_mail_leads_a_practice_to_a_product_it_has(vendor: House, used: tuple[str, ...], receipt: str, pay: str) -> None:
    owner, uid = paid_bill(vendor, used)
    assert owner.get(f"/receipts/{uid}")["Location"] == f"{receipt}/receipts/{uid}/"
    assert owner.get(f"/receipts/{uid}/pay")["Location"] == pay
    assert owner.get(f"{receipt}/receipts/{uid}/").status_code == 200
    if used != ALL:
        assert owner.get(f"/classic/practice-mate/receipts/{uid}/").status_code == 404


def paid_bill(vendor: House, used: tuple[str, ...]) -> tuple[Client, str]:
    """A practice that paid this month's bill with Pay Now."""
    payer = account(vendor, products=used)
    card = vendor.card(payer)
    bill(vendor)
    owner = practice(vendor, payer)
    total = vendor.value("select total from invoice")
    wish = Wish(payer, (vendor.value("select id from invoice"),), total, card)
    pay_now(WebDatabase(), vendor.id, wish, vendor.by())
    return owner, vendor.uid("charge", vendor.came_to(vendor.value("select id from invoice"), "paid"))
