"""Add payment method (V28) and which card Auto-Pay charges (V24): the payer allows a charge, the office never does."""

from __future__ import annotations

import ast
import hashlib
import re
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from playwright.sync_api import Browser, Page, expect

from autopay.agreements.consent import Signature
from autopay.agreements.method_link import Wish, make_link, use_link
from autopay.agreements.models import Switch
from autopay.agreements.papers import LARGEST, media_of
from autopay.clock import Clock
from autopay.conf import conf
from autopay.database import PooledDatabase
from autopay.demo_sandbox import card_token as typed
from autopay.journal.seal import seal
from autopay.notices.deliver import Mail, deliver, with_link
from autopay.notices.write import write_notices
from autopay.parties.models import Role
from autopay.refusal import Refusal
from autopay.tenancy import WebDatabase
from tests.surfaces.house import House, text
from tests.surfaces.human import solved
from tests.surfaces.portal import work
from tests.surfaces.test_enroll import DECLINED, SLOW, be_human, type_card
from tests.surfaces.test_looks import VIEWS, log_in, look
from tests.surfaces.test_office import of, read

PDF = b"%PDF-1.7 signed"
FILES = {
    b"%PDF-1.7": "application/pdf",
    b"\xff\xd8\xff\xe0\x00\x10JFIF": "image/jpeg",
    b"\x89PNG\r\n\x1a\n": "image/png",
    b"ID3\x04": "audio/mpeg",
    b"\xff\xfb\x90": "audio/mpeg",
    b"\x00\x00\x00\x20ftypM4A ": "audio/mp4",
    b"RIFF\x24\x00\x00\x00WAVE": "audio/wav",
    b"<html><script>": "",
    b"MZ\x90": "",
    b"RIFF\x24\x00\x00\x00AVI ": "",
    b"": "",
}


@pytest.fixture
def omar(agency: House) -> int:
    payer = agency.payer("Omar Haddad", Switch.ON)
    agency.run("update payer set email = 'omar@patients.test' where id = %(p)s", p=payer)
    return payer


@pytest.fixture
def office(agency: House) -> Client:
    return agency.login("office@sunrise.test", Role.OWNER)


def link_of(agency: House, payer: int, email: str = "", default: bool = True) -> str:
    token = make_link(WebDatabase(), agency.id, Wish(payer, email, default), agency.by(), conf().secret)
    return f"/method-link/{agency.id}/{token}"


def consents(agency: House) -> list[dict[str, object]]:
    return agency.rows(
        """select c.channel, c.signed_by, host(c.ip) as ip, c.user_agent, c.range_minor, t.kind, c.text = t.text as exact, m.last4
           from consent c join terms t on t.id = c.terms_id join method m on m.id = c.method_id order by c.id"""
    )


def paper(content: bytes = PDF, name: str = "form.pdf", **other: str) -> dict[str, object]:
    return {"file": SimpleUploadedFile(name, content), "signed_by": "Omar Haddad"} | other


# The link


