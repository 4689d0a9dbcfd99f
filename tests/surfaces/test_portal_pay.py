"""Pay Now in the Patient Portal: a saved method or a card used once, one sentence, one charge at most (V7)."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from playwright.sync_api import Page, expect

from autopay.agreements.models import Switch
from autopay.charging.let_go import let_go
from autopay.charging.send import Engine
from autopay.clock import Clock
from autopay.conf import conf
from autopay.database import PooledDatabase
from autopay.parties.models import Role
from autopay.refusal import Refusal
from autopay.tenancy import WebDatabase
from autopay.wallet.default import set_default
from tests.surfaces.house import House, text
from tests.surfaces.human import solved
from tests.surfaces.portal import BILLING, hidden, pay_with, portal, read, work
from tests.surfaces.test_enroll import DECLINED, SLOW, be_human, type_card
from tests.surfaces.test_looks import log_in

STALE = "Things changed since you opened this page. Nothing was charged."


@pytest.fixture
def james(agency: House) -> int:
    return agency.payer("James Lee", Switch.OFF)


def address_of(agency: House, invoice: int) -> str:
    return f"/portal/invoices/{agency.uid('invoice', invoice)}"


def due(agency: House) -> list[dict[str, Any]]:
    return agency.rows("select asked_minor, chosen_method_id as method from charge where trigger = 'pay_now' and state = 'due'")


def test_V7_pay_now_offers_the_default_first_and_writes_one_due_charge(agency: House, james: int) -> None:
    agency.card(james, "4444", "mastercard", default=False)
    default = agency.card(james)
    client, address = portal(agency, james), address_of(agency, agency.visit(james, 14400))
    page = client.get(f"{address}/pay").content.decode()
    said = text(page.encode())
    assert said.index("Visa ending in 4242") < said.index("Mastercard ending in 4444")
    assert re.findall(r'value="([\w-]+)" data-kind="card"[^>]* checked', page) == [agency.uid("method", default)]
    assert "Pay $144.00 to Sunrise Home Care now." in said
    assert re.search(r'<button class="btn main-act"[^>]*>Pay \$144\.00</button>', page)
    sent = hidden(page) | {"kind": "saved", "saved": agency.uid("method", default)}
    for _ in range(3):  # pressed again, in another tab, after the back button
        assert client.post(f"{address}/pay", sent).headers["Location"] == f"{address}/payment"
    assert due(agency) == [{"asked_minor": 14400, "method": default}]
    assert "We are taking your payment of $144.00" in read(client, f"{address}/payment")


def test_V7_an_expired_card_is_marked_is_not_first_and_pays_nothing(agency: House, james: int) -> None:
    gone, other = agency.card(james), agency.card(james, "4444", "mastercard", default=False)
    agency.run("update method set exp_year = 2020 where id = %(id)s", id=gone)
    client, address = portal(agency, james), address_of(agency, agency.visit(james)) + "/pay"
    page = client.get(address).content.decode()
    said = text(page.encode())
    assert said.index("Mastercard ending in 4444") < said.index("Visa ending in 4242 Expires 04/20 Default Expired")
    assert re.findall(r'value="([\w-]+)" data-kind="card"[^>]* checked', page) == [agency.uid("method", other)]
    refused = client.post(address, hidden(page) | {"kind": "saved", "saved": agency.uid("method", gone)})
    assert refused.status_code == 422
    assert "This card has expired. Please use a card with a later date." in text(refused.content)
    assert due(agency) == []


def test_V7_a_page_that_no_longer_tells_the_truth_charges_nothing(agency: House, james: int) -> None:
    card, invoice = agency.uid("method", agency.card(james)), agency.visit(james, 14400)
    client, address = portal(agency, james), address_of(agency, invoice) + "/pay"
    page = client.get(address).content.decode()
    agency.run("update invoice set elsewhere = 4400 where id = %(i)s", i=invoice)
    sent = hidden(page) | {"kind": "saved", "saved": card}
    assert STALE in text(client.post(address, sent, follow=True).content)
    for lie in ({"amount": "1.00"}, {"review": "-"}, {"review": ""}):
        assert STALE in text(client.post(address, hidden(client.get(address).content.decode()) | sent | lie, follow=True).content)
    assert agency.rows("select 1 from charge") == []


def test_V7_a_page_of_one_invoice_stays_true_while_another_is_paid(agency: House, james: int) -> None:
    card = agency.uid("method", agency.card(james))
    first, second = agency.visit(james, 14400), agency.visit(james, 9600)
    client = portal(agency, james)
    one, two = address_of(agency, first) + "/pay", address_of(agency, second) + "/pay"
    sent = hidden(client.get(two).content.decode()) | {"kind": "saved", "saved": card}
    pay_with(client, one, card)
    assert client.post(two, sent).headers["Location"] == two + "ment"
    assert sorted(each["asked_minor"] for each in due(agency)) == [9600, 14400]


def test_V7_somebody_elses_card_cannot_be_picked(agency: House, james: int) -> None:
    hers = agency.card(agency.payer("Maria Alvarez"))
    agency.card(james)
    address = address_of(agency, agency.visit(james)) + "/pay"
    answer = pay_with(portal(agency, james), address, agency.uid("method", hers))
    assert "Please choose a card or bank account." in text(answer.content)  # type: ignore[attr-defined]
    assert due(agency) == []


def test_V7_V35_while_a_payment_is_in_flight_no_other_is_taken(agency: House) -> None:
    maria = agency.payer("Maria Alvarez", Switch.ON)
    card, invoice = agency.uid("method", agency.card(maria)), agency.visit(maria)
    client, address = portal(agency, maria), address_of(agency, invoice)
    page = client.get(f"{address}/").content.decode()
    agency.came_to(invoice, "sending")
    assert "Pay Now" not in read(client, f"{address}/")
    answer = client.post(f"{address}/pay", hidden(page) | {"kind": "saved", "saved": card, "amount": "85.00"}, follow=True)
    assert "There is nothing to pay here right now. Nothing was charged." in text(answer.content)
    assert due(agency) == []


def paying_page(page: Page, site: str, agency: House, james: int, invoice: int) -> None:
    agency.login("james@patients.test", Role.PATIENT, payer_id=james)
    log_in(page, site, "james@patients.test")
    page.goto(f"{site}{address_of(agency, invoice)}/")
    page.get_by_role("link", name="Pay Now").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Pay Now")


def press_pay(page: Page, amount: str) -> None:
    page.get_by_role("button", name=f"Pay {amount}").click()


def test_V7_a_new_card_is_offered_where_none_is_saved_used_once_and_forgotten(
    paying: str, agency: House, james: int, page: Page
) -> None:
    """In the browser, with the processor's own frames, to the end: paid, and the processor no longer keeps the card."""
    invoice = agency.visit(james, 14400)
    paying_page(page, paying, agency, james, invoice)
    expect(page.get_by_text("This card is used once. It is not saved and Auto-Pay does not change.")).to_be_visible()
    expect(page.get_by_label("Save this card for payments I make myself.")).not_to_be_checked()
    type_card(page)
    be_human(page)
    expect(page.locator(".the-sentence")).to_have_text("Pay $144.00 to Sunrise Home Care now.")
    press_pay(page, "$144.00")
    expect(page.locator("#payment")).to_contain_text("We are taking your payment of $144.00", timeout=SLOW)
    method = agency.value("select id from method")
    assert agency.rows("select state, once, is_default from method") == [{"state": "usable", "once": True, "is_default": False}]
    with pytest.raises(Refusal):
        set_default(WebDatabase(), agency.id, method, agency.by())
    work()
    expect(page.locator("#payment")).to_contain_text("We charged $144.00 to Visa ending in 4242", timeout=SLOW)
    assert agency.value("select captured from invoice") == 14400
    assert agency.rows("select state, retry_at from method") == [{"state": "detached", "retry_at": None}]
    assert agency.value("select count(*) from consent") == 0
    page.goto(paying + BILLING)
    expect(page.get_by_role("region", name="Payment History")).to_contain_text("Pay Now")


