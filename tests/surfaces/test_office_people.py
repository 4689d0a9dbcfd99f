"""Start (V29): a new agency, its staff, patients and contacts, and the one permission table."""

from __future__ import annotations

import re

import pytest
from django.core import mail
from django.test import Client
from playwright.sync_api import Browser, Page, expect
from typer.testing import CliRunner

from autopay.clock import Clock
from autopay.conf import conf
from autopay.database import PooledDatabase
from autopay.journal.seal import seal
from autopay.notices.deliver import deliver, send_by_django
from autopay.notices.write import write_notices
from autopay.parties.models import Role, User
from autopay.parties.permissions import ALLOWED, Act
from tests.surfaces.house import House, text
from tests.surfaces.test_looks import VIEWS, log_in, look
from tests.surfaces.test_office import of, read

SITE = "https://pay.test"
PEOPLE = "/office/settings/people/"


@pytest.fixture(autouse=True)
def _empty_outbox() -> None:
    mail.outbox = []


@pytest.fixture
def office(agency: House) -> Client:
    return agency.login("office@sunrise.test", Role.OWNER)


def mailed(agency: House, engine_db: PooledDatabase) -> list[str]:
    """What a worker does; the links that were mailed, in order."""
    seal(engine_db, agency.id)
    write_notices(engine_db, SITE)
    deliver(engine_db, Clock(), send_by_django)
    found = [re.search(rf"{SITE}(/invitation/{agency.id}/\S+)", str(each.body)) for each in mail.outbox]
    return [each.group(1) for each in found if each]


def test_V29_a_new_agency_begins_with_its_owner_and_the_owner_invites_the_others(
    site: str, page: Page, agency: House, engine_db: PooledDatabase, browser: Browser
) -> None:
    """By the command that `autopay biller create` ends with, then only through pages."""
    with agency.owner.transaction() as tx:
        from autopay.parties.create import invite

        token = invite(tx, agency.id, "grace@sunrise.test", Role.OWNER, agency.now)
    page.goto(f"{site}/invitation/{agency.id}/{token}")
    expect(page.locator("h1")).to_have_text("Sunrise Home Care invites you")
    for label, value in (("First name", "Grace"), ("Last name", "Kim"), ("Password", "correct horse battery")):
        page.get_by_label(label).fill(value)
    page.get_by_role("button", name="Begin").click()
    expect(page.locator("h1")).to_have_text("Dashboard")
    for email, role in (
        ("may@sunrise.test", "Billing manager"),
        ("finn@sunrise.test", "Front desk"),
        ("ada@sunrise.test", "Auditor"),
    ):
        page.goto(f"{site}{PEOPLE}invite")
        page.get_by_label("Email").fill(email)
        page.get_by_label("Role").select_option(label=role)
        page.get_by_role("button", name="Send the invitation").click()
        expect(page.locator(".flash")).to_contain_text(f"We are sending an invitation to {email}.")
    assert len(mailed(agency, engine_db)) == 3
    other = browser.new_context()
    tab = other.new_page()
    tab.goto(site + mailed(agency, engine_db)[1])
    expect(tab.locator("main")).to_contain_text("as Front desk")
    for label, value in (("First name", "Finn"), ("Last name", "Roe"), ("Password", "correct horse battery")):
        tab.get_by_label(label).fill(value)
    tab.get_by_role("button", name="Begin").click()
    expect(tab.locator("h1")).to_have_text("Dashboard")
    other.close()
    roles = agency.rows("select u.email, m.role from membership m join app_user u on u.id = m.user_id order by m.id")
    assert roles == [{"email": "grace@sunrise.test", "role": "owner"}, {"email": "finn@sunrise.test", "role": "front_desk"}]


