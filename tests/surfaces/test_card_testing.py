"""A bot tries out stolen cards (G5): real web processes, a real worker, the sandbox over HTTP, captchas solved. Judged by the sandbox's book.

Small in every run of the tests; the whole of it, marked `prove`, by `make prove`.
"""

from __future__ import annotations

import json
import os
import random
import re
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.urls import reverse

from autopay.clock import Clock
from autopay.conf import Settings, conf
from autopay.database import PooledDatabase
from autopay.notices.deliver import Mail, deliver
from autopay.parties.models import Role
from autopay.processes import answers
from autopay.processors.accounts import Keys, connect
from sandbox_processor.known_numbers import CARD_NUMBERS, CARDS, GENERIC, Card, passes_luhn
from tests.fixtures.world import sandbox_thread
from tests.surfaces.house import House, text
from tests.surfaces.human import answer_of, solved
from tests.surfaces.test_accounts import account
from tests.surfaces.test_enroll import GREEN, SETTINGS

CSRF = "a" * 32
NOW_OR_NEVER = "We could not save this payment method. Nothing was charged, and you are not enrolled."
LATER = "Please try again later, or call us."
REASON = "The bank said no. Please type your card details again. We never keep them here."


@dataclass(frozen=True)
class Attack:
    cards: int
    networks: int
    accounts: int
    processes: int


QUICK, WHOLE = (
    Attack(cards=140, networks=60, accounts=20, processes=2),
    Attack(cards=1000, networks=200, accounts=50, processes=4),
)


@dataclass
class Scene:
    """The vendor under attack, another one, the sandbox both use, and where the pages are."""

    vendor: House
    other: House
    sandbox: str
    site: str

    def token(self, house: House, number: str) -> str:
        """What the payment company's fields in a browser come to."""
        fields = {"type": "card", "card[number]": number, "card[exp_month]": "12", "card[exp_year]": "2040", "card[cvc]": "123"}
        headers = {"Authorization": f"Bearer pk_test_b{house.id}"}
        asked = urllib.request.Request(f"{self.sandbox}/v1/payment_methods", urllib.parse.urlencode(fields).encode(), headers)
        with urllib.request.urlopen(asked, timeout=20) as answer:
            return str(json.load(answer)["id"])

    def checked(self, house: House, status: int) -> int:
        """Cards of this biller that the sandbox was asked to check, and answered like that."""
        with urllib.request.urlopen(f"{self.sandbox}/_sandbox/book?requests=1&account=b{house.id}", timeout=20) as answer:
            requests = json.load(answer)["requests"]
        mine = [each for each in requests if each["account"].endswith(f"b{house.id}")]
        assert mine or not requests
        return sum(each["path"].endswith("/attach") and each["status"] == status for each in mine)

    def submit(self, session: str, address: str, fields: dict[str, str]) -> str:
        """What a person would read after it."""
        form = urllib.parse.urlencode(fields | {"csrfmiddlewaretoken": CSRF}).encode()
        cookies = f"{settings.SESSION_COOKIE_NAME}={session}; csrftoken={CSRF}"
        asked = urllib.request.Request(self.site + SETTINGS, form, {"Cookie": cookies, "X-Forwarded-For": address})
        try:
            with urllib.request.urlopen(asked, timeout=60) as answer:
                return text(answer.read())
        except urllib.error.HTTPError as refused:
            if refused.code != 422:
                raise
            return text(refused.read())

    def save(self, house: House, session: str, address: str, number: str, **other: str) -> str:
        return self.submit(session, address, answer_of(self.token(house, number), solved(), **other))