def test_V7_a_new_card_is_kept_with_consent_and_never_becomes_the_default(
    paying: str, agency: House, james: int, page: Page
) -> None:
    default = agency.card(james)
    invoice = agency.visit(james, 14400)
    paying_page(page, paying, agency, james, invoice)
    page.get_by_text("Another card").click()
    type_card(page, "5555555555554444")
    page.get_by_label("Save this card for payments I make myself.").check()
    expect(page.get_by_text("Auto-Pay does not charge it unless I agree to that, too.")).to_be_visible()
    be_human(page)
    press_pay(page, "$144.00")
    expect(page.locator("#payment")).to_contain_text("We are taking your payment of $144.00", timeout=SLOW)
    work()
    expect(page.locator("#payment")).to_contain_text("We charged $144.00 to Mastercard ending in 4444", timeout=SLOW)
    kept = agency.rows("select id, state, once, is_default from method order by id")
    assert [(row["state"], row["once"], row["is_default"]) for row in kept] == [("usable", False, True), ("usable", False, False)]
    assert agency.value("select id from method where is_default") == default
    allowed = agency.rows("select data->>'text' as text from journal_entry where action = 'own payments allowed'")
    assert len(allowed) == 1
    assert "Sunrise Home Care may keep this card" in allowed[0]["text"]
    assert agency.value("select switch from agreement where payer_id = %(p)s", p=james) == "off"
    agency.visit(james, 9600)
    assert agency.value("select count(*) from charge") == 1  # Auto-Pay took nothing


