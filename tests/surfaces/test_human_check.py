"""The human check (A17) in a browser: it loses nothing, is used up by nothing in vain, renews itself, and counts once. Ours and Google's."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import parse_qs

import pytest
from django.test import Client, override_settings
from playwright.sync_api import Page, Route, expect

from autopay.conf import conf
from autopay.parties.models import Role
from tests.surfaces.house import House, text
from tests.surfaces.human import answer_of, solved
from tests.surfaces.test_accounts import account
from tests.surfaces.test_enroll import GREEN, SETTINGS, TYPED, be_human, fill_in, submit, to_settings, type_billing, type_card

ASK = "Please check the box. Then we finish for you."
CHECK_AGAIN = "Please check the box “I'm not a robot” and press the button again."
UNREACHABLE = "We could not reach the check that you are human. Please try again in a minute."


def owner_of(vendor: House) -> Client:
    return vendor.login("bot@practice.test", Role.ACCOUNT_OWNER, payer_id=account(vendor))


def test_A17_submit_with_the_check_open_keeps_everything_frames_included(vendor: House, practice: int, page: Page) -> None:
    to_settings(page)
    fill_in(page)
    submit(page)
    expect(page.get_by_text(ASK)).to_be_visible()
    for label, value in TYPED.items():
        expect(page.get_by_label(label)).to_have_value(value)
    number = page.frame_locator('iframe[title="Credit Card Number"]').get_by_label("Credit Card Number")
    expect(number).to_have_value("4242 4242 4242 4242")
    assert vendor.value("select count(*) from method") == 0
    page.get_by_label("I'm not a robot").click()
    expect(page.locator("main")).to_contain_text(GREEN, timeout=40_000)
    assert vendor.value("select count(*) from method") == 1


def test_A17_an_answer_given_before_the_errors_still_counts_after_them(vendor: House, practice: int, page: Page) -> None:
    to_settings(page)
    page.get_by_role("switch", name="Autopay Enrollment").check()
    type_billing(page, **{"Zip Code *": "9495"})
    type_card(page, "4242424242424241")
    be_human(page)
    answer = page.locator("input[name=human]").input_value()
    submit(page)
    expect(page.locator("form .error", has_text="A zip code has 5 digits.")).to_be_visible()
    page.get_by_label("Zip Code *").fill("94952")
    type_card(page)
    assert page.locator("input[name=human]").input_value() == answer
    submit(page)
    expect(page.locator("main")).to_contain_text(GREEN, timeout=40_000)


def test_A17_an_expired_check_renews_itself(vendor: House, practice: int, page: Page) -> None:
    with override_settings(ALTCHA_CHALLENGE={"expires_seconds": 4}):
        to_settings(page)
        fill_in(page)
        be_human(page)
        first = page.locator("input[name=human]").input_value()
        page.wait_for_function(
            "old => { const now = document.querySelector('input[name=human]').value; return now && now !== old }", arg=first
        )
    submit(page)
    expect(page.locator("main")).to_contain_text(GREEN, timeout=40_000)


def test_A17_an_answer_counts_once(enrolling: str, vendor: House) -> None:
    client, answer = owner_of(vendor), solved()
    first = client.post(SETTINGS, answer_of("pm_unknown_1", answer))
    assert CHECK_AGAIN not in text(first.content)
    again = client.post(SETTINGS, answer_of("pm_unknown_2", answer))
    assert (again.status_code, CHECK_AGAIN in text(again.content)) == (422, True)
    assert vendor.value("select count(*) from method") == 1


@pytest.mark.parametrize("answer", ["", "nonsense", "e30="])
def test_A17_no_answer_or_a_made_up_one_is_asked_for_again(enrolling: str, vendor: House, answer: str) -> None:
    refused = owner_of(vendor).post(SETTINGS, answer_of("pm_unknown", answer))
    assert (refused.status_code, CHECK_AGAIN in text(refused.content)) == (422, True)
    assert vendor.value("select count(*) from method") == 0


def test_A17_an_answer_too_old_is_asked_for_again(enrolling: str, vendor: House, monkeypatch: pytest.MonkeyPatch) -> None:
    answer = solved()
    monkeypatch.setattr("altcha.v2.time.time", lambda: 4_000_000_000.0)
    refused = owner_of(vendor).post(SETTINGS, answer_of("pm_unknown", answer))
    assert CHECK_AGAIN in text(refused.content)


@dataclass
class Google:
    """Of Google's service what we ask of it: says yes to an answer once. `mood`: well, broken, silent, gone or lying."""

    url: str = ""
    mood: str = "well"
    asked: list[dict[str, str]] = field(default_factory=list)

    def answer(self, sent: dict[str, str]) -> bytes:
        fresh = sent not in self.asked
        self.asked.append(sent)
        if self.mood == "lying":
            return b"[true]"
        if sent["secret"] != "the secret":
            return b'{"success": false, "error-codes": ["invalid-input-secret"]}'
        good = sent["response"].startswith("good") and fresh
        return json.dumps({"success": good, "error-codes": [] if good else ["timeout-or-duplicate"]}).encode()


