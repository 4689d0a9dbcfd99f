"""The worklist holds what needs a person, each with one next step (V26); the list of invoices finds the rest (V20)."""

from __future__ import annotations

import re

import pytest
from django.test import Client
from playwright.sync_api import Browser, Page, expect

from autopay.agreements.models import Switch
from autopay.parties.ask import Wish, ask
from autopay.parties.models import Request, Role
from autopay.tenancy import WebDatabase
from tests.surfaces.house import House, text
from tests.surfaces.test_looks import VIEWS, log_in, look
from tests.surfaces.test_office import of, read

WORK = "/office/worklist/"


@pytest.fixture
def office(agency: House) -> Client:
    return agency.login("office@sunrise.test", Role.OWNER)


def patient(agency: House, name: str, last4: str = "4242") -> int:
    payer = agency.payer(name, Switch.ON)
    agency.card(payer, last4)
    return payer


def everything(agency: House) -> dict[str, int]:
    """One patient for each kind of work, by the kind."""
    failed, back, lost, differs = (patient(agency, name) for name in ("Fay Failed", "Ben Back", "Uma Unknown", "Dot Differs"))
    agency.came_to(agency.visit(failed, 9600), "failed", "declined")
    bank = agency.payer("Ben Bank", Switch.ON)
    agency.card(bank, "6789", kind="bank")
    agency.came_to(agency.visit(back, 8500), "returned", "insufficient_funds")
    agency.came_to(agency.visit(lost, 7200), "unknown")
    agency.came_to(agency.visit(differs, 5000), "paid")
    agency.run(
        "update invoice set blocked = 'the processor shows a return that our books do not' where payer_id = %(p)s", p=differs
    )
    none = agency.payer("Nora Nocard", Switch.ON)
    agency.visit(none, 6600)
    silent, expires = patient(agency, "Sid Silent"), patient(agency, "Exa Expires")
    agency.run(
        """insert into consent_end (biller_id, consent_id, at, by, why)
           select biller_id, id, now(), 'test', 'revoked' from consent where payer_id = %(p)s""",
        p=silent,
    )
    agency.run(
        "update method set exp_year = %(y)s, exp_month = %(m)s where payer_id = %(p)s",
        y=agency.today.year,
        m=agency.today.month,
        p=expires,
    )
    asks = agency.payer("Ria Request", Switch.OFF)
    agency.login("ria@patients.test", Role.PATIENT, payer_id=asks)
    user = agency.value("select id from app_user where email = 'ria@patients.test'")
    ask(WebDatabase(), agency.id, Wish(asks, Request.Kind.ON, "from June on", user), agency.by())
    return {
        "failed": failed,
        "sent-back": back,
        "unknown": lost,
        "differs": differs,
        "no-card": none,
        "no-consent": silent,
        "expires": expires,
        "requests": asks,
    }


SAID = {
    "failed": ("Fay Failed", "$96.00", "The bank said no to Visa ending in 4242.", "Ask for another card"),
    "sent-back": ("Ben Back", "$85.00", "There was not enough money", "See details"),
    "unknown": ("Uma Unknown", "$72.00", "The payment company did not answer. We are asking it.", "See details"),
    "differs": ("Dot Differs", "$50.00", "The payment company's books and ours differ.", "See details"),
    "no-card": ("Nora Nocard", "$66.00", "Auto-Pay is on, and no card is the default.", "Add a card"),
    "no-consent": ("Sid Silent", "", "We may not charge yet: no consent on record.", "Get the consent"),
    "expires": ("Exa Expires", "", "Visa ending in 4242 expires soon.", "Ask for another card"),
    "requests": ("Ria Request", "", "asks to turn Auto-Pay on “from June on”", "Open Billing"),
}


def test_V26_each_kind_of_work_is_listed_with_its_count_and_its_next_step(agency: House, office: Client) -> None:
    everything(agency)
    for kind, (name, amount, why, step) in SAID.items():
        page = read(office, f"{WORK}?kind={kind}")
        rows = re.findall(r"<tbody.*?</tbody>", office.get(f"{WORK}?kind={kind}").content.decode(), re.S)
        (row,) = [text(each.encode()) for each in rows]
        assert "Failed 1 No card 1 No consent 1 Card expires 1 Sent back 1 Not known 1 Books differ 1 Requests 1" in page
        assert name in row, kind
        assert amount in row
        assert why in row
        assert step in row
        assert len(re.findall(r"<tr\b", rows[0])) == 1, kind


