"""Papers to keep: receipts, cancellations and the proof of an account's autopay, in the browser and by everybody's rights."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from uuid import uuid4

import pytest
from django.test import Client
from playwright.sync_api import Browser, Page, expect
from typer.testing import CliRunner

from autopay import words
from autopay.agreements.models import Switch
from autopay.charging.switch import set_switch
from autopay.cli.main import app
from autopay.conf import Settings
from autopay.database import PooledDatabase
from autopay.evidence.verify import first_problem, opened
from autopay.journal.seal import seal
from autopay.notices.write import write_notices
from autopay.parties.models import Role
from autopay.surfaces.receipts import paper as receipt_paper
from autopay.surfaces.receipts.receipt import receipt
from autopay.tenancy import WebDatabase, tenant_transaction
from tests.surfaces.house import ZONE, House, text
from tests.surfaces.test_accounts import account, bill, practice
from tests.surfaces.test_enroll import SETTINGS, enroll_in_browser
from tests.surfaces.test_looks import VIEWS, log_in, look
from tests.surfaces.test_receipts import paid, portal, sent_back

HISTORY = "/service-center/account-management/history/"
NOTE = "canary: a word about care"


def enrolled(vendor: House, name: str = "Green Valley") -> int:
    """By the product's own verbs, so that the journal has it all."""
    payer = account(vendor, name)
    vendor.card(payer)
    set_switch(WebDatabase(), vendor.id, payer, Switch.ON, vendor.by(60))
    return payer


def cancel(vendor: House, payer: int) -> int:
    """The reference of a cancellation of an account that was enrolled."""
    return set_switch(WebDatabase(), vendor.id, payer, Switch.OFF, vendor.by()).reference


def due(vendor: House, payer: int) -> None:
    """The account's one bill has a due charge."""
    vendor.run(
        """with due as (insert into charge (biller_id, payer_id, trigger, debt, period, currency)
                        values (%(b)s, %(p)s, 'monthly', 'month', now(), 'USD') returning id)
           insert into charge_part (biller_id, charge_id, invoice_id) select %(b)s, due.id, i.id from due, invoice i""",
        b=vendor.id,
        p=payer,
    )


def proof(vendor: House, payer: int, ending: str = "json") -> str:
    return f"/proof/{vendor.uid('payer', payer)}/autopay.{ending}"


def test_A57_the_proof_is_on_history_and_holds_as_json_and_as_pdf(site: str, vendor: House, page: Page, tmp_path: Path) -> None:
    payer = enrolled(vendor)
    vendor.login("owner@practice.test", Role.ACCOUNT_OWNER, payer_id=payer)
    log_in(page, site, "owner@practice.test")
    page.goto(site + HISTORY)
    documents = []
    for ending in ("PDF", "JSON"):
        with page.expect_download() as saving:
            page.get_by_role("link", name=f"Proof ({ending})").click()
        assert saving.value.suggested_filename == f"autopay-proof-{vendor.uid('payer', payer)}.{ending.lower()}"
        saving.value.save_as(tmp_path / ending)
        documents.append(opened((tmp_path / ending).read_bytes()))
        assert first_problem(documents[-1]) is None
    assert documents[0]["consents"] == documents[1]["consents"]
    assert documents[0]["account"]["name"] == "Green Valley"


@pytest.mark.parametrize("slug", ["classic", "practice-mate", "ehr"])
def test_A57_the_proof_is_on_every_screen_of_the_account(enrolling: str, vendor: House, slug: str) -> None:
    payer = enrolled(vendor)
    client = practice(vendor, payer)
    for address in (HISTORY, SETTINGS, f"/classic/{slug}/history/", f"/classic/{slug}/autopay-settings/"):
        shown = client.get(address).content.decode()
        assert proof(vendor, payer, "pdf") in shown
        assert proof(vendor, payer, "json") in shown


