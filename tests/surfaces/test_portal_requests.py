"""Ask the office (V13): it lands on the office's list, and changes nothing by itself."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from autopay import words
from autopay.agreements.models import Switch
from autopay.parties.answer import answer
from autopay.parties.ask import MOST_OPEN, open_requests
from autopay.parties.models import Role
from autopay.refusal import Refusal
from autopay.tenancy import WebDatabase
from tests.surfaces.house import House, text
from tests.surfaces.portal import family, portal, read
from tests.surfaces.test_looks import log_in

REQUESTS = "/portal/requests/"


def stands(agency: House) -> list[dict[str, object]]:
    """All that a request could wrongly change."""
    return [
        *agency.rows("select payer_id, switch, version from agreement order by payer_id"),
        *agency.rows("select id, state, is_default from method order by id"),
        *agency.rows('select biller_id, "on" from company_switch order by biller_id'),
        *agency.rows("select id, state from charge order by id"),
    ]


def test_V13_a_request_is_sent_in_the_browser_stands_on_its_page_and_changes_nothing(
    site: str, agency: House, page: Page
) -> None:
    maria = agency.payer("Maria Alvarez", Switch.ON)
    agency.card(maria)
    before = stands(agency)
    agency.login("maria@patients.test", Role.PATIENT, payer_id=maria)
    log_in(page, site, "maria@patients.test")
    page.get_by_role("link", name="Ask the office").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Requests")
    page.get_by_text("Use another card").click()
    page.get_by_label("Your note (optional)").fill("My new card comes on Friday.")
    page.get_by_role("button", name="Send to the office").click()
    expect(page.locator(".flash")).to_contain_text("The office got your request. Nothing has changed yet.")
    row = page.get_by_role("region", name="Your requests").get_by_role("row").nth(1)
    expect(row).to_contain_text("Use another card")
    expect(row).to_contain_text("My new card comes on Friday.")
    expect(row).to_contain_text("Open")
    assert stands(agency) == before
    with WebDatabase().transaction(agency.id) as tx:
        [asked] = open_requests(tx)
    assert (asked.payer, asked.name, asked.kind, asked.note) == (maria, "Maria Alvarez", "card", "My new card comes on Friday.")
    staff = agency.login("office@sunrise.test", Role.OWNER).session["_auth_user_id"]
    answer(WebDatabase(), agency.id, asked.id, int(staff), agency.by())
    page.reload()
    expect(row).to_contain_text(f"Answered {words.day(agency.today)}")
    with WebDatabase().transaction(agency.id) as tx:
        assert open_requests(tx) == []
    with pytest.raises(Refusal, match="Somebody answered this request before"):
        answer(WebDatabase(), agency.id, asked.id, int(staff), agency.by())


@pytest.mark.parametrize("kind", ["on", "off", "card"])
def test_V13_the_same_open_request_twice_is_one_and_changes_nothing(agency: House, kind: str) -> None:
    maria = agency.payer("Maria Alvarez", Switch.ON)
    client, before = portal(agency, maria), stands(agency)
    assert "The office got your request." in text(
        client.post(REQUESTS, {"kind": kind, "note": " soon  please"}, follow=True).content
    )
    again = client.post(REQUESTS, {"kind": kind, "note": "soon please"}, follow=True)
    assert "The office has this request already. Nothing has changed yet." in text(again.content)
    assert agency.rows("select kind, note from request") == [{"kind": kind, "note": "soon please"}]
    assert agency.value("select count(*) from journal_entry where action = 'request made'") == 1
    assert "soon" not in str(agency.rows("select data from journal_entry where action = 'request made'"))
    assert stands(agency) == before


def test_V13_a_long_note_a_missing_choice_and_too_many_are_answered_in_words_and_nothing_typed_is_lost(agency: House) -> None:
    client = portal(agency, agency.payer("Maria Alvarez"))
    long = client.post(REQUESTS, {"kind": "on", "note": "x" * 501})
    assert long.status_code == 422
    assert "Please write at most 500 characters." in text(long.content)
    assert "x" * 501 in long.content.decode()
    assert "Please choose what the office should do." in text(client.post(REQUESTS, {"note": "hello"}).content)
    for nth in range(MOST_OPEN):
        client.post(REQUESTS, {"kind": "on", "note": f"note {nth}"})
    more = client.post(REQUESTS, {"kind": "off", "note": "one more"})
    assert "The office has not answered your other requests yet." in text(more.content)
    assert "one more" in more.content.decode()
    assert agency.value("select count(*) from request") == MOST_OPEN


def test_V13_P2_a_card_number_in_the_note_is_refused_and_kept_nowhere(agency: House) -> None:
    client = portal(agency, agency.payer("Maria Alvarez"))
    refused = client.post(REQUESTS, {"kind": "card", "note": "it is 4242 4242 4242 4242"})
    assert refused.status_code >= 400
    assert agency.rows("select 1 from request") == []


def test_V13_V12_a_contact_asks_for_one_of_their_patients_and_for_nobody_else(agency: House) -> None:
    maria, ruth, james = (agency.payer(name) for name in ("Maria Alvarez", "Ruth Cohen", "James Lee"))
    dana = family(agency, (maria, False), (ruth, False))
    assert "James" not in read(dana, REQUESTS)
    dana.post(REQUESTS, {"kind": "off", "patient": agency.uid("payer", ruth)})
    assert dana.post(REQUESTS, {"kind": "off", "patient": agency.uid("payer", james)}).status_code == 422
    assert agency.rows("select payer_id from request") == [{"payer_id": ruth}]
    assert "Turn Auto-Pay off Ruth Cohen" in read(dana, REQUESTS)
    assert "Turn Auto-Pay off" in read(portal(agency, ruth), REQUESTS).split("Your requests", 1)[1]
    assert "No requests yet" in read(portal(agency, maria), REQUESTS)


def test_V13_I17_what_was_asked_cannot_be_changed_afterwards(agency: House) -> None:
    client = portal(agency, agency.payer("Maria Alvarez"))
    client.post(REQUESTS, {"kind": "on", "note": "please"})
    with pytest.raises(Exception, match="permission denied"), WebDatabase().transaction(agency.id) as tx:
        tx.run("update request set note = 'something else'")
