"""The card and bank fields in a browser: what is typed reaches the sandbox and never the page around (A13-A15)."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from typing import Any

import pytest
from aiohttp import web
from playwright.sync_api import Browser, Page, Route, expect, sync_playwright

from sandbox_processor.http_front import Settings, application
from sandbox_processor.sandbox import Sandbox

from .serving import served

APP_PAGE = """<!doctype html><html lang="en"><title>App</title>
<label id="number-label">Credit Card Number</label>
<div id="number"></div><div id="expiry"></div><div id="cvc"></div>
<div id="routing"></div><div id="account"></div><div id="again"></div>
<script src="{sandbox}/fields.js"></script>
<script>
window.heard = [];
addEventListener("message", (event) => heard.push(JSON.stringify(event.data)));
window.states = {{}};
window.fields = SandboxFields("pk_test_browser");
const mount = (kind, id, label) => fields.create(kind, {{mount: document.getElementById(id), label, theme: "light", lang: "{lang}",
  density: "classic", placeholder: "1234 5678 9012 3456"}}).on("change", (state) => {{ states[kind] = state; }});
mount("cardNumber", "number", "Credit Card Number");
mount("cardExpiry", "expiry", "Expiration Date");
mount("cardCvc", "cvc", "CVV");
mount("bankRouting", "routing", "Routing Number");
mount("bankAccount", "account", "Account Number");
mount("bankAccountAgain", "again", "Account Number again");
</script></html>"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    path = shutil.which("chromium") or shutil.which("chromium-browser")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()


class World:
    """An app page on one origin, the sandbox on another, a browser before both."""

    def __init__(self, page: Page, sandbox: Sandbox, sandbox_url: str, app_url: str) -> None:
        self.page, self.sandbox, self.sandbox_url, self.app_url = page, sandbox, sandbox_url, app_url

    def open(self, lang: str = "en") -> None:
        self.page.goto(f"{self.app_url}/?lang={lang}")

    def field(self, label: str) -> Any:
        return self.page.frame_locator(f'iframe[title="{label}"]').get_by_label(label)

    def type_card(self, number: str, expiry: str = "1234", cvc: str = "123") -> None:
        for label, typed in (("Credit Card Number", number), ("Expiration Date", expiry), ("CVV", cvc)):
            self.field(label).press_sequentially(typed)

    def type_account(self, routing: str, account: str, again: str) -> None:
        for label, typed in (("Routing Number", routing), ("Account Number", account), ("Account Number again", again)):
            self.page.frame_locator(f'iframe[title="{label}"]').get_by_label(label, exact=True).press_sequentially(typed)

    def save(self, kind: str) -> Any:
        ask = "kind => fields.createPaymentMethod({type: kind, billing_details: {name: 'Ann Payer'}})"
        return self.page.evaluate(ask, kind)

    def becomes(self, expression: str) -> None:
        """Wait until it is true on the page: how fields stand is told by message."""
        self.page.wait_for_function(expression, timeout=5_000)

    def everything_the_page_knows(self) -> str:
        return str(self.page.evaluate("document.documentElement.outerHTML + JSON.stringify(states) + heard.join()"))


@pytest.fixture
def world(browser: Browser) -> Iterator[World]:
    made: list[Sandbox] = []
    app_origin: list[str] = []

    def the_app(address: str) -> web.Application:
        app_origin.append(address)
        app = web.Application()

        async def index(request: web.Request) -> web.Response:
            text = APP_PAGE.format(sandbox=made[0].origin, lang=request.query.get("lang", "en"))
            return web.Response(text=text, content_type="text/html")

        app.router.add_get("/", index)
        return app

    def the_sandbox(address: str) -> web.Application:
        made.append(Sandbox(origin=address))
        return application(made[0], Settings(app_origins=tuple(app_origin)))

    with served(the_app, "localhost") as app_url, served(the_sandbox) as sandbox_url:
        context = browser.new_context()
        page = context.new_page()
        yield World(page, made[0], sandbox_url, app_url)
        context.close()