def test_A57_I17_only_the_owner_and_the_biller_s_staff_find_a_proof(vendor: House, agency: House) -> None:
    mine, other = enrolled(vendor), enrolled(vendor, "Lakeside")
    reference = cancel(vendor, mine)
    files = [proof(vendor, mine), proof(vendor, mine, "pdf"), f"/cancellations/{reference}/cancellation.pdf"]
    allowed = [practice(vendor, mine)]
    allowed += [
        vendor.login(f"{role}@oa.test", role) for role in (Role.OWNER, Role.BILLING_MANAGER, Role.FRONT_DESK, Role.AUDITOR)
    ]
    refused = [practice(vendor, other), agency.login("office@sunrise.test", Role.OWNER)]
    refused.append(agency.login("maria@patients.test", Role.PATIENT, payer_id=agency.payer("Maria")))
    for file in files:
        assert [client.get(file).status_code for client in allowed] == [200] * 5
        assert [client.get(file).status_code for client in refused] == [404] * 3
        assert Client().get(file)["Location"].startswith("/accounts/login/")
        assert allowed[0].post(file).status_code == 405
    for nowhere in (f"/proof/{uuid4()}/autopay.pdf", f"/cancellations/{10**9}/cancellation.pdf", f"/cancellations/{10**9}"):
        assert [client.get(nowhere).status_code for client in (allowed[0], allowed[1])] == [404, 404]
    assert refused[0].get(f"/service-center/cancellations/{reference}/").status_code == 404
    assert refused[0].get(f"/cancellations/{reference}").status_code == 404


def test_A57_a_patient_has_no_proof_of_this_kind(agency: House) -> None:
    payer, _ = paid(agency)
    assert agency.login("office@sunrise.test", Role.OWNER).get(proof(agency, payer)).status_code == 404


def test_files_are_saved_and_kept_by_no_cache(vendor: House) -> None:
    payer = enrolled(vendor)
    for ending, kind in (("pdf", "application/pdf"), ("json", "application/json")):
        answer = vendor.login(f"{ending}@oa.test", Role.OWNER).get(proof(vendor, payer, ending))
        assert answer["Content-Disposition"] == f'attachment; filename="autopay-proof-{vendor.uid("payer", payer)}.{ending}"'
        assert answer["Cache-Control"] == "no-store"
        assert answer["Content-Type"] == kind
        assert answer["X-Content-Type-Options"] == "nosniff"


def test_A57_the_biller_s_people_are_not_named_to_the_account(vendor: House) -> None:
    payer = enrolled(vendor)
    user = vendor.login("grace.kim@oa.test", Role.OWNER)
    vendor.run(
        """insert into journal_entry (biller_id, at, actor, action, object, object_id, data)
           select %(b)s, now(), 'user:' || id, 'looked', 'payer', %(p)s, '{}' from app_user where email = 'grace.kim@oa.test'""",
        b=vendor.id,
        p=payer,
    )
    told = user.get(proof(vendor, payer)).content.decode()
    assert "staff of Office Ally" in told
    assert "grace" not in told.lower()


def test_A54_the_receipt_is_a_pdf_in_every_house_and_for_the_biller_s_staff(
    site: str, agency: House, page: Page, tmp_path: Path
) -> None:
    payer, uid = paid(agency, "Zoë Núñez-Łoś")
    agency.login("zoe@patients.test", Role.PATIENT, payer_id=payer)
    log_in(page, site, "zoe@patients.test")
    page.goto(f"{site}/portal/receipts/{uid}/")
    with page.expect_download() as saving:
        page.get_by_role("link", name="PDF").click()
    saving.value.save_as(tmp_path / "receipt.pdf")
    assert (tmp_path / "receipt.pdf").read_bytes().startswith(b"%PDF-1.7")
    assert saving.value.suggested_filename.startswith("receipt-R-")
    james, _ = paid(agency, "James Lee")
    file = f"/receipts/{uid}/receipt.pdf"
    assert agency.login("office@sunrise.test", Role.FRONT_DESK).get(file).status_code == 200
    assert portal(agency, james).get(file).status_code == 404
    assert Client().get(file).status_code == 302


def test_A54_the_paper_says_what_the_page_says_and_no_note(agency: House) -> None:
    payer, uid = paid(agency)
    sent_back(agency, uid, 2000)
    agency.run("update refund set note = %(note)s", note=NOTE)
    page = text(portal(agency, payer).get(f"/portal/receipts/{uid}/").content)
    with tenant_transaction(agency.id) as tx:
        told = receipt(tx, uid, [payer], agency.now)  # type: ignore[arg-type]
    paper = json.dumps(asdict(receipt_paper.paper(told, "en", agency.now)), default=str, ensure_ascii=False)
    for said in ("$85.00", "-$20.00", "$65.00", "Left after refunds", "Visa ending in 4242", words.moment(agency.now, ZONE)):
        assert said in page
        assert said in paper
    assert NOTE not in paper
    assert "key of it" not in paper