def test_V7_a_card_that_is_refused_charges_nothing_and_asks_again(paying: str, agency: House, james: int, page: Page) -> None:
    paying_page(page, paying, agency, james, agency.visit(james, 14400))
    type_card(page, DECLINED)
    be_human(page)
    press_pay(page, "$144.00")
    told = page.locator(".box[role=alert]", has_text="We could not use this card. Nothing was charged.")
    expect(told).to_contain_text("The bank said no.", timeout=SLOW)
    expect(page.get_by_label("Account Holder Name")).to_have_value("Hannah Brooks")
    assert agency.rows("select 1 from charge") == []


def engine_of(moved: timedelta = timedelta()) -> Engine:
    db = PooledDatabase(conf().dsn("engine"), size=1)
    from datetime import UTC, datetime

    return Engine(db, {}, Clock(machine=lambda: datetime.now(UTC) + moved), b"secret")


@pytest.mark.parametrize("state", ["due", "sending", "unknown", "needs_payer", "pending", "paid", "failed"])
def test_V7_a_card_used_once_goes_when_its_charge_has_ended_and_not_before(agency: House, james: int, state: str) -> None:
    card, invoice = agency.card(james, default=False), agency.visit(james)
    agency.run("update method set once = true where id = %(m)s", m=card)
    page = f"{address_of(agency, invoice)}/pay?card={agency.uid('method', card)}"
    client = portal(agency, james)
    assert "Visa ending in 4242" in read(client, page)
    assert "Used once" in read(client, page)
    pay_with(client, page, agency.uid("method", card))
    if state != "due":
        agency.came_to(invoice, state)
    engine = engine_of()
    let_go(engine)
    ended = state in ("paid", "failed")
    assert agency.value("select state from method") == ("detached" if ended else "usable")
    assert let_go(engine) == 0
    assert agency.value("select count(*) from journal_entry where action = 'method let go'") == int(ended)
    engine.db.close()  # type: ignore[attr-defined]


def test_V7_a_card_that_was_typed_and_never_paid_goes_within_the_hour(agency: House, james: int) -> None:
    card = agency.card(james, default=False)
    agency.run("update method set once = true where id = %(m)s", m=card)
    for moved, state in ((timedelta(minutes=59), "usable"), (timedelta(minutes=61), "detached")):
        engine = engine_of(moved)
        let_go(engine)
        assert agency.value("select state from method") == state
        engine.db.close()  # type: ignore[attr-defined]


def test_V7_the_database_refuses_a_card_used_once_as_the_default(agency: House, james: int) -> None:
    card = agency.card(james)
    with pytest.raises(Exception, match="method_once_is_no_default"):
        agency.run("update method set once = true where id = %(m)s", m=card)


def test_V7_without_the_human_check_no_card_is_tried(agency: House, james: int) -> None:
    client, address = portal(agency, james), address_of(agency, agency.visit(james)) + "/pay"
    sent = hidden(client.get(address).content.decode()) | {"kind": "card", "holder": "James Lee", "token": "pm_1234"}
    answer = client.post(address, sent)
    assert answer.status_code == 422
    assert "Please check the box “I'm not a robot”" in text(answer.content)
    assert agency.rows("select 1 from method") == []


def test_V7_G3_cards_are_not_tried_out_on_this_page(agency: House, james: int) -> None:
    """The account side's limits hold here too: after three refused ones nothing is written down any more."""
    client, address = portal(agency, james), address_of(agency, agency.visit(james)) + "/pay"
    for nth in range(3):
        agency.run(
            """insert into method (biller_id, payer_id, state, kind, token, network, refused_reason)
               values (%(b)s, %(p)s, 'refused', 'card', %(t)s, '10.0.0.1', 'declined')""",
            b=agency.id,
            p=james,
            t=f"pm_refused_{nth}",
        )
    sent = hidden(client.get(address).content.decode()) | {"kind": "card", "holder": "James Lee", "token": "pm_1234"}
    answer = client.post(address, sent | {"human": solved()})
    assert "Please try again later, or call us." in text(answer.content)
    assert agency.value("select count(*) from method") == 3


def test_V7_a_patient_cannot_pay_what_is_not_theirs(agency: House, james: int) -> None:
    address = address_of(agency, agency.visit(james))
    client: Client = portal(agency, agency.payer("Maria Alvarez"))
    for page in (f"{address}/", f"{address}/pay", f"{address}/payment"):
        assert client.get(page).status_code == 404
        assert client.post(page, {}).status_code == 404