def test_A14_a_card_is_typed_in_frames_and_the_page_gets_only_its_token(world: World) -> None:
    world.open()
    world.type_card("4242424242424242")
    expect(world.field("Credit Card Number")).to_have_value("4242 4242 4242 4242")
    expect(world.field("Expiration Date")).to_have_value("12/34")
    method = world.save("card")["paymentMethod"]
    assert method["card"]["last4"] == "4242"
    assert method["billing_details"]["name"] == "Ann Payer"
    world.becomes("states.cardNumber.complete && !states.cardNumber.empty && states.cardNumber.brand === 'visa'")
    known = world.everything_the_page_knows()
    assert "pm_" in known
    assert "424242" not in known.replace(" ", "")
    row = world.sandbox.state.account("browser").table("payment_method").rows[method["id"]]
    assert "42424242" not in str(row)


def test_A14_what_is_typed_before_the_field_s_script_has_come_counts(world: World) -> None:
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    world.page.route("**/field.js", hold)
    world.page.goto(f"{world.app_url}/", wait_until="commit")
    for label, typed in (("Credit Card Number", "4242424242424242"), ("Expiration Date", "1234"), ("CVV", "123")):
        world.field(label).fill(typed)
    while held:
        held.pop().continue_()
    world.page.unroute("**/field.js")
    world.becomes("['cardNumber', 'cardExpiry', 'cardCvc'].every((kind) => states[kind]?.complete)")
    expect(world.field("Credit Card Number")).to_have_value("4242 4242 4242 4242")


def test_A14_a_card_is_saved_whichever_of_the_frames_answer_first(world: World) -> None:
    """A bank account's second number was heard before a slow card frame, and its first was missed: the page waited for ever."""
    world.open()
    world.type_card("4242424242424242")
    frames = {frame.url.split("/fields/")[-1].split("?")[0]: frame for frame in world.page.frames}
    frames["bankAccount"].evaluate("room.close()")
    frames["cardCvc"].evaluate(
        """() => {
            const late = new BroadcastChannel(room.name);
            room.close();
            late.onmessage = ({data}) => data.ask && setTimeout(() =>
                late.postMessage({to: data.ask, kind: setup.kind, value: digits(), problem: problem()}), 500);
        }"""
    )
    assert world.save("card")["paymentMethod"]["card"]["last4"] == "4242"


def test_A14_fields_say_at_once_what_is_wrong(world: World) -> None:
    world.open()
    number = world.field("Credit Card Number")
    number.press_sequentially("4242 4242 4242 4241")
    expect(number).to_have_attribute("aria-invalid", "true")
    world.becomes("states.cardNumber?.code === 'incorrect_number'")
    world.field("Expiration Date").press_sequentially("0120")
    world.becomes("states.cardExpiry?.code === 'invalid_expiry_year'")
    world.field("CVV").press_sequentially("1")
    world.becomes("states.cardCvc?.complete === false && states.cardCvc.invalid === false")
    number.focus()
    world.becomes("states.cardCvc.invalid")  # left unfinished
    assert world.save("card") == {
        "error": {"field": "cardNumber", "code": "incorrect_number", "message": "This card number has a typing error."}
    }


def test_no_real_card_can_be_typed_into_a_demo(world: World) -> None:
    asked: list[str] = []
    world.page.on("request", lambda request: asked.append(f"{request.url} {request.post_data or ''}"))
    world.open()
    world.type_card("4000056655665564")
    answer = world.save("card")
    assert answer["error"]["field"] == "cardNumber"
    assert answer["error"]["code"] in ("incorrect_number", "not_a_test_number")
    world.field("Credit Card Number").fill("")
    world.field("Credit Card Number").press_sequentially("4111111111111111")
    assert world.save("card")["error"]["code"] == "not_a_test_number"
    assert not any("/v1/" in line for line in asked), "it does not even leave the frame"


def test_A22_a_refusal_names_the_reason(world: World) -> None:
    world.open()
    world.type_card("4000000000000069")
    secret = _setup_intent(world)
    ask = "secret => fields.confirmSetup(secret, {type: 'card', billing_details: {name: 'Ann'}})"
    error = world.page.evaluate(ask, secret)["error"]
    assert (error["code"], error["message"]) == ("expired_card", "Your card has expired.")


def _setup_intent(world: World) -> str:
    work = world.sandbox.work_on("browser")
    from sandbox_processor.operations import setup_intents

    intent = setup_intents.create(work, {})
    world.sandbox.finish(work)
    return str(intent["client_secret"])