def test_V29_a_patient_is_added_by_hand_and_their_contact_pays_for_them(
    site: str, page: Page, agency: House, engine_db: PooledDatabase
) -> None:
    agency.login("office@sunrise.test", Role.OWNER)
    log_in(page, site, "office@sunrise.test")
    page.get_by_role("link", name="Patients").first.click()
    page.get_by_role("link", name="Add patient").click()
    page.get_by_label("Name *").fill("Ruth  Cohen")
    page.get_by_label("Patient number *").fill("P-1")
    page.get_by_role("button", name="Add patient").click()
    expect(page.locator("h1")).to_have_text("Ruth Cohen")
    expect(page.locator(".flash")).to_contain_text("Ruth Cohen was added and follows the company setting. Nothing was charged.")
    page.get_by_role("link", name="Add a billing contact").click()
    page.get_by_label("Name *").fill("Dana Cohen")
    page.get_by_label("Email *").fill("Dana@family.test")
    page.get_by_role("button", name="Add a billing contact").click()
    expect(page.locator("h1")).to_have_text("Invite somebody")
    expect(page.get_by_label("Email")).to_have_value("Dana@family.test")
    page.get_by_role("button", name="Send the invitation").click()
    (link,) = mailed(agency, engine_db)
    dana = Client()
    dana.post(link, {"first_name": "Dana", "last_name": "Cohen", "password": "correct horse battery"})
    ruth = agency.value("select id from payer where external_id = 'P-1'")
    agency.visit(ruth, 7200)
    assert "$72.00" in read(dana, "/portal/billing/")
    page.goto(f"{site}{of(agency, ruth)}overview/")
    expect(page.locator("main")).to_contain_text("Dates and amounts")
    page.get_by_role("button", name="Show lines").click()
    expect(page.locator("main")).to_contain_text("Dates, amounts and what each visit was")
    assert agency.value("select sees_lines from contact_patient")
    page.get_by_role("button", name="Remove").click()
    expect(page.locator(".flash")).to_contain_text("With their next click they see nothing of this patient any more.")
    assert "$72.00" not in text(dana.get("/portal/billing/").content)


def test_V29_one_contact_pays_for_several_and_is_one_person(agency: House, office: Client) -> None:
    for name in ("Maria Alvarez", "Ruth Cohen"):
        office.post(of(agency, agency.payer(name)) + "contacts", {"name": "Dana Cohen", "email": "dana@family.test"})
    assert agency.value("select count(*) from billing_contact") == 1
    assert agency.value("select count(*) from contact_patient where not sees_lines") == 2
    ruth = agency.value("select id from payer where name = 'Ruth Cohen'")
    again = office.post(of(agency, ruth) + "contacts", {"name": "Dana Cohen", "email": "dana@family.test"})
    assert again.status_code == 422
    assert "This person is a billing contact of this patient already." in text(again.content)


def test_V29_a_number_that_is_taken_is_said_beside_it_and_what_was_typed_stays(agency: House, office: Client) -> None:
    form = {"name": "Ruth Cohen", "number": "P-1", "email": "ruth@patients.test"}
    assert office.post("/office/patients/new", form).status_code == 302
    answer = office.post("/office/patients/new", form | {"name": "Another"})
    assert "Another patient has this number." in text(answer.content)
    assert 'value="Another"' in answer.content.decode()
    assert agency.value("select count(*) from payer") == 1


def test_V29_a_patient_is_invited_by_number_and_sees_their_own_only(
    agency: House, office: Client, engine_db: PooledDatabase
) -> None:
    agency.visit(agency.payer("Maria Alvarez"), 8500)
    office.post(PEOPLE + "invite", {"email": "maria@patients.test", "role": "patient", "account": "Maria Alvarez"})
    (link,) = mailed(agency, engine_db)
    maria = Client()
    maria.post(link, {"first_name": "Maria", "last_name": "Alvarez", "password": "correct horse battery"})
    assert "$85.00" in read(maria, "/portal/billing/")
    assert maria.get("/office/patients/").status_code == 404


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"role": "patient", "account": "nobody"}, "We know no patient with this number."),
        ({"role": "patient"}, "We know no patient with this number."),
        ({"role": "owner", "account": "Maria Alvarez"}, "Staff is not invited to a patient."),
        ({"role": "billing_contact"}, "Billing contacts are invited on the Overview of a patient they pay for."),
        ({"role": "account_owner", "account": "Maria Alvarez"}, "Please choose one of these."),
    ],
)
def test_V29_who_does_not_fit_is_not_invited(agency: House, office: Client, typed: dict[str, str], said: str) -> None:
    agency.payer("Maria Alvarez")
    answer = office.post(PEOPLE + "invite", {"email": "x@x.test"} | typed)
    assert answer.status_code == 422
    assert said in text(answer.content)
    assert agency.rows("select 1 from invitation") == []


