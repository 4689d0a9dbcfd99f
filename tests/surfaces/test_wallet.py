"""The wallet of an account (A58): what each method is and how it stands, add, replace, remove; bank accounts that must be confirmed (A15)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest
from django.test import Client
from playwright.sync_api import Browser, Page, expect

from autopay import words
from autopay.agreements.models import Switch
from autopay.charging.remove_method import remove_method
from autopay.clock import local_date
from autopay.journal.seal import seal
from autopay.notices.write import write_notices
from autopay.parties.models import Role
from autopay.refusal import Refusal
from autopay.surfaces.shared.wallet import Saved
from autopay.tenancy import WebDatabase
from tests.surfaces.house import ZONE, House, text
from tests.surfaces.test_accounts import PAY_OA_BILL, account, bill, confirm_payment, enroll, hidden, practice, read
from tests.surfaces.test_enroll import DECLINED, GREEN, SETTINGS, be_human, to_settings, type_billing, type_card
from tests.surfaces.test_looks import VIEWS, log_in, look
from tests.surfaces.test_pay_once import MANAGE, press

WALLET = MANAGE + "wallet/"
PLACES = (WALLET, "/classic/classic/wallet/", "/classic/practice-mate/wallet/", "/classic/ehr/wallet/")


@pytest.fixture
def payer(vendor: House) -> int:
    payer = account(vendor)
    bill(vendor)
    return payer


@pytest.mark.parametrize("address", PLACES)
def test_A58_every_method_says_what_it_is_and_how_it_stands(vendor: House, payer: int, address: str) -> None:
    vendor.card(payer)
    vendor.card(payer, "4444", "mastercard", default=False)
    vendor.run("update method set exp_year = 2020 where last4 = '4444'")
    enroll(vendor, payer)
    vendor.run(
        """update method set hold_ref = 'pi_hold', hold_minor = 100, hold_placed_at = %(at)s, hold_released_at = %(at)s
           where last4 = '4242'""",
        at=vendor.now,
    )
    day = words.short_day(vendor.today)
    page = read(practice(vendor, payer), address)
    assert "Visa ending in 4242 Expires 04/40 Autopay uses this" in page
    assert f"Hold of $1.00, placed {day}, released {day} Hold, not a charge" in page
    assert "Mastercard ending in 4444 Expires 04/20 Expired" in page


def test_A58_an_empty_wallet_says_so_and_offers_to_add(vendor: House, payer: int) -> None:
    for address in PLACES:
        page = practice_of(vendor, payer, address).get(address).content.decode()
        assert "No saved cards or bank accounts yet." in text(page.encode())
        assert f'href="{address}add"' in page


def practice_of(vendor: House, payer: int, address: str) -> Client:
    return vendor.login(f"{address.replace('/', '.')}@practice.test", Role.ACCOUNT_OWNER, payer_id=payer)


@pytest.mark.parametrize(
    ("today", "soon", "expired"),
    [
        (date(2028, 3, 30), False, False),
        (date(2028, 3, 31), True, False),
        (date(2028, 4, 30), True, False),
        (date(2028, 5, 1), False, True),
    ],
)
def test_A58_a_card_expires_soon_thirty_days_before_the_end_of_its_month(today: date, soon: bool, expired: bool) -> None:
    card = Saved(1, _uid(), 1, "card", "visa", "4242", 4, 2028, True, False, False)
    assert (card.expires_soon(today), card.expired(today)) == (soon, expired)


def _uid() -> Any:
    return "00000000-0000-0000-0000-000000000000"


@pytest.mark.parametrize("address", PLACES)
def test_A58_removing_the_enrolled_method_says_what_stops_and_ends_the_enrollment(
    vendor: House, payer: int, address: str
) -> None:
    card = vendor.card(payer)
    enroll(vendor, payer)
    client = practice(vendor, payer)
    question = f"{address}{vendor.uid('method', card)}/remove"
    asked = client.get(question)
    said = text(asked.content)
    assert "Remove this card?" in said
    assert "Autopay cannot charge without it. You are then not enrolled." in said
    assert "Remove card Keep card" in said
    assert vendor.value("select switch from agreement") == "on"
    done = text(client.post(question, hidden(asked.content.decode()), follow=True).content)
    assert re.search(r"Visa ending in 4242 was removed\. Autopay was cancelled on .* Reference C-\d+\.", done)
    assert vendor.rows("select state, is_default from method") == [{"state": "detached", "is_default": False}]
    assert vendor.value("select switch from agreement") == "off"
    assert vendor.value("select why from consent_end") == "method removed"
    assert "You are not currently enrolled in autopay." in read(client, PAY_OA_BILL)
    assert vendor.value("select reference from (select max(id) as reference from journal_entry where action = 'auto-pay off') x")


def test_A58_removing_another_method_leaves_autopay_as_it_is(vendor: House, payer: int) -> None:
    vendor.card(payer)
    other = vendor.card(payer, "4444", "mastercard", default=False)
    enroll(vendor, payer)
    client = practice(vendor, payer)
    question = f"{WALLET}{vendor.uid('method', other)}/remove"
    asked = client.get(question)
    assert "Autopay does not use it." in text(asked.content)
    assert "Mastercard ending in 4444 was removed." in text(
        client.post(question, hidden(asked.content.decode()), follow=True).content
    )
    assert vendor.value("select switch from agreement") == "on"
    assert vendor.value("select last4 from method where is_default") == "4242"


def test_A58_a_method_that_became_the_enrolled_one_meanwhile_is_not_removed_without_saying_so(vendor: House, payer: int) -> None:
    card = vendor.card(payer)
    client = practice(vendor, payer)
    question = f"{WALLET}{vendor.uid('method', card)}/remove"
    form = hidden(client.get(question).content.decode())
    enroll(vendor, payer)
    page = text(client.post(question, form, follow=True).content)
    assert "Things changed since you opened this page. Nothing was removed. Please look again." in page
    assert "You are then not enrolled." in page
    assert vendor.value("select state from method") == "usable"
    assert vendor.value("select switch from agreement") == "on"


def test_A58_what_is_due_is_withdrawn_and_what_is_on_its_way_is_named(vendor: House, payer: int) -> None:
    card = vendor.card(payer)
    enroll(vendor, payer)
    client = practice(vendor, payer)
    confirm_payment(client, PAY_OA_BILL, "100.00", vendor.uid("method", card))
    vendor.came_to(vendor.value("select id from invoice"), "sending")
    second = vendor.value(
        """insert into charge (biller_id, payer_id, trigger, period, currency, run_at, debt)
           select biller_id, payer_id, 'monthly', period, 'USD', now(), debt || ' again' from invoice limit 1 returning id"""
    )
    question = f"{WALLET}{vendor.uid('method', card)}/remove"
    asked = client.get(question)
    named = "Already on its way: $100.00, sent "
    assert named in text(asked.content)
    done = text(client.post(question, hidden(asked.content.decode()), follow=True).content)
    assert named in done
    states = vendor.rows("select id, state, reason from charge order by id")
    assert [each["state"] for each in states] == ["sending", "withdrawn"]
    assert states[1] == {"id": second, "state": "withdrawn", "reason": "cancelled"}


def test_A58_a_payment_asked_for_with_it_and_not_sent_yet_is_not_made(vendor: House, payer: int) -> None:
    card = vendor.card(payer)
    client = practice(vendor, payer)
    confirm_payment(client, PAY_OA_BILL, "100.00", vendor.uid("method", card))
    remove_method(WebDatabase(), vendor.id, card, vendor.by(), told=False)
    assert vendor.rows("select state, reason from charge") == [{"state": "withdrawn", "reason": "method_gone"}]


def test_A58_removed_twice_or_from_another_account_nothing_happens(vendor: House, agency: House, payer: int) -> None:
    card = vendor.card(payer)
    uid = vendor.uid("method", card)
    other = practice(vendor, account(vendor, "Lakeside Pediatrics"))
    assert other.get(f"{WALLET}{uid}/remove").status_code == 404
    assert other.post(f"{WALLET}{uid}/remove").status_code == 404
    assert other.post(f"{WALLET}{uid}/look-again").status_code == 404
    with pytest.raises(Refusal):
        remove_method(WebDatabase(), agency.id, card, agency.by(), told=False)
    remove_method(WebDatabase(), vendor.id, card, vendor.by(), told=False)
    with pytest.raises(Refusal):
        remove_method(WebDatabase(), vendor.id, card, vendor.by(), told=False)


def test_A58_a_patient_whose_default_is_removed_keeps_auto_pay_on(agency: House) -> None:
    ruth = agency.payer("Ruth Cohen", Switch.ON)
    card = agency.card(ruth)
    assert remove_method(WebDatabase(), agency.id, card, agency.by(), told=False).reference is None
    assert agency.value("select switch from agreement") == "on"


def test_A58_A33_the_mails_say_that_it_was_removed_and_why_autopay_ended(vendor: House, payer: int) -> None:
    vendor.run("update payer set email = 'billing@practice.test'")
    card = vendor.card(payer)
    enroll(vendor, payer)
    remove_method(WebDatabase(), vendor.id, card, vendor.by(), told=True)
    seal(vendor.owner, vendor.id)
    write_notices(vendor.owner, "http://localhost")
    mails = {row["kind"]: row["text"] for row in vendor.rows("select kind, text from notice")}
    assert "It ended because the payment method it charged was removed from your wallet." in mails["cancelled"]
    assert "stay in your wallet" not in mails["cancelled"]
    assert "Visa ending in 4242 was removed from your wallet." in mails["method removed"]


def test_A58_L1_removing_works_without_javascript(site: str, vendor: House, browser: Browser) -> None:
    payer = account(vendor)
    vendor.card(payer)
    enroll(vendor, payer)
    vendor.login("owner@practice.test", Role.ACCOUNT_OWNER, payer_id=payer)
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    log_in(page, site, "owner@practice.test")
    page.get_by_role("link", name="Wallet").first.click()
    page.get_by_role("link", name="Remove Visa ending in 4242").click()
    page.get_by_role("button", name="Remove card").click()
    expect(page.locator(".flash")).to_contain_text("Visa ending in 4242 was removed.")
    expect(page.locator("main")).to_contain_text("No saved cards or bank accounts yet.")
    context.close()


def test_A58_change_leads_to_the_edit_of_autopay_settings(vendor: House, payer: int) -> None:
    vendor.card(payer)
    enroll(vendor, payer)
    client = practice(vendor, payer)
    assert f'href="{SETTINGS}">Change' in client.get(WALLET).content.decode()
    assert 'href="/classic/ehr/pay-bill/enroll">Change' in client.get("/classic/ehr/wallet/").content.decode()


@pytest.fixture
def owner_at(enrolling: str, vendor: House, page: Page) -> Iterator[Page]:
    payer = account(vendor)
    bill(vendor)
    vendor.login("owner@practice.test", Role.ACCOUNT_OWNER, payer_id=payer)
    log_in(page, enrolling, "owner@practice.test")
    yield page
    page.goto("about:blank")


def test_A58_C5_a_card_is_added_and_the_same_checks_and_limits_hold(vendor: House, owner_at: Page) -> None:
    page = owner_at
    page.get_by_role("link", name="Wallet").first.click()
    page.get_by_role("link", name="Add payment method").click()
    type_card(page, DECLINED)
    be_human(page)
    press(page, "Save")
    problem = page.get_by_role("alert").filter(has_text="We could not save this payment method. Nothing was charged.")
    expect(problem).to_contain_text("The bank said no.", timeout=40_000)
    type_card(page)
    press(page, "Save")
    page.get_by_label("I'm not a robot").click()
    expect(page.locator(".flash")).to_contain_text("Payment method added. Nothing was charged.", timeout=40_000)
    expect(page.locator("main")).to_contain_text("Hold, not a charge")
    assert vendor.rows("select state, is_default from method where state = 'usable'") == [
        {"state": "usable", "is_default": False}
    ]
    assert vendor.value("select count(*) from consent") == 0
    assert vendor.value("select switch from agreement") == "off"
    assert vendor.value("select count(*) from charge") == 0
    vendor.run("update method set state = 'refused', refused_reason = 'declined' where state = 'usable'")
    vendor.run(
        """insert into method (biller_id, payer_id, state, kind, token, refused_reason, network)
           select biller_id, payer_id, 'refused', 'card', 'pm_try', 'declined', network from method limit 1"""
    )
    page.goto(page.url + "add")
    type_card(page)
    be_human(page)
    press(page, "Save")
    expect(page.get_by_role("alert").filter(has_text="Please try again later, or call us.")).to_be_visible(timeout=40_000)


def type_bank(page: Page) -> None:
    page.get_by_text("ACH", exact=True).click()
    page.get_by_label("Account Holder Name").fill("Green Valley")
    for label, value in (
        ("Routing Number", "110000000"),
        ("Account Number", "000123456789"),
        ("Account Number again", "000123456789"),
    ):
        page.frame_locator(f'iframe[title="{label}"]').get_by_label(label, exact=True).fill(value)
    page.get_by_label("I allow these debits from my bank account.").check()


def test_A15_A53_N4_a_bank_account_is_confirmed_by_its_link_and_can_pay_only_then(vendor: House, owner_at: Page) -> None:
    page = owner_at
    page.get_by_role("link", name="Pay $256.85").click()
    type_bank(page)
    be_human(page)
    press(page, "Review")
    said = "Bank account ending in 6789 was saved. It can pay as soon as you have confirmed it. Nothing was charged."
    expect(page.locator(".flash")).to_contain_text(said, timeout=40_000)
    until = words.day(local_date(vendor.value("select verify_until from method"), ZONE))
    assert local_date(vendor.value("select verify_until from method"), ZONE) == vendor.today + timedelta(days=10)
    expect(page.locator("main")).to_contain_text("Being checked")
    expect(page.locator("main")).to_contain_text(f"Say how much they are by {until}. Until then it pays nothing.")
    page.get_by_role("button", name="I have confirmed it").click()
    expect(page.locator(".flash")).to_contain_text("Bank account ending in 6789 is not confirmed yet.")
    wallet = page.url
    confirm(page)
    page.goto(wallet)
    page.get_by_role("button", name="I have confirmed it").click()
    expect(page.locator(".flash")).to_contain_text("Bank account ending in 6789 is confirmed. It can pay now.", timeout=40_000)
    expect(page.locator("main")).not_to_contain_text("Being checked")
    page.goto(wallet.replace("wallet/", "pay-bill/pay"))
    press(page, "Review")
    expect(page.locator("main")).to_contain_text("I allow Office Ally to debit $256.85 from this bank account once.")
    page.get_by_role("button", name="Pay $256.85").click()
    expect(page.locator("#payment")).to_contain_text("We are taking your payment of $256.85")
    assert vendor.value("select count(*) from charge") == 1


def confirm(page: Page, deposits: tuple[str, str] = ("32", "45"), said: str = "verified") -> None:
    """At the payment company's own page, as its payer does who has seen the two deposits."""
    page.get_by_role("link", name="Confirm this account").click()
    page.get_by_label("First").fill(deposits[0])
    page.get_by_label("Second").fill(deposits[1])
    page.get_by_role("button", name="Verify").click()
    expect(page.locator("body")).to_contain_text(said)