def test_V28_the_payer_adds_a_card_by_the_link_and_agrees_and_the_office_sees_it(
    paying: str, agency: House, omar: int, page: Page, browser: Browser
) -> None:
    """The whole way: the office shows a link, the payer opens it without a log-in, the next visit is charged."""
    agency.login("office@sunrise.test", Role.OWNER)
    log_in(page, paying, "office@sunrise.test")
    page.goto(f"{paying}{of(agency, omar)}")
    page.get_by_role("link", name="Add payment method").click()
    expect(page.get_by_label("Make it the default when it is saved")).to_be_checked()
    page.get_by_role("button", name="Show it once").click()
    address = page.get_by_label("Link", exact=True).input_value()
    payers = browser.new_context()
    tab = payers.new_page()
    tab.goto(re.sub(r"^https?://[^/]+", paying, address))
    expect(tab.locator("main")).to_contain_text("Sunrise Home Care asks you to add a card or bank account for Omar H.")
    assert "Haddad" not in tab.content()
    type_card(tab)
    be_human(tab)
    tab.get_by_role("button", name="Save and agree").click()
    expect(tab.locator("main")).to_contain_text("Please tick this to agree. Without it nothing is saved.")
    assert consents(agency) == []
    tab.get_by_label("I have read this and I agree.").check()
    tab.get_by_role("button", name="Save and agree").click()
    expect(tab.locator("h1")).to_have_text("Thank you", timeout=SLOW)
    expect(tab.locator("main")).to_contain_text("Visa ending in 4242 is saved. Nothing was charged.")
    payers.close()
    (kept,) = consents(agency)
    assert "Mozilla" in str(kept.pop("user_agent"))
    assert kept == {
        "channel": "online",
        "signed_by": "Hannah Brooks",
        "ip": "127.0.0.1",
        "range_minor": None,
        "kind": "visit_card",
        "exact": True,
        "last4": "4242",
    }
    page.goto(f"{paying}{of(agency, omar)}")
    expect(page.locator("main")).to_contain_text("Auto-Pay is on and will charge Visa ending in 4242.")
    expect(page.locator("main")).to_contain_text("Yes, agreed online")
    agency.visit(omar, 9600)
    work()
    assert agency.rows("select captured from invoice") == [{"captured": 9600}]


def test_V28_a_declined_card_saves_nothing_and_the_link_works_again(paying: str, agency: House, omar: int, page: Page) -> None:
    page.goto(paying + link_of(agency, omar))
    type_card(page, DECLINED)
    page.get_by_label("I have read this and I agree.").check()
    be_human(page)
    page.get_by_role("button", name="Save and agree").click()
    expect(page.locator("main")).to_contain_text("We could not save this payment method. Nothing was charged.", timeout=SLOW)
    assert consents(agency) == []
    assert agency.rows("select 1 from method_link where used_at is not null") == []
    expect(page.get_by_role("button", name="Save and agree")).to_be_visible()


def test_V28_the_mail_carries_the_link_and_no_table_its_token(
    agency: House, omar: int, office: Client, engine_db: PooledDatabase
) -> None:
    answer = office.post(of(agency, omar) + "methods/link", {"then": "mail", "email": "omar@patients.test"}, follow=True)
    assert "A link was mailed to omar@patients.test" in text(answer.content)
    seal(engine_db, agency.id)
    write_notices(engine_db, "https://pay.test")
    sent: list[Mail] = []
    deliver(engine_db, Clock(), lambda mail: sent.append(with_link(mail, conf().secret)))
    (mail,) = [each for each in sent if each.kind == "method link"]
    assert mail.to == "omar@patients.test"
    found = re.search(rf"https://pay.test(/method-link/{agency.id}/([\w-]+))", mail.text)
    assert found
    assert "Add a payment method" in text(Client().get(found.group(1)).content)
    tables = agency.rows("select relname from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace")
    for table in tables:
        name = table["relname"]
        assert agency.value(f"select count(*) from {name} t where t::text like %(like)s", like=f"%{found.group(2)}%") == 0, name


def test_V28_only_known_addresses_get_a_link(agency: House, omar: int, office: Client) -> None:
    answer = office.post(of(agency, omar) + "methods/link", {"then": "mail", "email": "thief@elsewhere.test"})
    assert answer.status_code == 404
    assert agency.rows("select 1 from method_link") == []


def test_V28_a_new_link_replaces_the_old_and_a_withdrawn_or_expired_one_leads_nowhere(
    agency: House, omar: int, office: Client
) -> None:
    first = link_of(agency, omar)
    second = link_of(agency, omar)
    assert Client().get(first).status_code == 404
    assert Client().get(second).status_code == 200
    assert Client().get(second.replace(f"/{agency.id}/", f"/{agency.id + 1}/")).status_code == 404
    said = text(office.post(of(agency, omar) + "methods/link", {"then": "withdraw"}, follow=True).content)
    assert "The link was withdrawn. It leads nowhere now." in said
    gone = Client().get(second)
    assert gone.status_code == 404
    assert "It was used, replaced or withdrawn, it is older than 7 days" in text(gone.content)
    third = link_of(agency, omar)
    agency.run("update method_link set expires_at = %(t)s where withdrawn_at is null", t=agency.now - timedelta(seconds=1))
    assert Client().get(third).status_code == 404


