"""Whatever a browser, a hurried person or a bad line does to an enrollment: one method, one enrollment, and words that are true (F22)."""

from __future__ import annotations

import json
import re
import urllib.request

import pytest
from playwright.sync_api import Page, Route, expect

from autopay.agreements.models import Switch
from autopay.charging.switch import set_switch
from autopay.parties.models import Role
from autopay.tenancy import WebDatabase
from tests.surfaces.house import House
from tests.surfaces.test_accounts import PAY_OA_BILL, enroll
from tests.surfaces.test_enroll import DECLINED, GREEN, RED, SETTINGS, be_human, fill_in, submit, to_settings
from tests.surfaces.test_looks import log_in

NOT_KNOWN = "We do not know yet if your card was saved."
STALE = "Things changed since you opened this page. Nothing was charged. Please look again."
NO_ANSWER = "No answer. Nothing was saved. Please try again."
NO_ANSWER_YET = "No answer yet. Please press Submit again: nothing is done twice."


def sandbox(vendor: House, method: str, path: str, **sent: object) -> dict[str, list[dict[str, object]]]:
    url = str(vendor.value("select api_base from processor_account where biller_id = %(b)s", b=vendor.id)) + path
    body = json.dumps(sent).encode() if method == "POST" else None
    with urllib.request.urlopen(urllib.request.Request(url, body, method=method), timeout=10) as answer:
        return dict(json.load(answer))


def is_enrolled_once(vendor: House) -> None:
    """In our tables and at the payment company: no second customer, no second card, no hold left, nothing charged."""
    assert vendor.rows("select state, is_default from method") == [{"state": "usable", "is_default": True}]
    assert vendor.value("select count(*) from agreement_version where switch = 'on'") == 1
    assert vendor.value("select count(*) from consent") == 1
    assert vendor.value("select count(*) from charge") == 0
    book = sandbox(vendor, "GET", "/_sandbox/book?requests=1")
    attached = {str(each["path"]) for each in book["requests"] if str(each["path"]).endswith("/attach")}
    assert len(attached) == 1
    assert book["movements"] == []


def test_A17_a_double_click_on_submit_enrolls_once(vendor: House, practice: int, page: Page) -> None:
    to_settings(page)
    fill_in(page)
    be_human(page)
    page.get_by_role("button", name="Submit").dblclick()
    expect(page.locator("main")).to_contain_text(GREEN, timeout=40_000)
    expect(page.locator(".flash")).to_have_count(1)
    is_enrolled_once(vendor)


def two_tabs(page: Page, site: str) -> tuple[Page, Page]:
    """The same form, filled in twice."""
    other = page.context.new_page()
    for tab in (page, other):
        tab.goto(site + SETTINGS)
        fill_in(tab)
        be_human(tab)
    return page, other


def test_A17_the_second_of_two_tabs_is_told_and_saves_no_second_card(
    vendor: House, practice: int, page: Page, enrolling: str
) -> None:
    first, second = two_tabs(page, enrolling)
    submit(first)
    expect(first.locator("main")).to_contain_text(GREEN, timeout=40_000)
    submit(second)
    expect(second.locator("main")).to_contain_text(STALE, timeout=40_000)
    expect(second.locator("main")).to_contain_text(GREEN)
    expect(second.locator("main")).not_to_contain_text(RED)
    is_enrolled_once(vendor)
    second.close()


@pytest.mark.parametrize("height", [600, 720, 900])
def test_A17_a_click_on_submit_the_moment_the_card_is_typed_is_not_lost(
    vendor: House, practice: int, page: Page, height: int
) -> None:
    """A page that scrolls in the moment of a click lets it land in the card frame that was there before."""
    for last4 in ("4242", "4444"):
        vendor.card(practice, last4)
    page.set_viewport_size({"width": 1280, "height": height})
    to_settings(page)
    fill_in(page)
    expect(page.get_by_role("button", name="Submit")).to_be_in_viewport(ratio=1)  # nothing has to scroll
    page.get_by_role("button", name="Submit").click()
    page.get_by_label("I'm not a robot").click()
    expect(page.locator("main")).to_contain_text(GREEN, timeout=40_000)