def test_A15_A19_enrolled_with_a_bank_account_being_verified_the_green_box_says_until_when(vendor: House, owner_at: Page) -> None:
    page = owner_at
    to_settings(page)
    page.get_by_role("switch", name="Autopay Enrollment").check()
    type_billing(page)
    type_bank(page)
    be_human(page)
    press(page, "Submit")
    box = page.locator(".box[data-tone=ok]", has_text=GREEN)
    expect(box).to_be_visible(timeout=40_000)
    until = words.day(vendor.today + timedelta(days=10))
    note = f"Bank account ending in 6789 is being verified until {until}. Charges are held until you confirm it"
    expect(box).to_contain_text(note)
    assert page.get_by_role("link", name="Confirm this account").get_attribute("href") == vendor.value(
        "select verification_link from method"
    )
    page.goto(page.url.partition("/service-center")[0] + "/classic/ehr/pay-bill/")
    expect(page.locator("main")).to_contain_text(note)
    confirm(page)


def test_A15_N4_an_account_whose_tries_are_used_up_never_pays_and_says_so(vendor: House, owner_at: Page) -> None:
    page = owner_at
    page.get_by_role("link", name="Wallet").first.click()
    page.get_by_role("link", name="Add payment method").click()
    type_bank(page)
    be_human(page)
    press(page, "Save")
    expect(page.locator("main")).to_contain_text("Being checked", timeout=40_000)
    wallet = page.url
    confirm(page, ("10", "11"), "exceeded the number of allowed verification attempts")
    page.goto(wallet)
    page.get_by_role("button", name="I have confirmed it").click()
    said = "Bank account ending in 6789 could not be confirmed. Remove it and add it again."
    expect(page.locator(".flash")).to_contain_text(said, timeout=40_000)
    expect(page.locator("main")).to_contain_text("Not confirmed")
    assert vendor.rows("select verified, verification, retry_at from method") == [
        {"verified": False, "verification": "", "retry_at": None}
    ]