def answered(agency: House, address: str, token: str, **other: str) -> dict[str, str]:
    shown = Client().get(address).content.decode()
    found = re.search(r'name="terms" value="([^"]+)"', shown)
    assert found
    return {
        "kind": "card",
        "holder": "Omar Haddad",
        "token": token,
        "agree": "on",
        "human": solved(),
        "terms": found.group(1),
    } | other


def test_V28_one_link_saves_one_method_however_often_and_by_whom_it_is_sent(paying: str, agency: House, omar: int) -> None:
    address = link_of(agency, omar)
    sent = answered(agency, address, card_token(agency))
    for _ in range(2):
        assert Client().post(address, sent).headers["Location"] == address
    other = answered_again(sent, card_token(agency))
    Client().post(address, other)
    assert len(consents(agency)) == 1
    assert agency.rows("select state, is_default from method") == [{"state": "usable", "is_default": True}]


def answered_again(sent: dict[str, str], token: str) -> dict[str, str]:
    return sent | {"token": token, "human": solved()}


def card_token(agency: House) -> str:
    base, key = agency.rows("select api_base, publishable_key from processor_account where biller_id = %(b)s", b=agency.id)[
        0
    ].values()
    return typed(str(base), "4242424242424242", str(key), "Omar Haddad")


def test_V28_a_link_used_in_another_tab_meanwhile_lets_the_second_card_go(paying: str, agency: House, omar: int) -> None:
    address = link_of(agency, omar)
    token = address.rpartition("/")[2]
    first, second = agency.card(omar, default=False), without_consent(agency, omar, "4444")
    use_link(WebDatabase(), agency.id, token, first, Signature("Omar"), agency.by())
    with pytest.raises(Refusal, match="Nothing was saved"):
        use_link(WebDatabase(), agency.id, token, second, Signature("Omar"), agency.by())
    states = agency.rows("select last4, state from method order by id")
    assert states == [{"last4": "4242", "state": "usable"}, {"last4": "4444", "state": "detached"}]


def test_V28_nobody_agrees_to_terms_they_were_not_shown(paying: str, agency: House, omar: int) -> None:
    address = link_of(agency, omar)
    sent = answered(agency, address, card_token(agency), terms="visit_bank 9, visit_card 9")
    answer = Client().post(address, sent)
    assert answer.status_code == 422
    assert "The terms changed since you opened this page. Nothing was saved." in text(answer.content)
    assert consents(agency) == []


def test_V28_V39_the_limit_the_payer_sets_is_part_of_the_consent(paying: str, agency: House, omar: int) -> None:
    address = link_of(agency, omar)
    Client().post(address, answered(agency, address, card_token(agency), limit="120.00"))
    assert [each["range_minor"] for each in consents(agency)] == [12000]


# Paper


@pytest.mark.parametrize(("begins", "media"), FILES.items())
def test_V28_what_a_file_is_its_content_says(begins: bytes, media: str) -> None:
    assert media_of(begins) == media