def test_A17_two_tabs_at_the_same_moment_enroll_once(vendor: House, practice: int, page: Page, enrolling: str) -> None:
    first, second = two_tabs(page, enrolling)
    for tab in (first, second):
        tab.evaluate("document.querySelector('form[data-method-form]').requestSubmit()")
    for tab in (first, second):
        expect(tab.locator("main")).to_contain_text(GREEN, timeout=40_000)
    assert vendor.value("select count(*) from agreement_version where switch = 'on'") == 1
    assert vendor.value("select count(*) from consent") == 1
    assert vendor.value("select count(*) from method where is_default") == 1
    second.close()


def test_A19_back_after_the_success_shows_what_is_true_and_enrolls_nobody_again(
    vendor: House, practice: int, page: Page, enrolling: str
) -> None:
    to_settings(page)
    fill_in(page)
    be_human(page)
    submit(page)
    expect(page.locator("main")).to_contain_text(GREEN, timeout=40_000)
    page.go_back()
    expect(page.locator("main")).not_to_contain_text("You are not currently enrolled")
    page.goto(enrolling + PAY_OA_BILL)
    page.go_back()
    expect(page.locator("main")).not_to_contain_text(RED)
    page.goto(enrolling + SETTINGS)
    page.get_by_text("Change card or address").click()
    be_human(page)
    submit(page)
    expect(page.locator(".flash")).to_contain_text("saved successfully", timeout=40_000)
    assert vendor.value("select count(*) from method") == 1
    assert vendor.value("select count(*) from charge") == 0


def test_A32_back_after_a_cancellation_shows_the_red_box(vendor: House, practice: int, page: Page, enrolling: str) -> None:
    vendor.card(practice)
    enroll(vendor, practice)
    page.goto(enrolling + SETTINGS)
    expect(page.locator("main")).to_contain_text(GREEN)
    page.goto(enrolling + PAY_OA_BILL)
    set_switch(WebDatabase(), vendor.id, practice, Switch.OFF, vendor.by())
    page.go_back()
    expect(page.locator("main")).to_contain_text(RED)
    expect(page.locator("main")).not_to_contain_text(GREEN)


def test_A17_a_stale_page_is_told_so_and_its_card_is_not_saved(vendor: House, practice: int, page: Page) -> None:
    to_settings(page)
    fill_in(page)
    be_human(page)
    vendor.card(practice, "4444", "mastercard")
    enroll(vendor, practice)
    submit(page)
    expect(page.locator("main")).to_contain_text(STALE, timeout=40_000)
    assert vendor.rows("select last4 from method") == [{"last4": "4444"}]


@pytest.mark.parametrize("action", ["lost_before", "lost_after"])
@pytest.mark.parametrize("operation", ["payment_methods.attach", "payment_intents.create", "payment_intents.cancel"])
def test_A22_a_lost_answer_of_the_payment_company_is_said_and_looked_after(
    vendor: House, practice: int, page: Page, operation: str, action: str
) -> None:
    sandbox(vendor, "POST", "/_sandbox/faults", action=action, operation=operation)
    to_settings(page)
    fill_in(page)
    be_human(page)
    submit(page)
    told = page.locator(".box[role=alert]", has_text=NOT_KNOWN)
    expect(told).to_contain_text("You are not enrolled until this page shows green.", timeout=40_000)
    expect(page.locator("main")).to_contain_text(RED)
    assert vendor.value("select switch from agreement") == "off"
    told.get_by_role("button", name="Look again").click()
    expect(page.locator("main")).to_contain_text(GREEN, timeout=40_000)
    is_enrolled_once(vendor)
    assert vendor.value("select hold_released_at is not null from method")


