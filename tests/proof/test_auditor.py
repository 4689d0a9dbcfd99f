"""The auditor is no yes-sayer: each rule, given books in which it is broken, says so and names it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import pytest

from autopay_proof.auditor import CREATE, Books, audit
from autopay_proof.history import Call, Fact, History, Sent, Wish

ADA, CARD, SPARE = 1, "pm_default", "pm_spare"


@dataclass
class Actor:
    name: str = "1 send"
    committed: list[int] = field(default_factory=list)


@dataclass(frozen=True)
class OnItsWay:
    id: int


def charged(at: int = 12, claimed: int = 10, token: str = CARD) -> Sent:
    return Sent(at, claimed, Call(CREATE, "calm", {"off_session": "true", "payment_method": token, "metadata[charge]": "uid-7"}))


def payment(**more: object) -> dict[str, object]:
    return {
        "payment_intent": "pi_1",
        "metadata": {"charge": "uid-7"},
        "captures": 1,
        "capture": 900,
        "refund": 0,
        "kept": 900,
    } | more


BOOKS = Books(
    biller=1,
    payments=[payment()],
    charges=[{"id": 7, "uid": "uid-7", "payer": ADA, "state": "paid", "minor": 900, "refunded": 0}],
    invoices=[{"payer": ADA, "total": 900, "captured": 900, "returned": 0, "refunded": 0, "elsewhere": 0, "voided": False}],
    ledger=900,
    owners={CARD: ADA, SPARE: ADA},
    defaults={ADA: CARD},
)


def test_books_in_order_are_in_order() -> None:
    assert audit(History(sent=[charged()]), BOOKS) == []


@pytest.mark.parametrize(
    ("rule", "books"),
    [
        ("I1", replace(BOOKS, payments=[payment(), payment(payment_intent="pi_2")])),
        ("I1", replace(BOOKS, payments=[payment(metadata={"charge": "nobody's"})])),
        ("I1", replace(BOOKS, invoices=[{**BOOKS.invoices[0], "total": 800}])),
        ("I1", replace(BOOKS, invoices=[{**BOOKS.invoices[0], "elsewhere": 100}])),
        ("I7", replace(BOOKS, charges=[{**BOOKS.charges[0], "state": "failed"}])),
        ("I7", replace(BOOKS, ledger=899)),
        ("I7", replace(BOOKS, invoices=[{**BOOKS.invoices[0], "refunded": 1}])),
        ("I15", replace(BOOKS, payments=[payment(refund=901)])),
    ],
)
def test_I1_I7_I15_books_that_differ_are_found(rule: str, books: Books) -> None:
    assert any(each.startswith(rule + ":") for each in audit(History(sent=[charged()]), books))


@pytest.mark.parametrize(
    ("rule", "wish"),
    [
        ("I2", Wish("switch", ADA, "off")),
        ("I2", Wish("switch", ADA, "follow")),
        ("I4", Wish("default", ADA, SPARE)),
    ],
)
def test_I2_I4_I5_what_was_claimed_after_it_was_forbidden_is_found(rule: str, wish: Wish) -> None:
    before, after = (History(sent=[charged()], facts=[Fact(since, wish)]) for since in (9, 11))
    assert any(each.startswith(rule + ":") for each in audit(before, BOOKS))
    assert audit(after, BOOKS) == []


def test_I5_who_follows_is_charged_only_while_the_company_is_on() -> None:
    facts = [Fact(3, Wish("switch", ADA, "follow")), Fact(5, Wish("company", 1, True))]
    assert audit(History(sent=[charged()], facts=facts), BOOKS) == []
    assert audit(History(sent=[charged()], facts=[*facts, Fact(8, Wish("company", 1, False))]), BOOKS)


def test_I3_a_card_of_nobody_is_found() -> None:
    assert audit(History(sent=[charged(token="pm_other")]), BOOKS) == ["I3: step 12 charges a card of nobody"]


def test_L3_who_switched_off_and_was_not_told_of_a_charge_on_its_way_is_found() -> None:
    off = Wish("switch", ADA, "off")
    silent, told = (History(sent=[charged()], facts=[Fact(11, off, 11, ids)]) for ids in ([], [OnItsWay(7)]))
    assert any(each.startswith("L3:") for each in audit(silent, BOOKS))
    assert audit(told, BOOKS) == []


def test_a_commit_counts_although_its_actor_died() -> None:
    history, actor = History(now=lambda: 20), Actor("2 switch", [18])
    history.wishes["2 switch"] = Wish("switch", ADA, "off")
    history.committed(actor)
    assert history.value("switch", ADA, 19, "on") == "off"
    assert history.value("switch", ADA, 18, "on") == "on"
    assert history.facts[0].answered is None
    history.answered(actor, ["told"])
    assert history.facts[0].told == ["told"]
