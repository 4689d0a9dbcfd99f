"""What the books forgot is looked up and booked by the engine, not sent again, however old the backup is; and nobody is asked in between."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import psycopg
import pytest

from autopay.agreements.models import Switch
from autopay.charging.pay_now import Wish, pay_now
from autopay.charging.refund import RefundWish, refund
from autopay.charging.send import claim
from autopay.charging.switch import set_switch
from autopay.charging.void import void
from autopay.installation.difference import Why
from autopay.refusal import Refusal
from autopay_proof.connections import OneConnection
from autopay_proof.ground import Ground
from tests.proof.restoring import Restoring, restoring

TEN_MINUTES, THREE_DAYS = 1 / 6, 72
_numbers = count(9_000)


@pytest.fixture
def books(ground: Ground, tmp_path: Path) -> Iterator[Restoring]:
    with restoring(ground, next(_numbers), tmp_path) as made:
        yield made


@pytest.mark.parametrize("hours", [TEN_MINUTES, THREE_DAYS])
def test_I24_a_charge_made_after_the_backup_is_booked_and_not_made_again(books: Restoring, hours: float) -> None:
    books.visit("Ada", 8500, "v1")
    books.keep_backup()
    books.work()
    assert (books.captured(), books.states()) == ([8500], ["paid"])
    books.passes(hours)
    books.put_back()
    assert books.states() == ["due"]
    books.work()  # a worker that was there before, and has looked at nothing
    assert books.states() == ["due"]
    told = books.compare()
    assert (told.ours, told.charges, told.unmatched) == (1, 1, [])
    books.lift()
    books.work(4)
    assert (books.captured(), books.states()) == ([8500], ["paid"])
    assert books.stage.rows("select ref from unmatched_receipt") == []
    assert books.stage.rows("select captured from invoice") == [{"captured": 8500}]
    assert books.stage.rows("select resolved_at is not null as resolved from forgotten_payment") == [{"resolved": True}]


def test_I24_without_the_comparison_it_would_be_made_twice(books: Restoring) -> None:
    """The danger is real: once the processor has forgotten the key, the same key is a second payment."""
    books.visit("Ada", 8500, "v1")
    books.keep_backup()
    books.work()
    books.passes(THREE_DAYS)
    books.put_back()
    assert books.watch()
    books.lift()
    books.work()
    assert books.captured() == [8500, 8500]


@pytest.mark.parametrize("hours", [TEN_MINUTES, THREE_DAYS])
def test_I24_a_visit_that_is_imported_again_is_recognized_by_its_key(books: Restoring, hours: float) -> None:
    books.keep_backup()
    books.visit("Ada", 8500, "v1")
    books.visit("Cleo", 4200, "v2")
    books.work()
    books.passes(hours)
    books.put_back()
    told = books.compare()
    assert (told.charges, len(told.unmatched)) == (0, 2)
    books.lift()
    books.visit("Ada", 8500, "v1")
    books.visit("Ben", 3000, "v3")  # new, and his card declines
    books.work(5)
    assert books.captured() == [8500, 4200]
    assert books.states() == ["paid", "failed"]
    open_ones = books.stage.rows("select minor, charge_id from unmatched_receipt where resolved_at is null")
    assert open_ones == [{"minor": 4200, "charge_id": None}]


@pytest.mark.parametrize("hours", [TEN_MINUTES, THREE_DAYS])
def test_A51_I24_a_month_that_is_billed_again_is_recognized_by_its_key(books: Restoring, hours: float) -> None:
    """The night of the bill day was lost with its bill and its charge; the night is done again, and the month is not charged again."""
    practice = books.account(bill_day=9)
    books.keep_backup()
    books.passes(24)  # the 9th
    books.work()
    assert (books.captured(), books.states()) == ([25685], ["paid"])
    books.passes(hours)
    books.put_back()
    assert books.stage.rows("select id from invoice") == []
    assert len(books.compare().unmatched) == 1
    books.lift()
    books.work(5)
    assert (books.captured(), books.states()) == ([25685], ["paid"])
    assert books.stage.rows("select payer_id, captured from invoice") == [{"payer_id": practice, "captured": 25685}]
    assert books.stage.rows("select id from unmatched_receipt where resolved_at is null") == []


def test_V32_what_a_bank_refused_after_the_backup_is_not_tried_again(books: Restoring) -> None:
    books.visit("Ben", 8500, "v1")
    books.keep_backup()
    books.work()
    assert books.states() == ["failed"]
    asked = books.requests("POST")
    books.passes(THREE_DAYS)
    books.put_back()
    assert books.compare().charges == 1
    books.lift()
    books.work()
    assert books.states() == ["failed"]
    assert books.requests("POST") == asked


def test_I24_a_payment_under_a_later_attempt_is_found_too(books: Restoring) -> None:
    """Ben's default declines, then he pays by hand with another card: the same debt, the second attempt."""
    bill = books.visit("Ben", 8500, "v1")
    books.keep_backup()
    books.work()
    payer, spare = books.payer("Ben"), books.spare("Ben")
    db = books.stage.database("app")
    pay_now(db, books.biller, Wish(payer, (bill,), 8500, spare), books.stage.by())
    books.work()
    assert (books.captured(), books.states()) == ([8500], ["failed", "paid"])
    books.passes(THREE_DAYS)
    books.put_back()
    books.compare()
    books.lift()
    books.work()
    assert (books.captured(), books.states()) == ([8500], ["paid"])


