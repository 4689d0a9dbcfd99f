"""The office sees how each patient stands and why, and does what its role allows: nothing else, and nothing twice."""

from __future__ import annotations

import re

import pytest
from django.test import Client

from autopay.agreements.models import Switch
from autopay.parties.models import Role
from tests.surfaces.house import House, text


@pytest.fixture
def office(agency: House) -> Client:
    return agency.login("office@sunrise.test", Role.OWNER)


def read(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return text(answer.content)


def of(agency: House, payer: int) -> str:
    return f"/office/patients/{agency.uid('payer', payer)}/"


def test_V20_methods_are_listed_and_another_one_becomes_the_default(agency: House, office: Client) -> None:
    omar = agency.payer("Omar Haddad", Switch.ON)
    agency.card(omar)
    second = agency.card(omar, "4444", "mastercard", default=False)
    assert "Mastercard ending in 4444 Expires 04/40 Auto-Pay never charges it." in read(office, of(agency, omar))
    answer = office.post(f"/office/methods/{agency.uid('method', second)}/default", follow=True)
    assert "Mastercard ending in 4444 is now the default. No old invoice was charged." in text(answer.content)
    assert agency.value("select id from method where is_default") == second
    assert agency.rows("select 1 from charge") == []


def test_V20_removing_the_default_says_what_stops_and_leaves_none(agency: House, office: Client) -> None:
    omar = agency.payer("Omar Haddad", Switch.ON)
    default = agency.card(omar)
    agency.card(omar, "4444", "mastercard", default=False)
    address = f"/office/methods/{agency.uid('method', default)}/remove"
    assert "Auto-Pay cannot charge until you set one." in read(office, address)
    assert agency.value("select count(*) from method where state = 'usable'") == 2
    office.post(address)
    assert agency.rows("select id from method where is_default") == []
    assert "Auto-Pay is on, but cannot charge: no default card." in read(office, of(agency, omar))


def test_V21_the_preference_says_what_it_comes_to_and_why(agency: House, office: Client) -> None:
    maria = agency.payer("Maria Alvarez")
    page = read(office, of(agency, maria))
    assert "Auto-Pay is off: the company switch is off and this patient follows it." in page
    assert "This patient Follow company" in page
    agency.card(maria)
    office.post(of(agency, maria) + "auto-bill", {"to": "on"})
    page = read(office, of(agency, maria))
    assert "This patient On" in page
    assert "Whole company Off Does not count here" in page


@pytest.mark.parametrize(("wanted", "kept"), [("on", "on"), ("off", "off"), ("follow", "follow"), ("maybe", "follow")])
def test_V21_on_off_or_follow_and_nothing_else(agency: House, office: Client, wanted: str, kept: str) -> None:
    maria = agency.payer("Maria Alvarez")
    agency.card(maria)
    office.post(of(agency, maria) + "auto-bill", {"to": wanted})
    assert agency.value("select switch from agreement where payer_id = %(p)s", p=maria) == kept


def test_V22_the_company_switch_turns_on_everyone_who_follows_it(agency: House, office: Client) -> None:
    maria = agency.payer("Maria Alvarez")
    agency.card(maria)
    _turn(office, "on")
    assert "Auto-Pay is on and will charge Visa ending in 4242." in read(office, of(agency, maria))


def test_V23_a_patients_own_off_stands_above_the_company(agency: House, office: Client) -> None:
    james = agency.payer("James Lee", Switch.OFF)
    agency.card(james)
    _turn(office, "on")
    assert "Auto-Pay is off: this patient's own setting." in read(office, of(agency, james))


def test_V25_a_company_wide_change_is_looked_at_before_it_is_made(agency: House, office: Client) -> None:
    agency.card(agency.payer("Maria Alvarez"))
    agency.payer("Ruth Cohen")
    agency.visit(agency.payer("James Lee", Switch.OFF), 14400)
    page = read(office, "/office/settings/auto-bill?to=on")
    assert "2 patients turn on" in page
    assert "1 stays off: own setting" in page
    assert "1 turn on but cannot be charged: no default card" in page
    assert "1 open invoice, $144.00, stays as it is" in page
    assert agency.value('select "on" from company_switch') is False


def test_V25_when_the_numbers_changed_meanwhile_nothing_is_switched(agency: House, office: Client) -> None:
    agency.payer("Maria Alvarez")
    seen = _seen(office, "on")
    agency.payer("Ruth Cohen")
    answer = office.post("/office/settings/auto-bill", {"to": "on", "seen": seen})
    assert "The numbers changed. Please look again." in text(answer.content)
    assert agency.value('select "on" from company_switch') is False


def test_V27_who_changed_which_switch_is_shown(agency: House, office: Client) -> None:
    maria = agency.payer("Maria Alvarez", Switch.ON)
    office.post(of(agency, maria) + "auto-bill", {"to": "off"})
    assert "Office: set Auto-bill visits to Off. Before: On." in read(office, of(agency, maria) + "changes/")


@pytest.mark.parametrize(
    ("role", "may"),
    [(Role.OWNER, True), (Role.BILLING_MANAGER, True), (Role.FRONT_DESK, False), (Role.AUDITOR, False)],
)
def test_V29_the_permission_table_decides_who_may_switch(agency: House, role: Role, may: bool) -> None:
    maria = agency.payer("Maria Alvarez")
    agency.card(maria)
    client = agency.login("somebody@sunrise.test", role)
    answer = client.post(of(agency, maria) + "auto-bill", {"to": "on"})
    assert answer.status_code == (302 if may else 403)
    assert agency.value("select switch from agreement where payer_id = %(p)s", p=maria) == ("on" if may else "follow")
    assert ('role="switch"' in client.get(of(agency, maria)).content.decode()) is may


def test_V29_a_role_that_may_not_is_told_so_in_words(agency: House) -> None:
    maria = agency.payer("Maria Alvarez")
    client = agency.login("somebody@sunrise.test", Role.AUDITOR)
    answer = client.get(of(agency, maria) + "visits/new")
    assert answer.status_code == 403
    assert "You may not do that." in text(answer.content)


def test_V30_completing_and_invoicing_plans_the_charge_at_once(agency: House, office: Client) -> None:
    maria = agency.payer("Maria Alvarez", Switch.ON)
    agency.card(maria)
    address = of(agency, maria) + "visits/new"
    form = {"on": agency.today.isoformat(), "amount": "96.00", "token": _token(office, address), "then": "look"}
    looked = office.post(address, form)
    assert "This invoices $96.00 and charges Visa ending in 4242 at once." in text(looked.content)
    assert agency.rows("select 1 from visit") == []
    form["then"] = "invoice"
    answer = office.post(address, form, follow=True)
    assert "A payment of $96.00 is being taken" in text(answer.content)
    office.post(address, form)
    assert agency.rows("select total from invoice") == [{"total": 9600}]
    assert agency.rows("select state, trigger from charge") == [{"state": "due", "trigger": "on_invoice"}]


def test_V34_with_auto_pay_off_the_invoice_stays_open(agency: House, office: Client) -> None:
    james = agency.payer("James Lee", Switch.OFF)
    address = of(agency, james) + "visits/new"
    form = {"on": agency.today.isoformat(), "amount": "96.00", "token": "t", "then": "look"}
    assert "This invoices $96.00. Auto-Pay is off: the invoice stays open." in text(office.post(address, form).content)
    form["then"] = "invoice"
    page = text(office.post(address, form, follow=True).content)
    assert "$96.00 is open" in page
    assert "Auto-Pay is off for this patient, so the invoice waits for Pay Now." in page
    assert agency.rows("select 1 from charge") == []


def test_a_visit_can_be_completed_without_an_invoice(agency: House, office: Client) -> None:
    maria = agency.payer("Maria Alvarez", Switch.ON)
    form = {"on": agency.today.isoformat(), "amount": "96.00", "token": "t", "then": "complete"}
    office.post(of(agency, maria) + "visits/new", form)
    assert agency.rows("select minor from visit") == [{"minor": 9600}]
    assert agency.rows("select 1 from invoice") == []


@pytest.mark.parametrize(
    ("on", "amount", "said"),
    [
        ("", "96.00", "Please give the date of the visit."),
        ("2999-01-01", "96.00", "A visit in the future cannot be completed yet."),
        ("2026-01-05", "ninety", "Please give an amount, like 96.00."),
        ("2026-01-05", "0", "The amount must be above zero."),
    ],
)
def test_what_was_typed_wrong_is_said_and_what_was_typed_stays(
    agency: House, office: Client, on: str, amount: str, said: str
) -> None:
    maria = agency.payer("Maria Alvarez", Switch.ON)
    answer = office.post(of(agency, maria) + "visits/new", {"on": on, "amount": amount, "token": "kept", "then": "invoice"})
    page = answer.content.decode()
    assert "1 thing to fix. Nothing was saved or charged." in text(answer.content)
    assert said in text(answer.content)
    assert f'value="{amount}"' in page
    assert 'value="kept"' in page
    assert agency.rows("select 1 from visit") == []


def test_V36_void_is_refused_with_the_reason_while_a_payment_is_on_its_way(agency: House, office: Client) -> None:
    maria = agency.payer("Maria Alvarez", Switch.ON)
    agency.card(maria)
    invoice = agency.visit(maria)
    agency.came_to(invoice, "sending")
    answer = office.post(f"/office/invoices/{agency.uid('invoice', invoice)}/void", follow=True)
    assert "is on its way. Wait until it has ended, then look again." in text(answer.content)
    assert agency.value("select voided_at from invoice") is None


def test_V36_a_void_withdraws_a_due_charge_and_shows_as_void(agency: House, office: Client) -> None:
    maria = agency.payer("Maria Alvarez", Switch.ON)
    agency.card(maria)
    invoice = agency.visit(maria)
    answer = office.post(f"/office/invoices/{agency.uid('invoice', invoice)}/void", follow=True)
    assert "The office took this bill back" in text(answer.content)
    assert agency.rows("select state from charge") == [{"state": "withdrawn"}]


def test_V37_a_refund_is_asked_for_once_and_its_state_shown(agency: House, office: Client) -> None:
    maria = agency.payer("Maria Alvarez", Switch.ON)
    agency.card(maria)
    invoice = agency.visit(maria)
    agency.came_to(invoice, "paid")
    address = f"/office/invoices/{agency.uid('invoice', invoice)}/"
    assert "You can refund up to $85.00." in read(office, address)
    form = {"amount": "20.00", "seen": "8500", "note": "shorter visit"}
    assert "We are sending $20.00 back" in text(office.post(address + "refund", form, follow=True).content)
    again = office.post(address + "refund", form, follow=True)
    assert "Things changed since you opened this page. Nothing was sent." in text(again.content)
    assert agency.rows("select minor, state from refund") == [{"minor": 2000, "state": "due"}]


def test_V38_a_payment_made_elsewhere_is_recorded_once_and_withdraws_the_charge(agency: House, office: Client) -> None:
    maria = agency.payer("Maria Alvarez", Switch.ON)
    agency.card(maria)
    invoice = agency.visit(maria)
    address = f"/office/invoices/{agency.uid('invoice', invoice)}/record"
    form = {"amount": "85.00", "how": "check", "on": agency.today.isoformat(), "token": "once"}
    page = text(office.post(address, form, follow=True).content)
    assert "The payment of $85.00 was recorded." in page
    assert "It was paid another way: the office recorded the payment." in page
    office.post(address, form)
    assert agency.rows("select minor from elsewhere") == [{"minor": 8500}]
    assert agency.rows("select state from charge") == [{"state": "withdrawn"}]


def test_patients_are_found_by_name_without_accents_and_by_how_they_stand(agency: House, office: Client) -> None:
    agency.card(agency.payer("Zoë Ångström", Switch.ON))
    agency.payer("Ruth Cohen", Switch.ON)
    james = agency.payer("James Lee", Switch.OFF)
    agency.visit(james)
    assert _names(office, "?q=angstrom") == ["Zoë Ångström"]
    assert _names(office, "?q=%25") == []
    assert _names(office, "?autopay=stuck") == ["Ruth Cohen"]
    assert _names(office, "?autopay=off") == ["James Lee"]
    assert _names(office, "?balance=open") == ["James Lee"]
    assert "No patient matches. Clear filters" in read(office, "/office/patients/?q=nobody")


def test_a_failed_invoice_is_found_by_its_filter_until_it_is_paid(agency: House, office: Client) -> None:
    omar = agency.payer("Omar Haddad", Switch.ON)
    card = agency.card(omar)
    invoice = agency.visit(omar)
    agency.came_to(invoice, "failed", "declined")
    assert _names(office, "?balance=failed") == ["Omar Haddad"]
    patient = agency.login("omar@patients.test", Role.PATIENT, payer_id=omar)
    wish = {"amount": "85.00", "method": agency.uid("method", card)}
    patient.post(f"/portal/invoices/{agency.uid('invoice', invoice)}/pay", wish)
    agency.came_to(invoice, "paid")
    assert _names(office, "?balance=failed") == []


def _names(office: Client, query: str) -> list[str]:
    page = office.get(f"/office/patients/{query}").content.decode()
    return re.findall(r'<a href="/office/patients/[0-9a-f-]{36}/">(.*?)</a>', page)


def _token(office: Client, address: str) -> str:
    found = re.search(r'name="token" value="(\w+)"', office.get(address).content.decode())
    assert found
    return found.group(1)


def _seen(office: Client, to: str) -> str:
    found = re.search(r'name="seen" value="([\d-]+)"', office.get(f"/office/settings/auto-bill?to={to}").content.decode())
    assert found
    return found.group(1)


def _turn(office: Client, to: str) -> None:
    office.post("/office/settings/auto-bill", {"to": to, "seen": _seen(office, to)})
