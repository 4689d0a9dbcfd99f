"""Card and account numbers reach nobody here (P2): not in a request, a log, a table; typed into the wrong field, they are refused kindly."""

from __future__ import annotations

import json
import logging
import random
import re
from collections.abc import Callable, Iterator

import pytest
import structlog
from django.test import Client
from playwright.sync_api import BrowserContext, Page, Request, WebSocket, expect

from autopay.parties.models import Role
from autopay.surfaces.shared.card_numbers import has_card_number
from tests.surfaces.house import House, text
from tests.surfaces.human import answer_of, solved
from tests.surfaces.test_accounts import account
from tests.surfaces.test_enroll import GREEN, RED, SETTINGS, be_human, fill_in, submit, to_settings

CARD, OTHER_CARD, CVV = "4000056655665556", "5200828282828210", "937"
ROUTING, BANK = "110000000", "000123456789"
SENTENCE = "This looks like a card number. For your safety we do not take it here. Card numbers go in the card fields only."
SEPARATED = r"[ \-.\u00a0_/+]?(?:%20|%2D|%2B)?"


def leaks(heap: str, typed: str) -> list[str]:
    """Where `heap` holds eight digits of `typed` in a row, but for its last four alone, in any grouping."""
    runs = {typed[i : i + 8] for i in range(len(typed) - 7)}
    found = [re.search(SEPARATED.join(run), heap) for run in sorted(runs)]
    return [heap[max(0, hit.start() - 60) : hit.end() + 20] for hit in found if hit]


def test_P2_the_search_for_leaks_finds_each_grouping() -> None:
    for leak in (
        CARD,
        "4000 0566 5566 5556",
        "4000-0566-5566-5556",
        "x=4000%200566%205566%205556",
        "id 40000566 x",
        "66556655 56",
    ):
        assert leaks(f"before {leak} after", CARD), leak
    assert not leaks("ends in 5556, not 4000 or 05665", CARD)


@pytest.fixture
def heard(page: Page, site: str) -> list[str]:
    """Every request to our origin, in full, from any page of the browser; every web socket's frames; every log line of the server."""
    sent: list[str] = []

    def request(each: Request) -> None:
        if each.url.startswith(site):
            sent.append(json.dumps([each.url, each.all_headers(), (each.post_data_buffer or b"").decode(errors="replace")]))

    def socket(each: WebSocket) -> None:
        each.on("framesent", lambda data: sent.append(str(data)))

    context: BrowserContext = page.context
    context.on("requestfinished", request)
    context.on("requestfailed", request)
    page.on("websocket", socket)
    return sent