def test_I24_what_was_recognized_gives_way_to_nobody(books: Restoring) -> None:
    """Pay Now, a void, a payment recorded, autopay switched off: the money was taken, so all of them come too late."""
    bill = books.visit("Ada", 8500, "v1")
    books.keep_backup()
    books.work()
    books.passes(THREE_DAYS)
    books.put_back()
    assert books.compare().charges == 1
    books.lift()
    stage, ada = books.stage, books.payer("Ada")
    wish = Wish(ada, (bill,), 8500, books.spare("Ada"))
    db = stage.database("app")
    for verb in (lambda: pay_now(db, books.biller, wish, stage.by()), lambda: void(db, books.biller, bill, stage.by())):
        with pytest.raises(Refusal, match="on its way"):
            verb()
    set_switch(db, books.biller, ada, Switch.OFF, stage.by())
    books.work(4)
    assert (books.captured(), books.states()) == ([8500], ["paid"])
    assert stage.rows("select captured, blocked from invoice") == [{"captured": 8500, "blocked": ""}]


def test_I24_a_part_that_was_paid_is_booked_as_the_part_it_was(books: Restoring) -> None:
    bill = books.visit("Ben", 8500, "v1")
    books.keep_backup()
    books.work()
    payer, spare = books.payer("Ben"), books.spare("Ben")
    db = books.stage.database("app")
    pay_now(db, books.biller, Wish(payer, (bill,), 3000, spare), books.stage.by())
    books.work()
    books.passes(THREE_DAYS)
    books.put_back()
    books.compare()
    books.lift()
    books.work(4)
    assert (books.captured(), books.states()) == ([3000], ["paid"])
    assert books.stage.rows("select total, captured from invoice") == [{"total": 8500, "captured": 3000}]


@pytest.mark.parametrize("hours", [TEN_MINUTES, THREE_DAYS])
def test_V37_a_refund_sent_after_the_backup_is_not_sent_again(books: Restoring, hours: float) -> None:
    bill = books.visit("Ada", 8500, "v1")
    books.work()
    db = books.stage.database("app")
    refund(db, books.biller, RefundWish(bill, 2000), books.stage.by())
    assert books.watch() is None
    books.keep_backup()
    books.work()
    assert books.refunded() == 2000
    books.passes(hours)
    books.put_back()
    assert books.compare().refunds == 1
    books.lift()
    books.work()
    assert books.refunded() == 2000
    assert books.stage.rows("select state from refund") == [{"state": "done"}]
    assert books.stage.rows("select refunded from invoice") == [{"refunded": 2000}]