def test_V28_a_signed_paper_allows_a_charge_and_is_kept_with_who_attached_it(
    agency: House, omar: int, site: str, page: Page, tmp_path: Path
) -> None:
    without_consent(agency, omar)
    agency.login("office@sunrise.test", Role.OWNER)
    log_in(page, site, "office@sunrise.test")
    page.goto(f"{site}{of(agency, omar)}")
    expect(page.locator("main")).to_contain_text("We may not charge yet: no consent on record.")
    page.locator(".box").get_by_role("link", name="Add paper").click()
    file = tmp_path / "Omars form (signed).pdf"
    file.write_bytes(PDF)
    page.get_by_label("File").set_input_files(file)
    expect(page.get_by_label("Who signed or spoke")).to_have_value("Omar Haddad")
    page.get_by_role("button", name="Add paper").click()
    expect(page.locator("main")).to_contain_text("The authorization is on record. Nothing was charged.")
    expect(page.locator("main")).to_contain_text("Yes, signed on paper")
    expect(page.locator("main")).to_contain_text("Auto-Pay is on and will charge Visa ending in 4242.")
    expect(page.locator("#log ~ *, ol.log").last).to_contain_text("Office: attached a signed paper.")
    with page.expect_download() as saved:
        page.get_by_role("link", name="See the form").click()
    assert saved.value.suggested_filename == "Omars form _signed.pdf"
    assert Path(saved.value.path()).read_bytes() == PDF
    sha256 = hashlib.sha256(PDF).hexdigest()
    user = agency.value("select 'user:' || id from app_user where email = 'office@sunrise.test'")
    assert agency.rows("select name, media, sha256, by from paper") == [
        {"name": "Omars form _signed.pdf", "media": "application/pdf", "sha256": sha256, "by": user}
    ]
    artefact = agency.value("select artefact from consent order by id desc limit 1")
    assert artefact == f"Omars form _signed.pdf, SHA-256 {sha256}"


def without_consent(agency: House, payer: int, last4: str = "4242") -> int:
    card = agency.card(payer, last4, default=last4 == "4242")
    agency.run(
        """insert into consent_end (biller_id, consent_id, at, by, why)
           select biller_id, id, now(), 'test', 'revoked' from consent where method_id = %(m)s""",
        m=card,
    )
    return card


def test_V28_a_paper_is_saved_as_a_file_and_only_by_this_agency_s_staff(agency: House, omar: int, office: Client) -> None:
    card = without_consent(agency, omar)
    office.post(of(agency, omar) + "methods/add", paper(name="my paper <b>.html", method=agency.uid("method", card)))
    uid = agency.value("select uid from paper")
    answer = office.get(f"/office/papers/{uid}")
    assert answer["Content-Disposition"] == 'attachment; filename="my paper _b.pdf"'
    assert (answer["X-Content-Type-Options"], answer["Content-Type"]) == ("nosniff", "application/pdf")
    assert answer["Cache-Control"] == "no-store"
    other = House(agency.owner, "agency", "Another", "AN")
    assert other.login("office@another.test", Role.OWNER).get(f"/office/papers/{uid}").status_code == 404
    patient = agency.login("omar@patients.test", Role.PATIENT, payer_id=omar)
    assert patient.get(f"/office/papers/{uid}").status_code == 404
    assert agency.rows("select 1 from journal_entry where action = 'paper opened'") == [{"?column?": 1}]


def test_V28_the_same_paper_twice_is_one_consent(agency: House, omar: int, office: Client) -> None:
    card = without_consent(agency, omar)
    for _ in range(2):
        office.post(of(agency, omar) + "methods/add", paper(method=agency.uid("method", card)))
    assert agency.value("select count(*) from paper") == 1
    assert [each["channel"] for each in consents(agency)] == ["online", "paper"]


@pytest.mark.parametrize("content", [b"<html>", b"", PDF + b"x" * LARGEST])
def test_V28_another_kind_of_file_or_a_larger_one_is_refused_beside_its_field(
    agency: House, omar: int, office: Client, content: bytes
) -> None:
    card = without_consent(agency, omar)
    answer = office.post(of(agency, omar) + "methods/add", paper(content, method=agency.uid("method", card), signed_by="Maria H"))
    assert answer.status_code == 422
    assert "Please choose a PDF, JPEG or PNG file, or an MP3, M4A or WAV recording, of at most 10 MB." in text(answer.content)
    assert 'value="Maria H"' in answer.content.decode()
    assert agency.rows("select 1 from paper") == []


@pytest.mark.parametrize("statement", ["update paper set name = 'x'", "delete from paper", "truncate paper"])
def test_V28_a_paper_is_never_changed_whoever_asks(agency: House, omar: int, office: Client, statement: str) -> None:
    card = without_consent(agency, omar)
    office.post(of(agency, omar) + "methods/add", paper(method=agency.uid("method", card)))
    with pytest.raises(psycopg.errors.RaiseException):
        agency.run(statement)