@pytest.fixture
def logged() -> Iterator[Callable[[], str]]:
    """What any part of the server logs, at any level, with everything that hangs on a record."""
    lines: list[str] = []

    class Listening(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            lines.append(f"{self.format(record)} {vars(record)}")

    root, handler = logging.getLogger(), Listening(1)
    before = root.level
    root.addHandler(handler)
    root.setLevel(1)
    with structlog.testing.capture_logs() as structured:
        yield lambda: "\n".join([*lines, *map(repr, structured)])
    root.setLevel(before)
    root.removeHandler(handler)


def every_table(vendor: House) -> str:
    """All rows of all tables, as text; what is sent to the payment company's customer and all its tokens are among it."""
    names = [
        row["name"]
        for row in vendor.rows(
            "select quote_ident(relname) as name from pg_class where relkind in ('r', 'p') and relnamespace = 'public'::regnamespace"
        )
    ]
    assert len(names) > 30
    return "\n".join(f"{name} {row['row']}" for name in names for row in vendor.rows(f"select t::text as row from {name} t"))


def type_number(page: Page, number: str) -> None:
    for label, value in (("Credit Card Number", number), ("Expiration Date", "12/40"), ("CVV", CVV)):
        page.frame_locator(f'iframe[title="{label}"]').get_by_label(label).fill(value)


def type_bank(page: Page) -> None:
    page.get_by_text("ACH", exact=True).click()
    page.get_by_label("Account Holder Name").fill("Green Valley")
    for label, value in (("Routing Number", ROUTING), ("Account Number", BANK), ("Account Number again", BANK)):
        page.frame_locator(f'iframe[title="{label}"]').get_by_label(label, exact=True).fill(value)
    page.get_by_label("I allow these debits from my bank account.").check()


def submitted(page: Page) -> None:
    be_human(page)
    submit(page)
    message = page.locator(".flash")
    expect(message).to_contain_text("saved successfully", timeout=40_000)
    message.get_by_role("button", name="Close").click()


def test_P2_in_a_whole_run_of_the_browser_no_number_reaches_requests_logs_or_tables(
    vendor: House, practice: int, page: Page, heard: list[str], logged: Callable[[], str]
) -> None:
    to_settings(page)
    fill_in(page)
    type_number(page, CARD[:-1] + "7")  # a typing error first
    submit(page)
    expect(page.locator("#form-errors")).to_contain_text("This card number has a typing error.", timeout=40_000)
    type_number(page, CARD)
    submitted(page)
    page.get_by_text("Change card or address").click()
    page.get_by_text("Credit/Debit Card", exact=True).click()
    page.get_by_label("Account Holder Name").fill("Hannah Brooks")
    type_number(page, OTHER_CARD)
    submitted(page)
    page.goto(page.url.replace("autopay-settings/", "pay-bill/pay"))
    page.get_by_role("button", name="Review").click()
    page.get_by_role("button", name=re.compile("^Pay")).click()
    expect(page.locator("#payment")).to_contain_text("$256.85")
    page.goto(page.url.partition("/service-center/")[0] + SETTINGS)
    page.get_by_text("Change card or address").click()
    type_bank(page)
    submitted(page)
    page.get_by_role("switch", name="Autopay Enrollment").click()
    page.get_by_role("button", name="Yes, Cancel Autopay").click()
    expect(page.locator("main")).to_contain_text(RED)
    assert vendor.rows("select kind, last4 from method order by id") == [
        {"kind": "card", "last4": CARD[-4:]},
        {"kind": "card", "last4": OTHER_CARD[-4:]},
        {"kind": "bank", "last4": BANK[-4:]},
    ]
    assert vendor.value("select count(*) from charge") == 1
    posts = [line for line in heard if '"post_data' in line or "csrfmiddlewaretoken" in line]
    assert len(heard) > 40
    assert len(posts) >= 8
    heaps = {"requests": "\n".join(heard), "logs": logged(), "tables": every_table(vendor)}
    for where, heap in heaps.items():
        for typed in (CARD, CARD[:-1] + "7", OTHER_CARD, BANK):
            assert leaks(heap, typed) == [], where
        assert leaks(heap, ROUTING) == [], where
        assert not re.search(rf"(?i)(cvc|cvv|security code)\W{{0,12}}{CVV}", heap), where
    for line in heard:
        assert not has_card_number(re.sub(r"[A-Za-z0-9+/=_-]{40,}", "", json.loads(line)[2])), "no field looks like a card number"


def test_P2_a_card_number_in_a_field_of_ours_is_refused_kindly_and_stored_nowhere(
    vendor: House, practice: int, page: Page, logged: Callable[[], str]
) -> None:
    to_settings(page)
    fill_in(page)
    page.get_by_label("Company Name").fill("4000 0566 5566 5556")
    be_human(page)
    submit(page)
    expect(page.locator("form .error", has_text=SENTENCE)).to_be_visible()
    expect(page.get_by_label("Company Name")).to_have_attribute("aria-invalid", "true")
    expect(page.get_by_role("alert").filter(has_text="1 thing to fix")).to_contain_text("Nothing was saved or charged.")
    expect(page.get_by_label("City *")).to_have_value("Petaluma")
    assert leaks(logged() + every_table(vendor), CARD) == []
    page.get_by_label("Company Name").fill("Green Valley")
    submit(page)
    expect(page.locator("main")).to_contain_text(GREEN, timeout=40_000)
    assert leaks(every_table(vendor), CARD) == []


def test_P2_without_a_script_the_refusal_is_a_page_of_its_own(enrolling: str, vendor: House, logged: Callable[[], str]) -> None:
    client = vendor.login("owner@practice.test", Role.ACCOUNT_OWNER, payer_id=account(vendor))
    answer = client.post(SETTINGS, answer_of("pm_1", solved(), company="4000-0566-5566-5556"))
    assert answer.status_code == 422
    assert SENTENCE in text(answer.content)
    assert "Nothing was saved. Go back, take the number out, and press the button again." in text(answer.content)
    assert leaks(answer.content.decode() + logged() + every_table(vendor), CARD) == []
    assert "card_number_refused" in logged()
    assert vendor.value("select count(*) from method") == 0


@pytest.mark.parametrize("address", ["/accounts/login/", "/office/patients/", "/service-center/account-management/pay-bill/"])
def test_P2_no_page_at_all_takes_one_not_even_in_its_address(vendor: House, address: str) -> None:
    client = Client()
    assert client.get(address, {"q": "4242424242424242"}).status_code == 422
    assert client.post(address, {"anything": "5555 5555 5555 4444"}).status_code == 422
    assert client.get(address, {"q": "4242424242424241"}).status_code != 422


REAL = ("4242424242424242", "4222222222222", "5555555555554444", "2223003122003222", "378282246310005", "6011111111111117")
REAL += ("3056930009020004", "36227206271667", "3566002020360505", "6200000000000005", "371449635398431")


@pytest.mark.parametrize("number", REAL)
def test_P2_numbers_of_every_brand_are_recognised_in_every_grouping(number: str) -> None:
    fours = re.findall(".{1,4}", number)
    for shape in (number, " ".join(fours), "-".join(fours), ".".join(fours), " - ".join(fours), " ".join(number)):
        assert has_card_number(f"my card {shape}, thanks"), shape
    assert not has_card_number(number[:-1] + str((int(number[-1]) + 1) % 10))


def test_P2_what_people_and_programs_otherwise_send_is_no_card_number() -> None:
    dice = random.Random(7)
    letters = "0123456789abcdef"
    harmless = [
        "(415) 555-0118",
        "+1 415 555 0118 ext. 4242",
        "94952-1234",
        "2026-11-25 09:04:11",
        "R-4242424242",
        "pm_4242424242424242x",
    ]
    harmless += ["4242424242", "1234567890123456", "9999999999999995"]
    for _ in range(20_000):
        word = "".join(dice.choices(letters, k=32))
        harmless.append("-".join((word[:8], word[8:12], "4" + word[13:16], "a" + word[17:20], word[20:])))
    assert [each for each in harmless if has_card_number(each)] == []
