"""The first page: a newcomer makes things go wrong in two clicks, sees the book, and is told what this is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import Browser, Page, expect
from playwright.sync_api import Error as PlaywrightError

from sandbox_processor.http_front import application
from sandbox_processor.sandbox import Sandbox

from .serving import served

HEADERS = {"Authorization": "Bearer sk_test_browser"}


@dataclass
class Desk:
    """The page, and an API caller beside it."""

    page: Page
    url: str
    sandbox: Sandbox

    def ask(self, path: str, **form: str) -> dict[str, object]:
        answer = self.page.request.post(f"{self.url}/v1/{path}", headers=HEADERS, form=dict(form.items()))
        assert answer.ok, answer.text()
        return dict(answer.json())

    def save(self, holder: str) -> tuple[str, str]:
        customer = str(self.ask("customers", **{"metadata[payer]": holder[:1]})["id"])
        sent = {"type": "card", "card[token]": "tok_visa", "billing_details[name]": holder}
        method = str(self.ask("payment_methods", **sent)["id"])
        self.ask(f"payment_methods/{method}/attach", customer=customer)
        return customer, method

    def pay(self, customer: str, method: str) -> bool:
        """Whether an answer came."""
        form = {"amount": "2500", "currency": "usd", "customer": customer, "payment_method": method, "confirm": "true"}
        try:
            return self.page.request.post(
                f"{self.url}/v1/payment_intents", headers=HEADERS, form={**form, "off_session": "true"}
            ).ok
        except PlaywrightError:
            return False


@pytest.fixture
def desk(browser: Browser) -> Iterator[Desk]:
    sandbox = Sandbox()
    with served(lambda address: application(sandbox)) as url:
        page = browser.new_context().new_page()
        page.goto(f"{url}/")
        yield Desk(page, url, sandbox)
        page.context.close()


def test_the_next_payment_loses_its_answer_in_one_click_and_no_other_request_does(desk: Desk) -> None:
    customer, method = desk.save("James Lee")
    desk.page.get_by_role("button", name="Arm").click()
    expect(desk.page.get_by_role("status")).to_have_text("It is armed.")
    assert desk.page.request.get(f"{desk.url}/v1/payment_intents", headers=HEADERS).ok
    assert not desk.pay(customer, method)
    assert desk.pay(customer, method)
    desk.page.reload()
    expect(desk.page.locator("#next")).to_contain_text("All goes well so far.")
    expect(desk.page.locator("#book")).to_contain_text("2 payments, 50.00 kept")


def test_one_persons_card_loses_every_answer_in_two_clicks(desk: Desk) -> None:
    james, maria = desk.save("James Lee"), desk.save("Maria Alvarez")
    desk.page.reload()
    row = desk.page.get_by_role("row").filter(has_text="James Lee")
    row.get_by_role("combobox").select_option("lost_answer")
    row.get_by_role("button", name="Set").click()
    expect(desk.page.get_by_role("status")).to_have_text("From now on this method behaves as you chose.")
    assert not desk.pay(*james)
    assert desk.pay(*maria)
    expect(desk.page.locator("#next")).to_contain_text("every time")


def test_a_method_is_found_by_holder_and_told_to_decline(desk: Desk) -> None:
    (_, james), _ = desk.save("James Lee"), desk.save("Maria Alvarez")
    desk.page.reload()
    desk.page.get_by_label("Holder, customer or last four").fill("james")
    desk.page.get_by_role("button", name="Find").click()
    expect(desk.page.locator("#methods").get_by_role("combobox")).to_have_count(1)
    desk.page.get_by_label("Visa ending in 4242, James Lee").select_option("insufficient_funds")
    desk.page.get_by_role("button", name="Set").click()
    assert desk.sandbox.state.account("browser").table("payment_method").rows[james].private["behaviour"] == "insufficient_funds"


def test_an_armed_fault_is_ended_again_and_a_webhook_fault_has_no_operation(desk: Desk) -> None:
    desk.page.get_by_label("What happens").select_option("webhook_twice")
    desk.page.get_by_role("button", name="Arm").click()
    (fault,) = desk.sandbox.state.faults.values()
    assert fault["action"] == "webhook_twice"
    assert "operation" not in fault
    desk.page.get_by_role("button", name="End").click()
    expect(desk.page.get_by_role("status")).to_have_text("All goes well there again.")
    assert desk.sandbox.state.faults == {}


def test_the_clock_is_moved_by_a_button(desk: Desk) -> None:
    before = desk.sandbox.now()
    desk.page.get_by_role("button", name="One day on").click()
    expect(desk.page.get_by_role("status")).to_have_text("The clock was moved.")
    assert desk.sandbox.now() >= before + 86_400


@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize(
    "path", ["/", "/_sandbox/fields", "/_sandbox/requests/req_1", "/_sandbox/verify/seti_1", "/_sandbox/authenticate/pi_1"]
)
def test_every_page_says_what_it_is_and_fits_the_screen(desk: Desk, path: str, width: int) -> None:
    desk.pay(*desk.save("James Lee"))
    desk.page.set_viewport_size({"width": width, "height": 800})
    desk.page.goto(desk.url + path)
    expect(desk.page.get_by_text("Sandbox. No real money. Not affiliated with Stripe.")).to_be_visible()
    expect(desk.page.get_by_role("heading").first).to_be_visible()
    assert desk.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
