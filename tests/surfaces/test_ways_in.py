"""The ways to the bill as the guide names them, on all four houses of one account; and from one account to another (A1 to A6, A42)."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Page, expect

from autopay.parties.models import Role, User
from autopay.surfaces.shared.account_switcher import same_page
from autopay.surfaces.shared.products import Product
from tests.surfaces.house import House
from tests.surfaces.test_accounts import CLASSIC, PAY_OA_BILL, account, bill, enroll, practice, read
from tests.surfaces.test_looks import VIEWS, log_in, look

GREEN_NEW = "Congratulations! You are enrolled in autopay."
GREEN_CLASSIC = "Congratulations! You Are Currently Enrolled in Autopay."
NAMES = {"classic": "Classic Service Center", "practice-mate": "Practice Mate", "ehr": "EHR 24/7"}
HISTORY = "/service-center/account-management/history/"


def owner(vendor: House, *payers: int, email: str = "owner@practice.test") -> str:
    vendor.login(email, Role.ACCOUNT_OWNER, payer_id=payers[0])
    for payer in payers[1:]:
        User.objects.get(email=email).memberships.create(biller_id=vendor.id, role=Role.ACCOUNT_OWNER, payer_id=payer)
    return email


def test_A2_A1_the_guide_s_way_in_the_new_service_center(enrolling: str, page: Page, vendor: House) -> None:
    payer = account(vendor)
    log_in(page, enrolling, owner(vendor, payer))
    page.get_by_role("link", name="Account Management", exact=True).first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Account Management")
    for _ in range(2):  # a second click hides nothing
        page.get_by_role("link", name="Account Management", exact=True).first.click()
        expect(
            page.get_by_role("navigation", name="Service Center").get_by_role("link", name="Pay Office Ally Bill")
        ).to_be_visible()
    page.get_by_role("main").get_by_role("link", name="Pay Office Ally Bill").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Pay OA Bill")
    expect(page.get_by_role("link", name="Edit/Cancel Autopay")).to_have_count(0)
    page.get_by_role("link", name="Enroll in Autopay").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Autopay Settings")
    vendor.card(payer)
    enroll(vendor, payer)
    page.goto(enrolling + PAY_OA_BILL)
    expect(page.get_by_role("link", name="Enroll in Autopay")).to_have_count(0)
    page.get_by_role("link", name="Edit/Cancel Autopay").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Autopay Settings")
    page.goto("about:blank")


@pytest.mark.parametrize("javascript", [True, False])
def test_A42_A3_A4_A5_from_the_drop_down_to_pay_bill_in_every_classic_house(
    site: str, browser: Browser, vendor: House, javascript: bool
) -> None:
    email = owner(vendor, account(vendor))
    context = browser.new_context(java_script_enabled=javascript)
    page = context.new_page()
    log_in(page, site, email)
    for slug, name in NAMES.items():
        page.goto(site + PAY_OA_BILL)
        page.get_by_role("button", name="Product").click()
        page.get_by_role("navigation", name="Products").get_by_role("link", name=name, exact=True).click()
        if slug != "classic":
            page.get_by_role("link", name="Manage Office").first.click()
            expect(page.get_by_role("heading", level=1)).to_have_text("Manage Office")
            page.get_by_role("main").get_by_role("link", name="Pay Bill").click()
        else:
            page.get_by_role("link", name="Pay Bill").first.click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Pay Bill")
        expect(page.get_by_role("button", name=name)).to_be_visible()
        warning = page.locator("main > .box[data-tone=warn]:visible").last
        expect(warning).to_contain_text(
            'You are not currently enrolled in autopay. Click the "Enroll in Autopay" button to enroll.'
        )
        expect(warning.locator("svg")).to_be_visible()
        expect(warning.get_by_role("link", name="Enroll in Autopay")).to_be_visible()
    context.close()


@pytest.mark.parametrize("address", [PAY_OA_BILL, "/classic/classic/pay-bill/", "/classic/ehr/history/"])
def test_A3_A6_the_product_drop_down_is_upper_left_and_first_in_tab_order(
    site: str, page: Page, vendor: House, address: str
) -> None:
    log_in(page, site, owner(vendor, account(vendor)))
    page.goto(site + address)
    page.keyboard.press("Tab")
    picker = page.locator(".picker").first
    expect(picker).to_be_focused()
    box = picker.bounding_box()
    assert box is not None
    assert (box["x"], box["y"]) < (100, 20)
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to main content")).to_be_focused()
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(page.get_by_role("navigation", name="Products").get_by_role("link").first).to_be_focused()
    current = page.get_by_role("navigation", name="Products").locator("[aria-current]")
    expect(current).to_have_count(1)


def test_A6_enrolled_or_cancelled_in_one_house_is_so_in_all_four_at_once(site: str, page: Page, vendor: House) -> None:
    payer = account(vendor)
    vendor.card(payer)
    log_in(page, site, owner(vendor, payer))

    def green() -> list[bool]:
        seen = []
        for address, words in ((PAY_OA_BILL, GREEN_NEW), *((f"/classic/{slug}/pay-bill/", GREEN_CLASSIC) for slug in CLASSIC)):
            page.goto(site + address)
            seen.append(page.get_by_text(words).count() == 1)
        return seen

    assert green() == [False] * 4
    enroll(vendor, payer)
    assert green() == [True] * 4
    page.goto(site + "/classic/practice-mate/autopay-settings/")
    page.get_by_label("Type the word cancel").fill("cancel")
    page.get_by_role("button", name="Submit").click()
    expect(page.locator(".flash")).to_contain_text("Autopay was cancelled")
    assert green() == [False] * 4


def test_A6_an_account_with_one_product_lands_in_it_and_sees_no_other(site: str, page: Page, vendor: House) -> None:
    log_in(page, site, owner(vendor, account(vendor, products=("practice-mate",))))
    expect(page.get_by_role("heading", level=1)).to_have_text("Pay Bill")
    expect(page.locator("header .one-product")).to_have_text("Practice Mate")
    expect(page.locator("header .picker")).to_have_count(0)
    for name in ("Service Center", "EHR 24/7"):
        expect(page.get_by_text(name)).to_have_count(0)
    for address in (PAY_OA_BILL, "/classic/classic/pay-bill/", "/classic/ehr/pay-bill/", "/classic/service-center/pay-bill/"):
        answer = page.goto(site + address)
        assert answer is not None
        assert answer.status == 404


def test_A6_who_owns_several_accounts_goes_to_another_and_stays_on_the_page(site: str, page: Page, vendor: House) -> None:
    first, second = account(vendor, "Green Valley"), account(vendor, "Lakeside", products=("service-center",))
    bill(vendor)
    log_in(page, site, owner(vendor, first, second))
    page.goto(site + HISTORY)
    page.get_by_role("button", name="Account: Green Valley").click()
    page.get_by_role("button", name="Lakeside").click()
    assert page.url == site + HISTORY
    expect(page.get_by_role("button", name="Account: Lakeside")).to_be_visible()
    expect(page.locator("main")).to_contain_text("$39.95")
    page.goto(site + PAY_OA_BILL)
    page.get_by_role("button", name="Product").click()
    expect(page.get_by_role("navigation", name="Products").get_by_role("link")).to_have_count(2)
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Account: Lakeside").click()
    page.get_by_role("button", name="Green Valley").click()
    page.goto(site + "/classic/ehr/products/")
    page.get_by_role("button", name="Account: Green Valley").click()
    page.get_by_role("button", name="Lakeside").click()
    assert page.url == site + PAY_OA_BILL, "Lakeside has no EHR: it opens where Lakeside has a door"


def test_A6_going_to_another_account_asks_before_typed_words_are_lost(site: str, page: Page, vendor: House) -> None:
    first, second = account(vendor, "Green Valley"), account(vendor, "Lakeside")
    vendor.card(first)
    enroll(vendor, first)
    log_in(page, site, owner(vendor, first, second))
    page.goto(site + "/classic/ehr/autopay-settings/")
    page.get_by_label("Type the word cancel").fill("canc")
    asked: list[str] = []
    page.once("dialog", lambda dialog: (asked.append(dialog.message), dialog.dismiss()))
    page.get_by_role("button", name="Account: Green Valley").click()
    page.get_by_role("button", name="Lakeside").click()
    assert asked == ["What you typed here is lost when you go to another account. Go on?"]
    expect(page.get_by_label("Type the word cancel")).to_have_value("canc")
    page.once("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="Lakeside").click()
    expect(page.get_by_role("button", name="Account: Lakeside")).to_be_visible()


def test_A6_on_a_phone_the_other_account_is_in_the_menu(site: str, browser: Browser, vendor: House) -> None:
    email = owner(vendor, account(vendor, "Green Valley"), account(vendor, "Lakeside"))
    context = browser.new_context(viewport={"width": 375, "height": 800}, java_script_enabled=False)
    page = context.new_page()
    log_in(page, site, email)
    page.get_by_role("button", name="Menu").click()
    page.get_by_role("button", name="Lakeside").click()
    page.get_by_role("button", name="Menu").click()
    expect(page.locator(".side .who")).to_contain_text("Lakeside")
    context.close()


def test_A6_one_account_is_plain_text_and_nobody_enters_somebody_else_s(vendor: House) -> None:
    mine, theirs = account(vendor, "Green Valley"), account(vendor, "Lakeside")
    client = practice(vendor, mine)
    practice(vendor, theirs)
    assert b"switch_account" not in client.get(PAY_OA_BILL).content
    assert b'popovertarget="accounts"' not in client.get(PAY_OA_BILL).content
    other = vendor.value("select id from membership where payer_id = %(p)s", p=theirs)
    for wanted in (str(other), "", "x", "999999"):
        assert client.post("/account/switch", {"membership": wanted, "next": PAY_OA_BILL}).status_code == 404
    assert client.get("/account/switch").status_code == 405
    assert "Green Valley" in read(client, PAY_OA_BILL)


def test_A6_accounts_of_two_billers_say_whose_they_are(vendor: House) -> None:
    second = House(vendor.owner, "vendor", "Clearing House", "CH")
    mine, theirs = account(vendor, "Green Valley"), account(second, "Green Valley")
    client = practice(vendor, mine)
    user = User.objects.get(memberships__payer_id=mine)
    there = user.memberships.create(biller_id=second.id, role=Role.ACCOUNT_OWNER, payer_id=theirs)
    assert "Green Valley Office Ally Green Valley Clearing House" in read(client, PAY_OA_BILL)
    answer = client.post("/account/switch", {"membership": there.pk, "next": PAY_OA_BILL}, follow=True)
    assert "Pay CH Bill" in answer.content.decode()


DOORS = [Product("service-center", "Service Center", "/a"), Product("classic", "Classic", "/b"), Product("ehr", "EHR", "/c")]
A_UID = "6f1c9f7e-0000-4000-8000-000000000000"


@pytest.mark.parametrize(
    ("address", "there"),
    [
        (PAY_OA_BILL, PAY_OA_BILL),
        (HISTORY + "?show=bills&page=2", HISTORY),
        ("/classic/ehr/manage-office/", "/classic/ehr/manage-office/"),
        ("/classic/practice-mate/history/", "/a"),
        (f"/service-center/account-management/bills/{A_UID}/", HISTORY),
        (f"/classic/ehr/receipts/{A_UID}/", "/classic/ehr/history/"),
        (f"/classic/ehr/products/{A_UID}/", "/classic/ehr/products/"),
        ("/office/", "/a"),
        ("/no/such/page", "/a"),
    ],
)
def test_A6_the_same_page_of_the_other_account(address: str, there: str) -> None:
    assert same_page(address, DOORS) == there


@pytest.mark.parametrize(("width", "scheme"), VIEWS)
def test_A6_with_several_accounts_the_pages_are_accessible_and_fit(
    site: str, vendor: House, browser: Browser, width: int, scheme: str
) -> None:
    first = account(vendor, "The Very Long Name of a Family Practice in Green Valley")
    email = owner(vendor, first, account(vendor, "Lakeside Pediatrics"))
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)  # type: ignore[arg-type]
    page = context.new_page()
    log_in(page, site, email)
    wrong = look(page, site + PAY_OA_BILL, width) + look(page, site + "/classic/classic/pay-bill/", width)
    page.get_by_role("button", name="Account: The Very").click()
    expect(page.get_by_role("button", name="Lakeside Pediatrics")).to_be_visible()
    context.close()
    assert wrong == []