def test_V37_a_refund_nobody_remembers_blocks_its_invoice(books: Restoring) -> None:
    bill = books.visit("Ada", 8500, "v1")
    books.work()
    assert books.watch() is None
    books.keep_backup()
    db = books.stage.database("app")
    refund(db, books.biller, RefundWish(bill, 2000), books.stage.by())
    books.work()
    books.passes(THREE_DAYS)
    books.put_back()
    assert len(books.compare().unmatched) == 1
    books.lift()
    assert books.stage.rows("select blocked <> '' as blocked from invoice") == [{"blocked": True}]
    assert books.stage.rows("select kind, minor from unmatched_receipt") == [{"kind": "refund", "minor": 2000}]


def test_I24_in_quarantine_the_database_refuses_whoever_sends(books: Restoring) -> None:
    bill = books.visit("Ada", 8500, "v1")
    books.work()
    books.visit("Ada", 4200, "v2")
    db = books.stage.database("app")
    refund(db, books.biller, RefundWish(bill, 1000), books.stage.by())
    books.keep_backup()
    books.put_back()
    charge = """update charge set state = 'sending', minor = 1, key = 'k', sent_at = now(), lease_until = now(),
        method_id = (select min(id) from method), agreement_version_id = (select max(id) from agreement_version) where state = 'due'"""
    for statement in (charge, "update refund set state = 'sending', key = 'k', sent_at = now() where state = 'due'"):
        engine = books.stage.database("engine")
        with (
            pytest.raises(psycopg.errors.RaiseException, match="nothing is sent in quarantine"),
            engine.transaction() as tx,
        ):
            tx.run(statement)


def test_I24_in_quarantine_the_processor_is_not_even_asked(books: Restoring) -> None:
    """A copy that rules a key out would disturb the installation it was copied from."""
    books.visit("Ada", 8500, "v1")
    db = books.stage.database("engine")
    asyncio.run(claimed(books, db))
    assert books.states() == ["sending"]
    books.visit("Cleo", 4200, "v2")
    books.keep_backup()
    books.put_back()
    before = books.requests()
    books.work(5)
    found = books.watch()
    assert found
    assert found.why is Why.DATABASE
    books.work(5)
    assert books.requests() == before
    assert books.states() == ["unknown", "due"]
    books.compare()
    books.lift()
    books.work(5)
    assert sorted(books.captured()) == [4200, 8500]


async def claimed(books: Restoring, db: OneConnection) -> None:
    """A worker that dies after the claim."""
    assert len(claim(books.stage.engine(db), 10).claimed) == 1


def test_I24_pages_do_not_promise_a_charge_and_nobody_pays_in_quarantine(books: Restoring) -> None:
    books.visit("Ada", 8500, "v1")
    books.keep_backup()
    books.put_back()
    bill = books.visit("Cleo", 4200, "v2")
    assert books.stage.rows("select why from invoice where id = %(id)s", id=bill) == [{"why": "quarantine"}]
    wish = Wish(books.payer("Cleo"), (bill,), 4200, books.stage.cast.methods["Cleo"][0].id)
    db = books.stage.database("app")
    with pytest.raises(Refusal, match="Payments are paused"):
        pay_now(db, books.biller, wish, books.stage.by())
    books.compare()
    books.lift()
    books.work()
    assert sorted(books.captured()) == [4200, 8500]


def test_I24_the_comparison_done_twice_is_done_once(books: Restoring) -> None:
    books.visit("Ada", 8500, "v1")
    books.keep_backup()
    books.work()
    books.visit("Cleo", 4200, "v2")
    books.work()
    books.put_back()
    first, second = books.compare(), books.compare()
    assert first == second
    assert (first.charges, len(first.unmatched)) == (1, 1)
    assert books.stage.rows("select count(*)::int as n from forgotten_payment") == [{"n": 2}]