def test_V28_the_database_refuses_a_paper_whose_hash_is_another(agency: House, omar: int) -> None:
    agency.card(omar)
    with pytest.raises(psycopg.errors.CheckViolation, match="paper_hash"):
        agency.run(
            """insert into paper (biller_id, payer_id, consent_id, name, media, sha256, content, at, by)
               select biller_id, payer_id, id, 'x', 'application/pdf', 'ab', '%%PDF'::bytea, now(), 'x' from consent"""
        )


# The office cannot sign for the payer

SIGNING = {
    "agreements/enroll.py",  # the owner of an account, on their own page
    "agreements/method_link.py",  # a payer, by the link
    "agreements/papers.py",  # a payer, on paper
    "interop/wallets_for_test.py",  # a command of the sandbox
    "large_world/people.py",  # a world made up for measuring, refused beside live keys
    "demo_world.py",
    "demo_states/build.py",
    "demo_states/build_patients.py",
}


def test_V28_no_other_way_creates_a_consent() -> None:
    root = Path(__file__).parents[2] / "src/autopay"
    calling = set()
    for path in root.rglob("*.py"):
        body = path.read_text()
        calls = [
            n for n in ast.walk(ast.parse(body)) if isinstance(n, ast.Call) and getattr(n.func, "id", "") == "record_consent"
        ]
        writes = "insert into consent (" in body or "Consent.objects" in body or "Consent(" in body.replace("class Consent(", "")
        if calls or (writes and path.name != "consent.py"):
            calling.add(str(path.relative_to(root)))
    assert calling <= SIGNING


def test_V28_nothing_an_owner_posts_in_the_office_is_a_consent_without_a_paper(agency: House, omar: int, office: Client) -> None:
    card = without_consent(agency, omar)
    before = consents(agency)
    method, patient = agency.uid("method", card), of(agency, omar)
    forged = {
        "agree": "on",
        "consent": "on",
        "channel": "online",
        "signed_by": "Omar Haddad",
        "method": method,
        "token": "pm_card_visa",
    }
    for address in (
        f"/office/methods/{method}/default",
        patient + "methods/add",
        patient + "methods/link",
        patient + "auto-bill",
        patient + "auto-bill/card",
        patient + "visits/new",
    ):
        for then in ("mail", "show", "agree"):
            office.post(address, forged | {"then": then, "to": "on", "anyway": "1", "kind": "card", "holder": "Omar"})
    assert consents(agency) == before


def test_V28_a_consent_on_paper_needs_its_artefact(agency: House, omar: int) -> None:
    agency.card(omar)
    with pytest.raises(psycopg.errors.CheckViolation, match="consent_has_its_proof"):
        agency.run(
            """insert into consent (biller_id, payer_id, method_id, terms_id, text, sha256, channel, signed_by, at)
               select biller_id, payer_id, method_id, terms_id, text, sha256, 'paper', 'x', now() from consent limit 1"""
        )


@pytest.mark.parametrize(("role", "may"), [(Role.FRONT_DESK, True), (Role.AUDITOR, False)])
def test_V28_V29_who_may_add_is_in_the_permission_table(agency: House, omar: int, role: Role, may: bool) -> None:
    client = agency.login("somebody@sunrise.test", role)
    assert client.get(of(agency, omar) + "methods/add").status_code == (200 if may else 403)
    assert client.post(of(agency, omar) + "methods/link", {"then": "show"}).status_code == (200 if may else 403)
    assert bool(agency.rows("select 1 from method_link")) is may


# Which card