@pytest.fixture
def stolen(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A thousand numbers, each of a card of its own; every bank says no."""
    numbers = [f"40001234{n:07d}" for n in range(1000)]
    whole = [next(number + check for check in "0123456789" if passes_luhn(number + check)) for number in numbers]
    for number in whole:
        card = Card(f"stolen_{number}", number, on_save=GENERIC)
        monkeypatch.setitem(CARDS, card.label, card)
        monkeypatch.setitem(CARD_NUMBERS, number, card)
    return whole


@pytest.fixture
def scene(vendor: House, owner: PooledDatabase) -> Iterator[Scene]:
    other = House(owner, "vendor", "Other Vendor", "OV")
    with sandbox_thread() as sandbox:
        for house in (vendor, other):
            key = f"b{house.id}"
            with owner.transaction() as tx:
                keys = Keys(sandbox, f"pk_test_{key}", f"sk_test_{key}", f"whsec_{key}")
                connect(tx, house.id, keys, conf().secret)
        yield Scene(vendor, other, sandbox, "")


@contextmanager
def program(*words: str) -> Iterator[None]:
    """`autopay …` as its own process, stopped at the end. It finds the test's database by the environment."""
    environment = os.environ | {"AUTOPAY_TRUSTED_PROXIES": "1"}
    running = subprocess.Popen(
        [str(Path(sys.executable).with_name("autopay")), *words], env=environment, stdout=subprocess.DEVNULL
    )
    try:
        yield
    finally:
        running.terminate()
        running.wait(30)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def web(scene: Scene, processes: int) -> Iterator[None]:
    port = free_port()
    scene.site = f"http://localhost:{port}"
    with program("serve", "--port", str(port), "--processes", str(processes)):
        until = time.monotonic() + 60
        while not answers(f"{scene.site}/accounts/login/"):
            assert time.monotonic() < until, "the web did not start"
            time.sleep(0.2)
        yield


def session(house: House, name: str, payer: int) -> str:
    client = house.login(f"{name}@practice.test", Role.ACCOUNT_OWNER, payer_id=payer)
    return client.cookies[settings.SESSION_COOKIE_NAME].value


def bots(house: House, attack: Attack) -> list[str]:
    return [session(house, f"bot{n}", account(house, f"Bot {n}")) for n in range(attack.accounts)]


def attacked(scene: Scene, attack: Attack, stolen: list[str]) -> None:
    """Two waves with a restart of all web processes between them. What must hold, holds in the middle and at the end."""
    dice, said = random.Random(1), Counter[str]()
    sessions = bots(scene.vendor, attack)
    networks = [f"203.{n // 250}.{n % 250}.{dice.randrange(1, 255)}" for n in range(attack.networks)]
    known, newcomer = account(scene.vendor, "Lakeside"), account(scene.other, "Petaluma")
    scene.vendor.card(known, default=False)
    honest = session(scene.vendor, "known", known), session(scene.other, "newcomer", newcomer)
    cards = stolen[: attack.cards]

    def try_out(number: str) -> str:
        return scene.save(scene.vendor, dice.choice(sessions), dice.choice(networks), number)

    for wave in (cards[: len(cards) // 2], cards[len(cards) // 2 :]):
        with web(scene, attack.processes), ThreadPoolExecutor(8) as crowd:
            said.update(_answer(each) for each in crowd.map(try_out, wave))
            if wave[0] == cards[0]:
                assert GREEN in scene.save(scene.vendor, honest[0], "198.51.100.7", "4242424242424242")
                assert GREEN in scene.save(scene.other, honest[1], networks[0], "4242424242424242")
        assert 20 < scene.checked(scene.vendor, 402) <= 30
    assert scene.checked(scene.vendor, 200) == scene.checked(scene.other, 200) == 1
    assert set(said) == {REASON, LATER}
    assert said[REASON] <= 30


def _answer(page: str) -> str:
    """The sentence after the heading every refusal has."""
    assert NOW_OR_NEVER in page
    rest = page.partition(NOW_OR_NEVER)[2]
    return next(each for each in (REASON, LATER) if rest.strip().startswith(each))


def told_in_time(scene: Scene, database: Settings) -> None:
    """One entry in the journal, one mail to the biller, one line in its console, by a worker that runs beside all this."""
    until = time.monotonic() + 60
    while not (
        told := scene.vendor.rows(
            'select "to", payer_id, subject, text, made_at from notice where kind = %(k)s', k="saving paused"
        )
    ):
        assert time.monotonic() < until, "nobody was told"
        time.sleep(0.5)
    assert [(each["to"], each["payer_id"]) for each in told] == [("billing@sunrise.test", None)]
    since = scene.vendor.value("select since from saving_pause")
    assert told[0]["made_at"] - since < timedelta(seconds=60)
    assert scene.vendor.value("select count(*) from journal_entry where action = 'saving paused'") == 1
    mails: list[Mail] = []
    engine = PooledDatabase(database.dsn("engine"), size=1)
    while deliver(engine, Clock(), mails.append):
        pass
    engine.close()
    paused = [each for each in mails if each.subject.startswith("Saving new payment methods is paused until ")]
    assert [each.to for each in paused] == ["billing@sunrise.test"]
    assert re.search(r"2\d of 2\d cards were refused by their banks within an hour", paused[0].text)
    staff = scene.vendor.login("staff@vendor.test", Role.OWNER)
    assert "Saving new payment methods is paused until" in text(staff.get(reverse("vendor:accounts")).content)
    others = scene.other.login("staff@other.test", Role.OWNER)
    assert "paused" not in text(others.get(reverse("vendor:accounts")).content)


def survived(scene: Scene, attack: Attack, stolen: list[str], database: Settings) -> None:
    with ExitStack() as stack:
        stack.enter_context(program("worker"))
        attacked(scene, attack, stolen)
        told_in_time(scene, database)


def test_G5_a_bot_gets_thirty_refusals_at_most_and_honest_payers_notice_nothing(
    scene: Scene, stolen: list[str], database: Settings
) -> None:
    survived(scene, QUICK, stolen, database)


@pytest.mark.prove
def test_G5_a_thousand_cards_two_hundred_networks_fifty_accounts(scene: Scene, stolen: list[str], database: Settings) -> None:
    survived(scene, WHOLE, stolen, database)