def test_A54_print_is_offered_where_it_works_and_the_pdf_without_javascript(site: str, agency: House, browser: Browser) -> None:
    payer, uid = paid(agency)
    portal(agency, payer)
    for scripts in (True, False):
        context = browser.new_context(java_script_enabled=scripts)
        page = context.new_page()
        log_in(page, site, f"payer{payer}@patients.test")
        if scripts:
            page.add_init_script("window.print = () => { window.printed = (window.printed || 0) + 1; }")
        page.goto(f"{site}/portal/receipts/{uid}/")
        expect(page.get_by_role("link", name="PDF")).to_be_visible()
        expect(page.get_by_role("button", name="Print")).to_be_visible(visible=scripts)
        if scripts:
            page.get_by_role("button", name="Print").click()
            assert page.evaluate("window.printed") == 1
        context.close()


def test_A54_email_it_sends_one_more_copy_and_says_where_to(
    site: str, agency: House, page: Page, engine_db: PooledDatabase
) -> None:
    payer, uid = paid(agency)
    portal(agency, payer)
    log_in(page, site, f"payer{payer}@patients.test")
    page.goto(f"{site}/portal/receipts/{uid}/")
    expect(page.get_by_text(f"The mail goes to payer{payer}@patients.test.")).to_be_visible()
    for _ in range(2):  # pressed again at once, it is one copy
        page.get_by_role("button", name="Email it").click()
        expect(page.locator(".flash")).to_contain_text(f"A copy of this receipt is on its way to payer{payer}@patients.test.")
    write_all(agency, engine_db)
    copies = agency.rows("""select "to", subject, text, kind from notice where kind = 'receipt copy'""")
    assert [each["to"] for each in copies] == [f"payer{payer}@patients.test"]
    number = agency.value("select id from charge where uid = %(u)s", u=uid)
    assert copies[0]["subject"] == f"Receipt R-{number}: $85.00 to Sunrise Home Care"
    assert "You asked for this copy of your receipt." in copies[0]["text"]
    assert f"/receipts/{uid}" in copies[0]["text"]


def write_all(house: House, engine: PooledDatabase) -> None:
    while seal(engine, house.id) or write_notices(engine, "http://localhost:8000"):
        pass


def test_A54_a_few_copies_an_hour_and_no_more(agency: House, engine_db: PooledDatabase) -> None:
    payer = agency.payer("Maria", Switch.ON)
    agency.card(payer)
    uids = [agency.uid("charge", agency.came_to(agency.visit(payer), "paid")) for _ in range(5)]
    client = portal(agency, payer)
    said = [text(client.post(f"/portal/receipts/{uid}/", follow=True).content) for uid in uids]
    assert ["on its way to" in each for each in said] == [True, True, True, False, False]
    assert "We sent you several copies this hour already." in said[3]
    write_all(agency, engine_db)
    assert agency.value("select count(*) from notice where kind = 'receipt copy'") == 3


def test_A54_who_pays_for_others_does_not_learn_their_address_and_cannot_mail(agency: House) -> None:
    maria, uid = paid(agency)
    agency.run("update payer set email = 'maria@patients.test' where id = %(p)s", p=maria)
    contact = agency.value(
        "insert into billing_contact (biller_id, name, external_id) values (%(b)s, 'Dana', 'd') returning id", b=agency.id
    )
    agency.run(
        "insert into contact_patient (biller_id, contact_id, payer_id) values (%(b)s, %(c)s, %(p)s)",
        b=agency.id,
        c=contact,
        p=maria,
    )
    dana = agency.login("dana@family.test", Role.BILLING_CONTACT, contact_id=contact)
    page = dana.get(f"/portal/receipts/{uid}/").content.decode()
    assert "maria@patients.test" not in page
    assert "Email it" not in page
    assert dana.post(f"/portal/receipts/{uid}/").status_code == 404
    assert dana.get(f"/receipts/{uid}/receipt.pdf").status_code == 200


