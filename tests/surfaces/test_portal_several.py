"""Several bills at once (V12): bills over several patients are chosen; each patient is charged once, by their own method."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from playwright.sync_api import Page, expect

from autopay.agreements.models import Switch
from tests.surfaces.house import House, text
from tests.surfaces.portal import BILLING, family, hidden, portal, read, work
from tests.surfaces.test_enroll import SLOW, be_human, type_card
from tests.surfaces.test_looks import log_in

SEVERAL, REVIEW = "/portal/pay/", "/portal/pay/review"
Family = dict[str, int]


@pytest.fixture
def two(agency: House) -> Family:
    """Maria with two bills and a Visa, Ruth with one bill and a Mastercard."""
    maria, ruth = agency.payer("Maria Alvarez", Switch.OFF), agency.payer("Ruth Cohen", Switch.OFF)
    return {
        "maria": maria,
        "ruth": ruth,
        "visa": agency.card(maria),
        "mc": agency.card(ruth, "4444", "mastercard"),
        "one": agency.visit(maria, 8500, 9),
        "two": agency.visit(maria, 9600, 2),
        "three": agency.visit(ruth, 7200, 1),
    }


def asked(agency: House, two: Family, bills: tuple[str, ...] = ("one", "two", "three"), **other: str) -> str:
    maria, ruth = agency.uid("payer", two["maria"]), agency.uid("payer", two["ruth"])
    chosen = {
        f"with-{maria}": other.get("maria", agency.uid("method", two["visa"])),
        f"with-{ruth}": other.get("ruth", agency.uid("method", two["mc"])),
    }
    said = "&".join([*(f"bill={agency.uid('invoice', two[each])}" for each in bills), *(f"{k}={v}" for k, v in chosen.items())])
    return f"{REVIEW}?{said}"


def charges(agency: House) -> list[dict[str, Any]]:
    return agency.rows(
        """select payer_id as payer, asked_minor as minor, chosen_method_id as method,
                  (select array_agg(p.invoice_id order by p.invoice_id) from charge_part p where p.charge_id = c.id) as bills
           from charge c order by payer_id"""
    )


def both(two: Family) -> list[dict[str, Any]]:
    return [
        {"payer": two["maria"], "minor": 18100, "method": two["visa"], "bills": [two["one"], two["two"]]},
        {"payer": two["ruth"], "minor": 7200, "method": two["mc"], "bills": [two["three"]]},
    ]


def test_V12_the_review_names_every_payment_and_a_sum_stands_with_its_parts(agency: House, two: Family) -> None:
    page = read(family(agency, (two["maria"], False), (two["ruth"], False)), asked(agency, two))
    assert "Maria Alvarez Pay $181.00 to Sunrise Home Care with Visa ending in 4242 now." in page
    assert "Ruth Cohen Pay $72.00 to Sunrise Home Care with Mastercard ending in 4444 now." in page
    assert "Maria Alvarez $181.00 Ruth Cohen $72.00 Together $253.00" in page
    assert "Pay $253.00" in page
    assert charges(agency) == []


def test_V12_each_patient_is_charged_once_by_their_own_method_however_often_it_is_sent(agency: House, two: Family) -> None:
    dana = family(agency, (two["maria"], False), (two["ruth"], False))
    address = asked(agency, two)
    sent = hidden(dana.get(address).content.decode())
    first = dana.post(address, sent)
    assert charges(agency) == both(two)
    for again in (dana.post(address, sent), dana.post(address, sent)):
        assert set(again.headers["Location"].split("?")[1].split("&")) == set(first.headers["Location"].split("?")[1].split("&"))
    assert charges(agency) == both(two)
    page = read(dana, first.headers["Location"])
    assert "Maria Alvarez We are taking your payment of $181.00" in page
    assert "Ruth Cohen We are taking your payment of $72.00" in page


def test_V12_a_crash_between_two_charges_is_made_good_by_sending_again(agency: House, two: Family) -> None:
    dana = family(agency, (two["maria"], False), (two["ruth"], False))
    address = asked(agency, two)
    sent = hidden(dana.get(address).content.decode())
    ruth = agency.uid("payer", two["ruth"])
    dana.post(address, {name: value for name, value in sent.items() if ruth not in name})  # it died after Maria's
    assert charges(agency) == both(two)[:1]
    dana.post(address, sent)
    assert charges(agency) == both(two)


def test_V12_what_changed_for_one_patient_stops_that_payment_only_and_says_so(agency: House, two: Family) -> None:
    dana = family(agency, (two["maria"], False), (two["ruth"], False))
    address = asked(agency, two)
    sent = hidden(dana.get(address).content.decode())
    agency.run("update invoice set elsewhere = 7200 where id = %(i)s", i=two["three"])
    answer = dana.post(address, sent, follow=True)
    assert charges(agency) == both(two)[:1]
    assert "Ruth Cohen: Things changed since you opened this page. Nothing was charged." in text(answer.content)


def test_V12_a_method_or_bill_of_another_is_left_out(agency: House, two: Family) -> None:
    james = agency.payer("James Lee", Switch.OFF)
    his = agency.visit(james)
    dana = family(agency, (two["maria"], False), (two["ruth"], False))
    wrong = asked(agency, two, ("three",), ruth=agency.uid("method", two["visa"]))
    answer = dana.get(wrong, follow=True)
    assert "Please choose what pays for Ruth Cohen." in text(answer.content)
    page = read(dana, asked(agency, two, ("three",)) + f"&bill={agency.uid('invoice', his)}")
    assert "James" not in page
    assert "Pay $72.00" in page
    assert dana.get(f"/portal/pay/card?for={agency.uid('payer', james)}").status_code == 404
    charge = agency.value(
        """insert into charge (biller_id, payer_id, trigger, debt, currency) values (%(b)s, %(p)s, 'pay_now', 'x', 'USD')
           returning uid::text""",
        b=agency.id,
        p=james,
    )
    assert dana.get(f"/portal/payments/?payment={charge}").status_code == 404
    assert dana.get("/portal/payments/?payment=nonsense").status_code == 404


def test_V12_V32_a_payment_that_failed_says_that_nobody_tries_again(agency: House, two: Family) -> None:
    dana = family(agency, (two["maria"], False), (two["ruth"], False))
    address = asked(agency, two, ("three",))
    dana.post(address, hidden(dana.get(address).content.decode()))
    charge = agency.came_to(two["three"], "failed", "declined")
    said = read(dana, f"/portal/payments/?payment={agency.uid('charge', charge)}")
    assert "The bank said no. Nothing was taken. We will not try again by ourselves." in said
    assert "next charge" not in said


def test_V12_no_bill_chosen_says_so_and_keeps_the_choice(agency: House, two: Family) -> None:
    dana = family(agency, (two["maria"], False), (two["ruth"], False))
    answer = dana.get(f"{REVIEW}?next=1", follow=True)
    assert "Please choose at least one bill." in text(answer.content)
    assert "checked" not in answer.content.decode().split("Pay with")[0].split('name="bill"', 1)[1].split("</fieldset>")[0]


def test_V12_a_patient_pays_their_own_several_bills_at_once(agency: House, two: Family) -> None:
    maria: Client = portal(agency, two["maria"])
    assert "Pay several bills at once" in read(maria)
    assert "Ruth Cohen" not in read(maria, SEVERAL)
    assert "Pay several bills at once" not in read(portal(agency, two["ruth"]))
    assert "There is nothing to pay right now." in text(portal(agency, agency.payer("Nobody")).get(SEVERAL, follow=True).content)


def test_V12_without_a_processor_there_is_nothing_to_pay_here(agency: House, two: Family) -> None:
    agency.run("delete from processor_account")
    dana = family(agency, (two["maria"], False), (two["ruth"], False))
    assert dana.get(SEVERAL).status_code == 302
    assert "/portal/pay/" not in dana.get(BILLING).content.decode()


def test_V12_a_contact_pays_for_two_patients_in_the_browser_one_with_a_card_used_once(
    paying: str, agency: House, page: Page
) -> None:
    """Ruth has no saved card: hers is typed for this payment, and both are followed to their ends."""
    maria, ruth = agency.payer("Maria Alvarez", Switch.OFF), agency.payer("Ruth Cohen", Switch.OFF)
    agency.visit(maria, 8500, 9)
    agency.visit(ruth, 7200, 1)
    family(agency, (maria, False), (ruth, False))
    log_in(page, paying, "dana@family.test")
    expect(page.get_by_role("navigation", name="Patients").get_by_role("link")).to_have_text(
        ["All 2", "Maria Alvarez", "Ruth Cohen"]
    )
    page.get_by_role("link", name="Pay several bills at once").click()
    for nth, name in enumerate(("Maria Alvarez", "Ruth Cohen")):
        page.get_by_role("button", name=f"Use another card once {name}").click()
        expect(page.get_by_text(f"For the bills of {name}. Nothing is charged yet.")).to_be_visible()
        type_card(page, ("4242424242424242", "5555555555554444")[nth])
        be_human(page)
        page.get_by_role("button", name="Use this card").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Pay several bills", timeout=SLOW)
    expect(page.get_by_role("checkbox")).to_have_count(2)
    page.get_by_role("button", name="Review").click()
    expect(page.get_by_role("main")).to_contain_text("Pay $72.00 to Sunrise Home Care with Mastercard ending in 4444 now.")
    page.get_by_role("button", name="Pay $157.00").click()
    expect(page.locator("#payment")).to_contain_text("We are taking your payment of $72.00")
    work()
    expect(page.get_by_role("region", name="Ruth Cohen")).to_contain_text("We charged $72.00 to Mastercard", timeout=SLOW)
    expect(page.get_by_role("region", name="Maria Alvarez")).to_contain_text("We charged $85.00 to Visa", timeout=SLOW)
    assert agency.rows("select captured from invoice order by id") == [{"captured": 8500}, {"captured": 7200}]
    assert [row["state"] for row in agency.rows("select state from method")] == ["detached", "detached"]