def test_V26_the_sidebar_counts_them_and_each_next_step_is_one_click_away(site: str, page: Page, agency: House) -> None:
    ruth = agency.payer("Ruth Cohen", Switch.ON)
    omar = patient(agency, "Omar Haddad")
    agency.came_to(agency.visit(omar, 9600), "failed", "expired")
    agency.login("office@sunrise.test", Role.OWNER)
    log_in(page, site, "office@sunrise.test")
    expect(page.get_by_role("navigation", name="Office").get_by_role("link", name="Worklist")).to_contain_text("2 to do")
    page.get_by_role("navigation", name="Office").get_by_role("link", name="Worklist").click()
    expect(page.locator("main")).to_contain_text("Visa ending in 4242 has expired.")
    page.get_by_role("link", name="Ask for another card").click()
    expect(page.locator("h1")).to_have_text("Add payment method")
    page.go_back()
    page.get_by_role("navigation", name="Worklist").get_by_role("link", name="No card").click()
    page.get_by_role("link", name="Add a card").click()
    assert f"/office/patients/{agency.uid('payer', ruth)}/#methods" in page.url


def test_V26_a_request_is_marked_done_with_one_click_and_once(site: str, page: Page, agency: House) -> None:
    asks = everything(agency)["requests"]
    agency.login("office@sunrise.test", Role.OWNER)
    log_in(page, site, "office@sunrise.test")
    page.goto(f"{site}{WORK}?kind=requests")
    page.get_by_role("button", name="Done").click()
    expect(page.locator(".flash")).to_contain_text("The request is marked as done.")
    expect(page.locator("main")).to_contain_text("Nothing of this kind.")
    assert agency.value("select switch from agreement where payer_id = %(p)s", p=asks) == "off"
    page.goto(f"{site}{of(agency, asks)}requests/")
    expect(page.locator("main")).to_contain_text("Ria: asks to turn Auto-Pay on")
    client = Client()
    client.force_login(_user("office@sunrise.test"))
    again = client.post(f"/office/requests/{agency.value('select uid from request')}/done", follow=True)
    assert "Somebody answered this request before." in text(again.content)


def _user(email: str) -> object:
    from autopay.parties.models import User

    return User.objects.get(email=email)