def test_A15_an_account_that_was_not_confirmed_in_time_says_what_to_do(vendor: House, payer: int) -> None:
    vendor.card(payer, "6789", kind="bank", default=False)
    vendor.run("update method set verified = false, verification = '', verification_link = ''")
    page = read(practice(vendor, payer), WALLET)
    assert "Not confirmed" in page
    assert "This account was not confirmed in time, so it can never pay. Remove it and add it again." in page


@pytest.mark.parametrize(("width", "scheme"), VIEWS)
def test_pay_once_and_the_wallet_are_accessible_and_fit_in_each_state(
    enrolling: str, vendor: House, browser: Browser, width: int, scheme: str
) -> None:
    payer, empty = account(vendor), account(vendor, "Lakeside Pediatrics")
    bill(vendor)
    card = vendor.card(payer)
    vendor.card(payer, "4444", "mastercard", default=False)
    bank = vendor.card(payer, "6789", kind="bank", default=False)
    enroll(vendor, payer)
    vendor.run("update method set exp_year = 2020 where last4 = '4444'")
    vendor.run(
        """update method set verified = false, verification = 'seti_1', verification_link = 'http://localhost/confirm',
               verify_until = %(at)s where id = %(bank)s""",
        at=vendor.now + timedelta(days=10),
        bank=bank,
    )
    vendor.run("update method set hold_ref = 'pi', hold_minor = 100, hold_placed_at = now() where id = %(card)s", card=card)
    client, uid = practice(vendor, payer), vendor.uid("method", card)
    addresses = [
        *(PAY_OA_BILL + page for page in ("", "pay", f"review?amount=100.00&method={uid}")),
        *(WALLET + page for page in ("", "add", f"{uid}/remove", f"{vendor.uid('method', bank)}/remove")),
        *("/classic/ehr/" + page for page in ("pay", f"pay/review?amount=100.00&method={uid}", "wallet/", "wallet/add")),
        f"/classic/ehr/wallet/{uid}/remove",
    ]
    wrong = looks(browser, (enrolling, f"owner{payer}@practice.test"), addresses, width, scheme)
    confirm_payment(client, PAY_OA_BILL, "100.00", uid)
    paid = vendor.value("select uid::text from charge")
    for state in ("due", "unknown"):
        if state != "due":
            vendor.came_to(vendor.value("select id from invoice order by id limit 1"), state)
        own = [f"{MANAGE}payments/{paid}/", f"/classic/ehr/payments/{paid}/", PAY_OA_BILL]
        wrong += looks(browser, (enrolling, f"owner{payer}@practice.test"), own, width, scheme)
    practice(vendor, empty)
    wrong += looks(browser, (enrolling, f"owner{empty}@practice.test"), [WALLET, "/classic/ehr/wallet/"], width, scheme)
    assert wrong == []


def looks(browser: Browser, who: tuple[str, str], addresses: list[str], width: int, scheme: str) -> list[str]:
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)  # type: ignore[arg-type]
    page = context.new_page()
    log_in(page, *who)
    wrong: list[str] = []
    for address in addresses:
        tab = context.new_page()
        wrong += [each for each in look(tab, who[0] + address, width) if "asked http://127.0.0.1" not in each]
        tab.close()
    context.close()
    return wrong