def test_a_card_is_set_up_from_the_fields(world: World) -> None:
    world.open()
    world.type_card("5555555555554444")
    ask = "secret => fields.confirmSetup(secret, {type: 'card', billing_details: {name: 'Ann'}})"
    intent = world.page.evaluate(ask, _setup_intent(world))["setupIntent"]
    assert intent["status"] == "succeeded"


def test_A15_a_bank_account_is_asked_twice_and_check_digit_tested(world: World) -> None:
    world.open()
    world.type_account("110000001", "000123456789", "000123456780")
    world.becomes("states.bankRouting?.code === 'routing_number_invalid'")
    routing = world.field("Routing Number")
    routing.fill("")
    routing.press_sequentially("110000000")
    assert world.save("us_bank_account")["error"]["code"] == "accounts_differ"
    again = world.field("Account Number again")
    again.fill("")
    again.press_sequentially("000123456789")
    method = world.save("us_bank_account")["paymentMethod"]
    assert (method["us_bank_account"]["last4"], method["us_bank_account"]["routing_number"]) == ("6789", "110000000")
    assert "000123456789" not in world.everything_the_page_knows()


def test_a_field_is_one_labelled_input_in_the_look_asked_for(world: World) -> None:
    world.open("es")
    frame = world.page.frame_locator('iframe[title="Credit Card Number"]')
    assert frame.locator("input, select, textarea, button").count() == 1
    expect(frame.get_by_label("Credit Card Number")).to_have_attribute("placeholder", "1234 5678 9012 3456")
    expect(frame.locator("html")).to_have_attribute("data-density", "classic")
    expect(frame.locator("html")).to_have_attribute("lang", "es")
    style = frame.locator("input").evaluate("e => [getComputedStyle(e).borderTopWidth, getComputedStyle(e).fontSize]")
    assert style == ["0px", "14px"]
    frame.get_by_label("Credit Card Number").press_sequentially("4242424242424241")
    world.becomes("states.cardNumber?.message === 'El número de la tarjeta tiene un error.'")


def test_only_the_app_may_show_the_fields(world: World) -> None:
    answer = world.page.request.get(f"{world.sandbox_url}/fields/cardNumber?parent=http://elsewhere.example")
    assert answer.status == 403
    good = world.page.request.get(f"{world.sandbox_url}/fields/cardNumber?parent={world.app_url}")
    policy = good.headers["content-security-policy"]
    assert f"frame-ancestors {world.sandbox_url} {world.app_url}" in policy
    assert "default-src 'none'" in policy


def test_the_demo_page_of_the_fields_works(world: World) -> None:
    page = world.page
    page.goto(f"{world.sandbox_url}/_sandbox/fields")
    expect(page.get_by_text("Sandbox. No real money. Not affiliated with Stripe.")).to_be_visible()
    page.locator("form[data-type=card]").get_by_label("Account holder name").fill("Ann Payer")
    for label, typed in (("Card number", "4242424242424242"), ("Expiration date", "1234"), ("CVV", "123")):
        page.frame_locator(f'iframe[title="{label}"]').get_by_label(label).press_sequentially(typed)
    page.locator("form[data-type=card] button").click()
    expect(page.locator("form[data-type=card] output")).to_contain_text("Saved as pm_")


def test_the_payer_completes_or_fails_the_authentication(world: World) -> None:
    page = world.page
    for answer, outcome, redirect in (("Complete", "succeeded", "succeeded"), ("Fail", "requires_payment_method", "failed")):
        made = page.request.post(
            f"{world.sandbox_url}/v1/payment_intents",
            headers={"Authorization": "Bearer sk_test_browser"},
            form={
                "amount": "900",
                "currency": "usd",
                "payment_method": "pm_card_authenticationRequired",
                "confirm": "true",
                "return_url": f"{world.app_url}/?lang=en&step=2",
            },
        ).json()
        page.goto(made["next_action"]["redirect_to_url"]["url"])
        page.get_by_role("button", name=answer).click()
        page.wait_for_url(f"{world.app_url}/**")
        assert f"redirect_status={redirect}" in page.url
        assert f"payment_intent={made['id']}" in page.url
        row = world.sandbox.state.account("browser").table("payment_intent").rows[made["id"]]
        assert row.object["status"] == outcome