def test_V26_a_long_worklist_is_counted_only_as_far_as_it_is_shown_and_all_of_it_is_reached(
    agency: House, office: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = ("Annika", "Boris", "Cyril", "Evelyn", "Joachim")
    for name in names:
        agency.came_to(agency.visit(patient(agency, name)), "failed", "declined")
    for name in ("Di", "Ed", "Flo", "Gus"):
        agency.payer(name, Switch.ON)
    assert "Worklist 9" in read(office, "/office/patients/")
    assert "Failed 5 No card 4 No consent 0" in read(office, WORK)
    monkeypatch.setattr("autopay.surfaces.office.work.TOLD", 3)
    for module in ("office.work", "office.worklist", "shared.pages"):
        monkeypatch.setattr(f"autopay.surfaces.{module}.PAGE", 2)
    assert "Worklist 2+" in read(office, "/office/patients/")
    pages = [read(office, f"{WORK}?kind=failed&page={page}") for page in (1, 2, 3)]
    assert ["Failed 3+ No card 2+ No consent 0" in pages[0], "More than 3 found More" in pages[0]] == [True, True]
    assert ["Failed 5 No card 2+" in pages[1], "5 found Back More" in pages[1]] == [True, True]
    assert ["5 found Back" in pages[2], "More" in pages[2]] == [True, False]
    assert [name for page in pages for name in names if name in page] == list(names)
    agency.run("update invoice set captured = total")
    assert "Failed 0 No card 3+ No consent 0" in read(office, WORK), "it opens on the first kind that holds something"


def test_V26_nothing_to_do_says_so(agency: House, office: Client) -> None:
    patient(agency, "Maria Alvarez")
    assert "Nothing needs you." in read(office, WORK)
    assert "to do" not in read(office, WORK)


def test_V26_what_is_settled_leaves_the_list(agency: House, office: Client) -> None:
    """Paid otherwise, switched off, another card: none of it waits for anybody any more."""
    omar = patient(agency, "Omar Haddad")
    invoice = agency.visit(omar, 9600)
    agency.came_to(invoice, "failed", "declined")
    assert "Failed 1" in read(office, WORK)
    form = {"amount": "96.00", "how": "cash", "on": agency.today.isoformat(), "token": "t"}
    office.post(f"/office/invoices/{agency.uid('invoice', invoice)}/record", form)
    assert "Failed 0" in read(office, WORK)
    ruth = agency.payer("Ruth Cohen", Switch.ON)
    assert "No card 1" in read(office, WORK)
    office.post(of(agency, ruth) + "auto-bill", {"to": "off"})
    assert "Nothing needs you." in read(office, WORK)


def test_V26_who_follows_the_company_is_listed_only_while_it_is_on(agency: House, office: Client) -> None:
    agency.payer("Ruth Cohen")
    assert "No card 0" in read(office, WORK)
    agency.run('update company_switch set "on" = true')
    assert "No card 1" in read(office, WORK)


def test_V26_another_agency_s_work_is_not_ours(agency: House, office: Client) -> None:
    other = House(agency.owner, "agency", "Another", "AN")
    everything(other)
    assert "Nothing needs you." in read(office, WORK)


def test_V26_V29_an_auditor_looks_and_changes_nothing(agency: House) -> None:
    everything(agency)
    auditor = agency.login("auditor@sunrise.test", Role.AUDITOR)
    assert "Ask for another card" not in read(auditor, WORK)
    assert auditor.post(f"/office/requests/{agency.value('select uid from request')}/done").status_code == 403
    assert agency.value("select done_at from request") is None


def test_V26_long_lists_come_a_page_at_a_time(agency: House, office: Client) -> None:
    for nth in range(51):
        agency.payer(f"Patient {nth:02}", Switch.ON)
    first, second = (re.findall(r"Patient \d\d", read(office, f"{WORK}?kind=no-card&page={n}")) for n in (1, 2))
    assert (len(set(first)), len(set(second))) == (50, 1)
    assert not set(first) & set(second)


@pytest.mark.parametrize(("width", "scheme"), VIEWS)
def test_V26_every_tab_is_accessible_and_fits(site: str, browser: Browser, agency: House, width: int, scheme: str) -> None:
    everything(agency)
    agency.login("office@sunrise.test", Role.OWNER)
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)  # type: ignore[arg-type]
    page = context.new_page()
    log_in(page, site, "office@sunrise.test")
    wrong = []
    for address in (*(f"{WORK}?kind={kind}" for kind in SAID), "/office/invoices/", "/office/invoices/?show=held"):
        tab = context.new_page()
        wrong += look(tab, site + address, width)
        tab.close()
    context.close()
    assert wrong == []


# Invoices


def _numbers(office: Client, query: str) -> list[int]:
    page = office.get(f"/office/invoices/?{query}").content.decode()
    return [int(n) for n in re.findall(r'<a href="/office/invoices/[0-9a-f-]{36}/">(\d+)</a>', page)]


def test_V20_invoices_are_found_by_what_became_of_them_and_by_number(agency: House, office: Client) -> None:
    maria = patient(agency, "Maria Alvarez")
    bills = {state: agency.visit(maria) for state in ("paid", "failed", "sending", "pending")}
    for state, invoice in bills.items():
        agency.came_to(invoice, state, "declined" if state == "failed" else "")
    bills["open"] = agency.visit(agency.payer("James Lee", Switch.OFF))
    held = agency.visit(maria)
    agency.run("update invoice set why_until = %(d)s where id = %(i)s", d=agency.today, i=held)
    number = {state: int(agency.value("select number from invoice where id = %(i)s", i=each)) for state, each in bills.items()}
    number["held"] = int(agency.value("select number from invoice where id = %(i)s", i=held))
    assert _numbers(office, "") == sorted(number.values(), reverse=True)
    assert _numbers(office, "show=paid") == [number["paid"]]
    assert _numbers(office, "show=failed") == [number["failed"]]
    assert _numbers(office, "show=processing") == [number["pending"], number["sending"]]
    assert _numbers(office, "show=held") == [number["held"]]
    assert _numbers(office, "show=open") == sorted(set(number.values()) - {number["paid"]}, reverse=True)
    assert office.get(f"/office/invoices/?number=%23{number['open']}")["Location"].endswith(
        f"{agency.uid('invoice', bills['open'])}/"
    )
    assert "No invoice matches. Clear filters" in read(office, "/office/invoices/?number=99999999")
    assert "No invoice matches. Clear filters" in read(office, "/office/invoices/?number=x")
