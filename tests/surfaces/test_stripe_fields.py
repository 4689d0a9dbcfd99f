"""With a Stripe account of the biller's own: Stripe's script from Stripe's host, single-field Elements, and a policy that names them here only.

Nothing of Stripe's is reached: its script is answered by a stand-in that implements the documented calls and records them.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.test import Client
from playwright.sync_api import Page, Route, expect

from autopay.conf import conf
from autopay.parties.models import Role
from autopay.processors.accounts import Keys, connect
from tests.surfaces.house import House, text
from tests.surfaces.test_accounts import PAY_OA_BILL, account, bill, practice
from tests.surfaces.test_enroll import SETTINGS
from tests.surfaces.test_looks import log_in
from tests.surfaces.test_pay_once import MANAGE, press

STAND_IN = Path(__file__).with_name("stripe_stand_in.js")
SCRIPT = "https://js.stripe.com/dahlia/stripe.js?advancedFraudSignals=false"
WITH_FIELDS = (SETTINGS, PAY_OA_BILL + "pay", MANAGE + "wallet/add", "/classic/ehr/pay", "/classic/ehr/pay-bill/enroll")
WITHOUT = (PAY_OA_BILL, MANAGE + "wallet/", MANAGE + "history/", "/classic/ehr/pay-bill/", "/classic/ehr/wallet/")


def with_stripe(vendor: House, mode: str) -> int:
    """Connected to Stripe itself; returns an account with an open bill."""
    with vendor.owner.transaction() as tx:
        connect(tx, vendor.id, Keys("", f"pk_{mode}_1", f"sk_{mode}_1", "whsec_1"), conf().secret)
    payer = account(vendor)
    bill(vendor)
    return payer


@pytest.fixture(params=["test", "live"])
def payer(vendor: House, request: pytest.FixtureRequest) -> int:
    return with_stripe(vendor, request.param)


def policy(client: Client, address: str) -> dict[str, list[str]]:
    header = client.get(address)["Content-Security-Policy"]
    return {name: values for name, *values in (each.split() for each in header.split(";"))}


def test_A14_P3_stripe_is_named_in_the_policy_of_pages_with_card_fields_and_of_no_other(vendor: House, payer: int) -> None:
    client = practice(vendor, payer)
    for address in WITH_FIELDS:
        allowed = policy(client, address)
        assert allowed["script-src"] == ["'self'", "https://js.stripe.com", "https://*.js.stripe.com"], address
        assert allowed["frame-src"] == ["https://js.stripe.com", "https://*.js.stripe.com", "https://hooks.stripe.com"]
        assert allowed["connect-src"] == ["'self'", "https://api.stripe.com"]
        assert "'unsafe-inline'" not in str(allowed)
        page = client.get(address).content.decode()
        assert page.count(f'<script src="{SCRIPT}" defer data-card-fields data-maker="StripeFields"') == 1
    for address in WITHOUT:
        assert "stripe" not in client.get(address)["Content-Security-Policy"]
        assert "js.stripe.com" not in client.get(address).content.decode()


def test_A15_bank_accounts_are_plainly_not_offered_and_refused_if_sent(vendor: House, payer: int) -> None:
    client = practice(vendor, payer)
    for address in WITH_FIELDS:
        page = client.get(address).content.decode()
        assert "Bank accounts are not offered with this connection yet." in text(page.encode())
        assert 'data-field="bankAccount"' not in page
    sent = {"kind": "bank", "amount": "10", "holder": "Green Valley", "token": "pm_bank", "allow_debit": "on"}
    answer = client.post(PAY_OA_BILL + "pay", sent)
    assert answer.status_code == 422
    assert "Bank accounts cannot be added here. Please use a card." in text(answer.content)
    assert vendor.value("select count(*) from method") == 0


@pytest.fixture
def stripe_page(site: str, vendor: House, page: Page) -> Iterator[Page]:
    """Logged in on a page whose js.stripe.com is the stand-in; any other host is refused by the browser."""

    def answer(route: Route) -> None:
        assert route.request.url == SCRIPT
        route.fulfill(body=STAND_IN.read_text(), content_type="text/javascript")

    page.route("https://js.stripe.com/**", answer)
    vendor.login("owner@practice.test", Role.ACCOUNT_OWNER, payer_id=with_stripe(vendor, "test"))
    log_in(page, site, "owner@practice.test")
    page.goto(site + MANAGE + "wallet/add")
    yield page
    page.goto("about:blank")


def test_A14_A17_the_elements_are_mounted_and_their_token_is_what_is_sent(vendor: House, stripe_page: Page) -> None:
    page, sent = stripe_page, []
    page.on("request", lambda request: sent.append(request.post_data or "") if request.method == "POST" else None)
    press(page, "Save")
    expect(page.locator("form .error", has_text="Please fill this in.").first).to_be_visible()
    page.get_by_label("Account Holder Name").fill("Hannah Brooks")
    number = page.get_by_label("stand-in cardNumber")
    number.fill("4242")
    expect(page.locator("form .error", has_text="Your details are not complete.")).to_be_visible()
    number.fill("4000000000000069")
    page.get_by_label("stand-in cardExpiry").fill("12/40")
    page.get_by_label("stand-in cardCvc").fill("123")
    page.get_by_label("I'm not a robot").click()
    expect(page.locator("input[name=human]")).not_to_have_value("", timeout=40_000)
    press(page, "Save")
    expect(page.locator('[data-frame="cardExpiry"] .error')).to_contain_text("Your card has expired.")
    calls = page.evaluate("window.stripeCalls")
    assert calls[0][:2] == [
        "Stripe",
        vendor.value("select publishable_key from processor_account where biller_id = %(b)s", b=vendor.id),
    ]
    assert [call[1] for call in calls if call[0] == "create"] == ["cardNumber", "cardExpiry", "cardCvc"]
    assert [call[2] for call in calls if call[0] == "mount"] == ["cardNumber", "cardExpiry", "cardCvc"]
    assert next(call for call in calls if call[0] == "create")[2] == [
        "color",
        "fontFamily",
        "fontSize",
        "iconColor",
        "::placeholder",
    ]
    assert calls[-1] == ["createPaymentMethod", "card", "cardNumber", {"name": "Hannah Brooks"}]
    number.fill("4242424242424242")
    vendor.run("update processor_account set api_base = 'http://127.0.0.1:9'")  # where the server would ask: nobody is there
    press(page, "Save")
    expect(page.get_by_role("alert").filter(has_text="We do not know yet if your card was saved.")).to_be_visible(timeout=40_000)
    assert vendor.rows("select token, state from method") == [{"token": "pm_standin1", "state": "offered"}]
    assert "pm_standin1" in sent[-1]
    assert "4242424242424242" not in "".join(sent)


def test_A14_without_stripes_script_the_page_says_so(site: str, vendor: House, page: Page) -> None:
    page.route("https://js.stripe.com/**", lambda route: route.abort())
    vendor.login("owner@practice.test", Role.ACCOUNT_OWNER, payer_id=with_stripe(vendor, "test"))
    log_in(page, site, "owner@practice.test")
    page.goto(site + MANAGE + "wallet/add")
    expect(page.get_by_text("The card fields did not load.")).to_be_visible()