def test_A33_L3_the_cancellation_has_a_receipt_page_a_pdf_and_a_mail_that_leads_to_it(
    enrolling: str,
    vendor: House,
    page: Page,
    tmp_path: Path,
    engine_db: PooledDatabase,
) -> None:
    payer = account(vendor)
    bill(vendor)
    vendor.login("owner@practice.test", Role.ACCOUNT_OWNER, payer_id=payer)
    log_in(page, enrolling, "owner@practice.test")
    enroll_in_browser(page)
    expect(page.get_by_role("link", name="Proof (PDF)")).to_be_visible()
    due(vendor, payer)
    vendor.came_to(vendor.value("select id from invoice"), "sending")
    page.get_by_role("switch", name="Autopay Enrollment").click()
    page.get_by_role("button", name="Yes, Cancel Autopay").click()
    reference = vendor.value("select max(id) from journal_entry where action = 'auto-pay off'")
    expect(page.locator(".flash")).to_contain_text(f"Reference C-{reference}.")
    page.get_by_role("link", name=f"Cancellation C-{reference}").click()
    paper = page.locator("article.receipt")
    for said in (
        f"Cancellation C-{reference}",
        "Autopay was cancelled on",
        "Already on its way, and not to be stopped: $256.85 to Visa ending in 4242",
        "No new charge will start.",
    ):
        expect(paper).to_contain_text(said)
    with page.expect_download() as saving:
        page.get_by_role("link", name=f"PDF Cancellation C-{reference}").click()
    assert saving.value.suggested_filename == f"cancellation-C-{reference}.pdf"
    write_all(vendor, engine_db)
    mail = vendor.value("select text from notice where kind = 'cancelled'")
    assert f"C-{reference}" in mail
    assert f"/cancellations/{reference}" in mail
    page.goto(f"{enrolling}/cancellations/{reference}")
    expect(page).to_have_url(f"{enrolling}/service-center/cancellations/{reference}/")
    page.goto("about:blank")


def test_A33_the_classic_screens_have_the_cancellation_too(vendor: House) -> None:
    payer = enrolled(vendor)
    client = practice(vendor, payer)
    client.post("/classic/ehr/autopay-settings/", {"word": "cancel"})
    reference = vendor.value("select max(id) from journal_entry where action = 'auto-pay off'")
    assert f"/classic/ehr/cancellations/{reference}/" in client.get("/classic/ehr/autopay-settings/").content.decode()
    said = text(client.get(f"/classic/ehr/cancellations/{reference}/").content)
    assert f"Cancellation C-{reference}" in said
    assert "No payment was on its way." in said


def test_A33_the_cancellation_is_not_offered_while_enrolled_again(enrolling: str, vendor: House) -> None:
    payer = enrolled(vendor)
    cancel(vendor, payer)
    set_switch(WebDatabase(), vendor.id, payer, Switch.ON, vendor.by())
    assert "Cancellation C-" not in practice(vendor, payer).get(SETTINGS).content.decode()


@pytest.mark.parametrize(("width", "scheme"), VIEWS)
def test_receipts_cancellations_and_proofs_are_accessible_and_fit(
    site: str, vendor: House, browser: Browser, width: int, scheme: str
) -> None:
    payer = enrolled(vendor)
    bill(vendor)
    due(vendor, payer)
    charge = vendor.uid("charge", vendor.came_to(vendor.value("select id from invoice"), "paid"))
    reference = cancel(vendor, payer)
    practice(vendor, payer)
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)  # type: ignore[arg-type]
    page = context.new_page()
    log_in(page, site, f"owner{payer}@practice.test")
    wrong: list[str] = []
    for address in (
        HISTORY,
        f"/service-center/receipts/{charge}/",
        f"/classic/ehr/receipts/{charge}/",
        f"/service-center/cancellations/{reference}/",
        f"/classic/practice-mate/cancellations/{reference}/",
        "/classic/ehr/history/",
    ):
        tab = context.new_page()
        wrong += look(tab, site + address, width)
        tab.close()
    context.close()
    assert wrong == []


def test_A57_the_command_writes_both_files_and_checks_them(vendor: House, database: Settings, tmp_path: Path) -> None:
    payer = enrolled(vendor)
    uid = vendor.uid("payer", payer)
    made = CliRunner().invoke(app, ["evidence", "export", "Green Valley", "--biller", "OA", "--out", str(tmp_path / "new")])
    assert made.exit_code == 0, made.output
    files = [str(tmp_path / "new" / f"autopay-{uid}.{ending}") for ending in ("json", "pdf")]
    told = CliRunner().invoke(app, ["evidence", "verify", *files])
    assert told.exit_code == 0, told.output
    assert told.output.count("holds: Green Valley") == 2
    Path(files[0]).write_text(Path(files[0]).read_text().replace("the payer", "somebody"))
    broken = CliRunner().invoke(app, ["evidence", "verify", files[0]])
    assert broken.exit_code == 1
    assert "It does not hold." in broken.output
    assert CliRunner().invoke(app, ["evidence", "export", "Nobody", "--biller", "OA"]).exit_code == 1