def test_A22_loading_the_refusal_again_asks_no_bank_again(vendor: House, practice: int, page: Page) -> None:
    to_settings(page)
    fill_in(page, DECLINED)
    be_human(page)
    submit(page)
    refused = page.locator(".box[role=alert]", has_text="The bank said no.")
    expect(refused).to_be_visible(timeout=40_000)
    page.reload()
    expect(refused).to_be_visible()
    assert vendor.rows("select state, refused_reason from method") == [{"state": "refused", "refused_reason": "declined"}]
    asked = sandbox(vendor, "GET", "/_sandbox/book?requests=1")["requests"]
    assert sum(str(each["path"]).endswith("/attach") for each in asked) == 1


def test_A17_the_spinner_ends_when_the_payment_company_s_frame_is_silent(vendor: House, practice: int, page: Page) -> None:
    to_settings(page)
    page.clock.install()
    page.reload()
    fill_in(page)
    be_human(page)
    sandbox(vendor, "POST", "/_sandbox/faults", action="slow", operation="payment_methods.create", ms=300_000)
    submit(page)
    button = page.locator("button[type=submit][data-busy]")
    expect(button).to_have_text("Checking your payment method...")
    page.wait_for_timeout(2000)
    page.clock.fast_forward(31_000)
    expect(page.locator("#form-errors")).to_contain_text(NO_ANSWER)
    expect(button).to_have_text("Submit")
    expect(page.get_by_label("City *")).to_have_value("Petaluma")
    assert vendor.value("select count(*) from method") == 0
    sandbox(vendor, "DELETE", "/_sandbox/faults")
    submit(page)
    expect(page.locator("main")).to_contain_text(GREEN, timeout=40_000)
    is_enrolled_once(vendor)


@pytest.mark.parametrize("arrives", [False, True])
def test_A17_pressed_again_after_our_own_answer_was_lost_it_is_done_once(
    vendor: House, practice: int, page: Page, arrives: bool
) -> None:
    to_settings(page)
    page.clock.install()
    page.reload()
    fill_in(page)
    be_human(page)

    def swallow(route: Route) -> None:
        """The browser stays on the page, as if no answer ever came."""
        if route.request.method != "POST" or 'name="check"' in (route.request.post_data or ""):
            route.continue_()
            return
        if arrives:
            route.fetch(max_redirects=0)
        route.fulfill(status=204)

    page.route(re.compile(SETTINGS), swallow)
    submit(page)
    page.wait_for_timeout(4000)
    assert vendor.value("select switch from agreement") == ("on" if arrives else "off")
    page.clock.fast_forward(46_000)
    expect(page.locator("#form-errors")).to_contain_text(NO_ANSWER_YET)
    page.unroute(re.compile(SETTINGS))
    submit(page)
    expect(page.locator("main")).to_contain_text(GREEN, timeout=40_000)
    is_enrolled_once(vendor)


def test_A17_offline_nothing_is_sent_and_nothing_typed_is_lost(vendor: House, practice: int, page: Page) -> None:
    to_settings(page)
    fill_in(page)
    be_human(page)
    page.context.set_offline(True)
    page.get_by_role("button", name="Submit").click()
    expect(page.locator("#offline")).to_be_visible()
    expect(page.get_by_label("City *")).to_have_value("Petaluma")
    page.context.set_offline(False)
    submit(page)
    expect(page.locator("main")).to_contain_text(GREEN, timeout=40_000)
    is_enrolled_once(vendor)


def test_A17_who_was_logged_out_meanwhile_logs_in_and_nothing_was_saved(
    vendor: House, practice: int, page: Page, enrolling: str
) -> None:
    to_settings(page)
    fill_in(page)
    be_human(page)
    page.context.clear_cookies()
    submit(page)
    expect(page.locator("h1")).to_have_text("This page was open too long.", timeout=40_000)
    expect(page.locator("main")).to_contain_text("Nothing was sent, saved or charged.")
    assert vendor.value("select count(*) from method") == 0
    log_in(page, enrolling, "owner@practice.test")
    page.goto(enrolling + SETTINGS)
    expect(page.locator("main")).to_contain_text(RED)
    assert vendor.value("select count(*) from membership where role = %(r)s", r=Role.ACCOUNT_OWNER) == 1