def test_V29_the_permission_table_is_shown_as_it_is_asked(agency: House) -> None:
    auditor = agency.login("auditor@sunrise.test", Role.AUDITOR)
    page = auditor.get("/office/settings/permissions/").content.decode()
    heads = [text(each.encode()).strip() for each in re.findall(r'<th scope="col">(.*?)</th>', page)][1:]
    roles = {role.label: role for role in Role}
    for act in Act:
        row = re.search(rf'<th scope="row">{act.value.capitalize()}</th>(.*?)</tr>', page, re.S)
        shown = [] if row is None else ["Yes" in each for each in re.findall(r"<td>(.*?)</td>", row.group(1), re.S)]
        assert shown in ([act in ALLOWED[roles[head]] for head in heads], []), act
        assert row is not None or not any(act in ALLOWED[roles[head]] for head in heads)


FORBIDDEN = {
    Role.FRONT_DESK: {"switch", "company", "staff", "void", "refund"},
    Role.BILLING_MANAGER: {"company", "staff"},
    Role.AUDITOR: {"switch", "company", "staff", "void", "refund", "patient", "link", "visit", "record"},
}


@pytest.mark.parametrize("role", FORBIDDEN)
def test_V29_each_role_does_what_the_table_says_and_no_more(agency: House, role: Role) -> None:
    maria = agency.payer("Maria Alvarez")
    agency.card(maria)
    invoice = f"/office/invoices/{agency.uid('invoice', agency.visit(maria))}/"
    posts = {
        "switch": of(agency, maria) + "auto-bill",
        "company": "/office/settings/auto-bill",
        "staff": PEOPLE + "invite",
        "void": invoice + "void",
        "refund": invoice + "refund",
        "patient": "/office/patients/new",
        "link": of(agency, maria) + "methods/link",
        "visit": of(agency, maria) + "visits/new",
        "record": invoice + "record",
    }
    client = agency.login("somebody@sunrise.test", role)
    refused = {name for name, address in posts.items() if client.post(address, {"to": "on", "then": "show"}).status_code == 403}
    assert refused == FORBIDDEN[role]


def test_V29_the_command_that_creates_an_agency_leads_to_its_owner_s_invitation(
    agency: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    from autopay.cli import biller

    monkeypatch.setattr(biller, "start", lambda: None)
    answer = CliRunner().invoke(
        biller.app,
        [
            "create",
            "--name",
            "Harbor Home Care",
            "--short-name",
            "Harbor",
            "--zone",
            "America/New_York",
            "--owner",
            "ann@harbor.test",
        ],
    )
    assert answer.exit_code == 0, answer.output
    found = re.search(rf"{re.escape(conf().site_url)}(/invitation/(\d+)/\S+)", answer.output.replace("\n", ""))
    assert found
    person = Client()
    person.post(found.group(1), {"first_name": "Ann", "last_name": "Lee", "password": "correct horse battery"})
    assert User.objects.get(email="ann@harbor.test").memberships.get().role == "owner"
    assert "No patients yet." in read(person, "/office/patients/")


@pytest.mark.parametrize(("width", "scheme"), VIEWS)
def test_V29_the_pages_of_people_and_settings_are_accessible_and_fit(
    site: str, browser: Browser, agency: House, office: Client, width: int, scheme: str
) -> None:
    maria = agency.payer("Maria Alvarez")
    agency.login("maria@patients.test", Role.PATIENT, payer_id=maria)
    office.post(of(agency, maria) + "contacts", {"name": "Dana Cohen", "email": "dana@family.test"})
    office.post(PEOPLE + "invite", {"email": "ada@sunrise.test", "role": "auditor"})
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)  # type: ignore[arg-type]
    page = context.new_page()
    log_in(page, site, "office@sunrise.test")
    wrong = []
    for address in (
        "/office/patients/new",
        of(agency, maria) + "overview/",
        of(agency, maria) + "contacts",
        of(agency, maria) + "visits/",
        of(agency, maria) + "requests/",
        "/office/settings/",
        "/office/settings/contact/",
        PEOPLE,
        PEOPLE + "invite",
        "/office/settings/permissions/",
        "/office/settings/books/",
        "/office/settings/processor/",
        "/office/settings/processor/keys",
        "/office/settings/processor/connection",
    ):
        tab = context.new_page()
        wrong += look(tab, site + address, width)
        tab.close()
    context.close()
    assert wrong == []
