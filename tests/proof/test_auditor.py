"""The auditor is no yes-sayer: each rule, given books in which it is broken, says so and names it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import pytest

from autopay_proof.auditor import CREATE, REFUND, Books, Owner, audit
from autopay_proof.history import Call, Fact, History, Sent, Wish

ADA, CARD, SPARE = 1, "pm_default", "pm_spare"
AT = datetime(2030, 5, 20, 12, tzinfo=UTC)


@dataclass
class Actor:
    name: str = "1 send"
    committed: list[int] = field(default_factory=list)


@dataclass(frozen=True)
class OnItsWay:
    id: int


def charged(at: int = 12, claimed: int = 10, token: str = CARD) -> Sent:
    return Sent(
        at,
        claimed,
        Call(CREATE, "calm", {"off_session": "true", "payment_method": token, "amount": "900", "metadata[charge]": "uid-7"}, "k"),
    )


def payment(**more: object) -> dict[str, object]:
    return {
        "payment_intent": "pi_1",
        "metadata": {"charge": "uid-7"},
        "captures": 1,
        "capture": 900,
        "refund": 0,
        "refund_failed": 0,
        "kept": 900,
    } | more


BOOKS = Books(
    agency=1,
    payments=[payment()],
    charges=[{"id": 7, "uid": "uid-7", "payer": ADA, "state": "paid", "minor": 900, "refunded": 0, "reason": "", "token": CARD}],
    invoices=[{"payer": ADA, "total": 900, "captured": 900, "returned": 0, "refunded": 0, "elsewhere": 0, "voided": False}],
    ledger=900,
    owners={CARD: Owner(ADA), SPARE: Owner(ADA)},
    defaults={ADA: CARD},
    keys=frozenset({"k"}),
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


def test_I2_I4_a_method_taken_out_of_the_wallet_is_not_charged_and_ends_an_accounts_enrollment() -> None:
    facts = [Fact(5, Wish("removed", ADA, CARD))]
    assert [each[:3] for each in audit(History(sent=[charged()], facts=facts), BOOKS)] == ["I4:"]
    practice = replace(BOOKS, accounts=frozenset({ADA}))
    assert [each[:3] for each in audit(History(sent=[charged()], facts=facts), practice)] == ["I2:", "I4:"]


def test_I10_above_the_limit_of_an_account_nothing_is_charged_without_a_yes() -> None:
    facts = [Fact(5, Wish("enrolled", ADA, (CARD, 800)))]
    assert [each[:4] for each in audit(History(sent=[charged()], facts=facts), BOOKS)] == ["I10:"]
    assert audit(History(sent=[charged()], facts=[*facts, Fact(7, Wish("approve", ADA, 900))]), BOOKS) == []


def test_I11_a_declined_charge_is_not_tried_again_under_another_key() -> None:
    requests = [
        {"path": "/v1/payment_intents", "status": 402, "key": key, "facts": {"metadata": {"charge": "uid-7"}}} for key in "aab"
    ]
    assert audit(History(), replace(BOOKS, payments=[], charges=[], invoices=[], ledger=0, requests=requests[:2])) == []
    assert [each[:4] for each in audit(History(), replace(BOOKS, requests=requests))] == ["I11:"]


def test_I11_an_account_closed_to_us_is_not_debited_again() -> None:
    back = {
        **BOOKS.charges[0],
        "uid": "uid-6",
        "state": "returned",
        "reason": "not_authorized",
        "settled_at": AT - timedelta(days=1),
    }
    books = replace(BOOKS, charges=[*BOOKS.charges, back])
    assert [each[:4] for each in audit(History(sent=[replace(charged(), when=AT)]), books)] == ["I11:"]
    assert audit(History(sent=[replace(charged(), when=AT - timedelta(days=2))]), books) == []
    again = replace(books, charges=[*books.charges, {**back, "settled_at": AT + timedelta(days=4)}])
    assert [each[:4] for each in audit(History(sent=[replace(charged(), when=AT)]), again)] == ["I11:"], "the first return counts"


def test_E6_I14_a_consumers_debit_is_announced_with_its_amount_ten_full_days_before() -> None:
    debit = replace(BOOKS, owners={CARD: Owner(ADA, announced=True, range_minor=500)}, local=datetime.date)
    history = History(sent=[replace(charged(), when=AT)])

    def told(days: int, text: str = "We will charge $9.00.") -> list[dict[str, object]]:
        return [{"on": AT.date() - timedelta(days=days), "to": ADA, "text": text}]

    assert [each[:3] for each in audit(history, debit)] == ["E6:"]
    assert [each[:3] for each in audit(history, replace(debit, mails=told(10)))] == ["E6:"]
    assert [each[:3] for each in audit(history, replace(debit, mails=told(11, "We will charge $8.00.")))] == ["E6:"]
    assert audit(history, replace(debit, mails=told(11))) == []
    assert audit(history, replace(debit, owners={CARD: Owner(ADA, announced=True, range_minor=900)})) == []


def test_D3_D9_a_call_without_a_key_of_ours_or_inside_a_transaction_is_found() -> None:
    inside, bare = Call(REFUND, "calm", {}, "k", inside=True), Call(REFUND, "calm", {}, "the SDK's own")
    assert [each[:3] for each in audit(History(sent=[Sent(3, 2, inside)]), BOOKS)] == ["D9:"]
    assert [each[:3] for each in audit(History(sent=[Sent(3, 2, bare)]), BOOKS)] == ["D3:"]


def test_M7_a_message_answered_with_yes_and_not_stored_is_found() -> None:
    assert [each[:3] for each in audit(History(acknowledged=["evt_1"]), BOOKS)] == ["M7:"]
    assert audit(History(acknowledged=["evt_1"]), replace(BOOKS, inbox=frozenset({"evt_1"}))) == []


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
    assert [wish.value for wish in history.before(19)] == ["off"]
    assert list(history.before(18)) == []
    assert history.facts[0].answered is None
    history.answered(actor, ["told"])
    assert history.facts[0].told == ["told"]
