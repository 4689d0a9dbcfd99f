"""The core is a fold: the same requests under the same seed give the same bytes, and the book replayed gives the same state."""

from __future__ import annotations

import random

from sandbox_processor.book import MemoryBook, from_json, to_json
from sandbox_processor.clock import Clock
from sandbox_processor.identifiers import Identifiers
from sandbox_processor.sandbox import Sandbox
from sandbox_processor.wire import Request

from .conftest import MONDAY

HISTORY = [
    "/v1/customers email=a@example.com",
    "/v1/payment_intents amount=500&currency=usd&payment_method=pm_card_visa&confirm=true",
    "/v1/payment_intents amount=500&currency=usd&payment_method=pm_card_visa_chargeDeclined&confirm=true",
    "/v1/payment_intents amount=10&currency=usd",
    "/v1/setup_intents payment_method=pm_card_mastercard&confirm=true",
]


def told(seed: int) -> tuple[Sandbox, list[bytes]]:
    sandbox = Sandbox(MemoryBook(), Clock(lambda: MONDAY), Identifiers(random.Random(seed)))
    answers = []
    for line in HISTORY * 3:
        path, body = line.split()
        headers = {"authorization": "Bearer sk_test_x", "idempotency-key": f"{len(answers) % 7}"}
        answers.append(sandbox.handle(Request("POST", path, "", headers, body.encode())).body)
        sandbox.set("clock", {"frozen": MONDAY + 40_000 * len(answers)})
    return sandbox, answers


def test_one_seed_is_one_history() -> None:
    assert told(1)[1] == told(1)[1]
    assert told(1)[1] != told(2)[1]


def test_the_book_replayed_is_the_state() -> None:
    sandbox, _ = told(1)
    again = Sandbox(MemoryBook([from_json(to_json(entry)) for entry in sandbox.book.replay()]))
    assert again.state.moves == sandbox.state.moves
    assert again.state.settings == sandbox.state.settings
    assert again.state.requests == sandbox.state.requests
    for name, account in sandbox.state.accounts.items():
        for kind, table in account.tables.items():
            assert again.state.account(name).table(kind).rows == table.rows
            assert again.state.account(name).table(kind).order == table.order
        assert again.state.account(name).answers == account.answers