@pytest.fixture
def google(monkeypatch: pytest.MonkeyPatch, database: object) -> Iterator[Google]:
    google = Google()

    class Verify(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            sent = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
            said = google.answer({name: values[0] for name, values in sent.items()})
            if google.mood == "silent":
                return
            self.send_response(500 if google.mood == "broken" else 200)
            self.end_headers()
            self.wfile.write(said)

        def log_message(self, *_: object) -> None:
            return None

    server = ThreadingHTTPServer(("127.0.0.1", 0), Verify)
    google.url = f"http://127.0.0.1:{server.server_port}/siteverify"
    for name, value in (("site_key", "the site key"), ("secret_key", "the secret"), ("verify_url", google.url)):
        monkeypatch.setattr(conf(), f"recaptcha_{name}", value)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    yield google
    server.shutdown()
    server.server_close()
    thread.join()


def google_answer(answer: str, token: str) -> dict[str, str]:
    return answer_of(token, "") | {"g-recaptcha-response": answer}


def test_A17_google_is_asked_once_for_each_answer_and_an_old_one_does_not_pass(
    enrolling: str, vendor: House, google: Google
) -> None:
    client = owner_of(vendor)
    assert CHECK_AGAIN not in text(client.post(SETTINGS, google_answer("good", "pm_unknown_1")).content)
    assert google.asked == [{"secret": "the secret", "response": "good"}]
    for answer in ("good", "bad", ""):
        refused = client.post(SETTINGS, google_answer(answer, "pm_unknown_2"))
        assert (refused.status_code, CHECK_AGAIN in text(refused.content)) == (422, True)
    assert len(google.asked) == 3, "without an answer nobody is asked"
    assert CHECK_AGAIN in text(client.post(SETTINGS, answer_of("pm_unknown_3", solved())).content), (
        "our own is not taken beside it"
    )
    assert vendor.value("select count(*) from method") == 1


@pytest.mark.parametrize("mood", ["gone", "broken", "silent", "lying"])
def test_A17_when_google_does_not_answer_the_door_stays_shut_and_says_so(
    enrolling: str, vendor: House, google: Google, mood: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    google.mood = mood
    if mood == "gone":
        monkeypatch.setattr(conf(), "recaptcha_verify_url", "http://127.0.0.1:9/siteverify")
    refused = owner_of(vendor).post(SETTINGS, google_answer("good", "pm_unknown"))
    assert (refused.status_code, UNREACHABLE in text(refused.content)) == (422, True)
    assert vendor.value("select count(*) from method") == 0


def test_H6_google_is_let_in_on_the_pages_with_the_check_alone(enrolling: str, vendor: House, google: Google) -> None:
    client = owner_of(vendor)
    with_check = client.get(SETTINGS)
    policy = with_check.headers["Content-Security-Policy"]
    assert re.search(r"script-src 'self' \S+ https://www.google.com/recaptcha/ https://www.gstatic.com/recaptcha/(;|$)", policy)
    assert re.search(r"frame-src \S+ https://www.google.com/recaptcha/ https://recaptcha.google.com/recaptcha/", policy)
    assert "unsafe" not in policy
    assert '<div class="g-recaptcha" data-sitekey="the site key"' in with_check.content.decode()
    assert "google" not in client.get("/service-center/account-management/pay-bill/").headers["Content-Security-Policy"]


def test_H6_by_default_nobody_else_learns_who_saves_a_card(enrolling: str, vendor: House) -> None:
    page = owner_of(vendor).get(SETTINGS)
    assert "altcha-widget" in page.content.decode()
    assert "google" not in page.content.decode() + page.headers["Content-Security-Policy"]


PRETEND = """
const box = document.querySelector(".g-recaptcha"), label = document.createElement("label"), tick = document.createElement("input");
tick.type = "checkbox";
label.append(tick, " I'm not a robot");
const area = Object.assign(document.createElement("textarea"), { name: "g-recaptcha-response", hidden: true });
box.append(label, area);
tick.addEventListener("change", () => { area.value = "good-" + Math.random(); window[box.dataset.callback](area.value); });
"""


def test_A17_the_page_works_with_google_s_box_too(vendor: House, practice: int, page: Page, google: Google) -> None:
    asked: list[str] = []

    def pretend(route: Route) -> None:
        asked.append(route.request.url)
        route.fulfill(body=PRETEND, content_type="text/javascript")

    page.route("https://www.google.com/recaptcha/**", pretend)
    to_settings(page)
    fill_in(page)
    submit(page)
    expect(page.get_by_text(ASK)).to_be_visible()
    page.get_by_label("I'm not a robot").click()
    expect(page.locator("main")).to_contain_text(GREEN, timeout=40_000)
    assert asked[0] == "https://www.google.com/recaptcha/api.js?hl=en"
    assert len(google.asked) == 1
    assert vendor.value("select state from method") == "usable"