@pytest.mark.parametrize("scripts", [True, False])
def test_V24_turned_on_without_a_default_the_office_is_asked_to_pick_one(
    site: str, browser: Browser, agency: House, scripts: bool
) -> None:
    james = agency.payer("James Lee", Switch.OFF)
    agency.card(james, default=False)
    agency.card(james, "4444", "mastercard", default=False)
    agency.login("office@sunrise.test", Role.OWNER)
    context = browser.new_context(java_script_enabled=scripts)
    page = context.new_page()
    log_in(page, site, "office@sunrise.test")
    page.goto(f"{site}{of(agency, james)}")
    page.get_by_role("switch", name="Auto-bill visits").click()
    expect(page.locator("h1")).to_have_text("Which card should Auto-Pay charge?")
    assert agency.value("select switch from agreement") == "off"
    page.get_by_role("button", name="Set and turn on").click()
    expect(page.get_by_role("alert")).to_contain_text("Please choose a card or bank account, or turn it on without one.")
    page.get_by_label("Mastercard ending in 4444").check()
    page.get_by_role("button", name="Set and turn on").click()
    expect(page.locator("main")).to_contain_text("Auto-Pay is on and will charge Mastercard ending in 4444.")
    assert agency.rows("select a.switch, m.last4 from agreement a join method m on m.payer_id = a.payer_id and m.is_default") == [
        {"switch": "on", "last4": "4444"}
    ]
    assert agency.rows("select 1 from charge") == []
    context.close()


def test_V24_it_can_be_turned_on_without_a_card_or_left_off(site: str, page: Page, agency: House) -> None:
    ruth = agency.payer("Ruth Cohen", Switch.OFF)
    agency.login("office@sunrise.test", Role.OWNER)
    log_in(page, site, "office@sunrise.test")
    for press, switch in (("Back", "off"), ("Turn on without a card", "on")):
        page.goto(f"{site}{of(agency, ruth)}")
        page.get_by_role("switch", name="Auto-bill visits").click()
        expect(page.locator("main")).to_contain_text("No saved card or bank account")
        (page.get_by_role("link", name=press) if switch == "off" else page.get_by_role("button", name=press)).click()
        page.wait_for_url(f"**{of(agency, ruth)}")
        assert agency.value("select switch from agreement") == switch
    expect(page.locator("main")).to_contain_text("Auto-Pay is on, but cannot charge: no default card.")


def test_V24_a_card_removed_meanwhile_or_of_another_is_not_set_and_nothing_is_turned_on(agency: House, office: Client) -> None:
    james, maria = agency.payer("James Lee", Switch.OFF), agency.payer("Maria Alvarez")
    hers = agency.card(maria)
    answer = office.post(of(agency, james) + "auto-bill/card", {"method": agency.uid("method", hers)})
    assert answer.status_code == 422
    assert agency.value("select switch from agreement where payer_id = %(p)s", p=james) == "off"


def test_V24_a_default_that_is_there_is_not_asked_for(agency: House, office: Client) -> None:
    james = agency.payer("James Lee", Switch.OFF)
    agency.card(james)
    office.post(of(agency, james) + "auto-bill", {"to": "on"})
    assert agency.value("select switch from agreement") == "on"


@pytest.mark.parametrize(("width", "scheme"), VIEWS)
def test_V24_V28_the_pages_are_accessible_and_fit(
    site: str, browser: Browser, agency: House, omar: int, width: int, scheme: str
) -> None:
    without_consent(agency, omar)
    agency.card(omar, "4444", "mastercard", default=False)
    agency.login("office@sunrise.test", Role.OWNER)
    link = link_of(agency, omar, "omar@patients.test")
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)  # type: ignore[arg-type]
    page = context.new_page()
    log_in(page, site, "office@sunrise.test")
    wrong = []
    for address in (of(agency, omar), of(agency, omar) + "methods/add", of(agency, omar) + "auto-bill/card", link, link + "x"):
        tab = context.new_page()
        wrong += [each for each in look(tab, site + address, width) if "127.0.0.1:9" not in each and "ERR_" not in each]
        tab.close()
    context.close()
    assert wrong == []


def test_V20_after_removing_the_default_the_message_says_that_none_is_left(agency: House, omar: int, office: Client) -> None:
    card = agency.card(omar)
    agency.card(omar, "4444", "mastercard", default=False)
    page = text(office.post(f"/office/methods/{agency.uid('method', card)}/remove", follow=True).content)
    assert "Visa ending in 4242 was removed. No card is the default now. Auto-Pay cannot charge until you set one." in page
    assert "Auto-Pay is on, but cannot charge: no default card." in page
    assert "1 open" not in read(office, of(agency, omar))
