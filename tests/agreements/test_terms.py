"""A text that misses a required part cannot be published, and who agreed keeps what they agreed to (rules E5, C9; A57, A64)."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator

import pytest

from autopay.agreements.publish_terms import Draft, drafted, publish_text, versions
from autopay.agreements.terms import METHODS, PARTS, SENTENCE, TEXTS, House, filled, missing
from autopay.charging.facts import gather
from autopay.conf import Settings
from autopay.refusal import Refusal
from autopay.tenancy import WebDatabase
from tests.surfaces.house import House as Biller
from tests.surfaces.house import owner_of
from tests.surfaces.test_accounts import account, bill, enroll

HOUSE = House("Office Ally", "(360) 555-0118", "billing@officeally.test")
WITHOUT = {
    "payee": ("Office Ally", "The vendor"),
    "method": (r"(my|this) (card|bank account)", "my money"),
    "trigger": (r"automatically|bill\b", "somehow"),
    "amount": (r"prices|amount|balance", "sum"),
    "when": ("every month", "now and then"),
    "cancel": (r"cancel", "leave"),
    "changes": ("Changes", "News"),
    "contact": (r"\(360\) 555-0118|billing@officeally.test", "us"),
}
"""For each part, words of the house's own text that hold it, and words that do not."""


@pytest.fixture
def vendor(database: Settings) -> Iterator[Biller]:
    owner = owner_of(database)
    yield Biller(owner, "vendor", "Office Ally", "OA")
    owner.close()


def draft(text: str, kind: str = "account_card") -> Draft:
    with WebDatabase().transaction(1) as tx:
        return drafted(tx, kind, text)


@pytest.mark.parametrize("kind", METHODS)
def test_E5_the_texts_every_biller_begins_with_hold_every_part(kind: str) -> None:
    assert missing(kind, filled(kind, TEXTS[kind], HOUSE), HOUSE) == []


@pytest.mark.parametrize("kind", METHODS)
@pytest.mark.parametrize("part", [part.name for part in PARTS])
def test_E5_a_text_without_one_part_misses_exactly_that_part(kind: str, part: str) -> None:
    pattern, instead = WITHOUT[part]
    poorer = re.sub(pattern, instead, filled(kind, TEXTS[kind], HOUSE), flags=re.IGNORECASE)
    assert [each.name for each in missing(kind, poorer, HOUSE)] == [part]


@pytest.mark.parametrize("kind", METHODS)
def test_E5_each_sentence_that_alone_holds_a_part_cannot_be_left_out(kind: str) -> None:
    text = filled(kind, TEXTS[kind], HOUSE)
    sentences = SENTENCE.split(text)
    lost = {
        part.name for n in range(len(sentences)) for part in missing(kind, " ".join(sentences[:n] + sentences[n + 1 :]), HOUSE)
    }
    assert lost >= {"payee", "trigger", "when", "cancel", "changes", "contact"}


def test_E5_words_scattered_over_the_text_do_not_make_a_part() -> None:
    scattered = (
        "Office Ally is here. We charge. My card is red. Every month has days. Changes happen. Mail is sent. A price is nice."
    )
    assert {part.name for part in missing("account_card", scattered, HOUSE)} >= {"payee", "method", "when", "changes", "cancel"}


def test_E5_without_phone_and_email_of_the_biller_no_text_says_how_to_reach_it() -> None:
    nobody = House("Office Ally", "", "")
    assert [part.name for part in missing("account_card", filled("account_card", TEXTS["account_card"], nobody), nobody)] == [
        "contact"
    ]


def test_A64_placeholders_are_filled_and_nothing_else_in_braces_is(vendor: Biller) -> None:
    assert draft("{name} {phone} {email} {method}").text == "Office Ally (415) 555-0142 billing@sunrise.test card"
    assert draft("{method}", "account_bank").text == "bank account"
    for odd in ("{name.__class__}", "{0}", "{}", "{secret}"):
        assert (draft(odd).text, draft(odd).unknown) == (odd, (odd,))


def test_A64_E5_publishing_makes_the_next_version_and_refuses_what_is_incomplete_stale_or_the_same(vendor: Biller) -> None:
    text = TEXTS["account_card"] + " Thank you."
    assert publish_text(WebDatabase(), vendor.id, draft(text), 1, vendor.by()) == 2
    kept = vendor.rows("select version, text, sha256 from terms where kind = 'account_card' and language = 'en' order by version")
    assert [row["version"] for row in kept] == [1, 2]
    assert kept[1]["text"].endswith("Thank you.")
    assert kept[1]["sha256"] == hashlib.sha256(kept[1]["text"].encode()).hexdigest()
    for wrong, seen, said in (
        ("We charge you.", 2, "does not say everything"),
        (text, 2, "in force already"),
        (text + " Bye.", 1, "published meanwhile"),
        (text + " {oops}", 2, "does not say everything"),
    ):
        with pytest.raises(Refusal, match=said):
            publish_text(WebDatabase(), vendor.id, draft(wrong), seen, vendor.by())
    assert vendor.value("select count(*) from terms where kind = 'account_card' and language = 'en'") == 2
    assert vendor.value("select count(*) from journal_entry where action = 'terms published'") == 1


def test_A64_C9_who_agreed_keeps_the_old_terms_until_they_agree_anew(vendor: Biller) -> None:
    payer = account(vendor)
    vendor.card(payer)
    enroll(vendor, payer)
    bill(vendor)
    old = vendor.rows("select text, terms_id from consent")
    publish_text(WebDatabase(), vendor.id, draft(TEXTS["account_card"] + " Thank you."), 1, vendor.by())
    assert vendor.rows("select text, terms_id from consent") == old
    with WebDatabase().transaction(vendor.id) as tx:
        assert all(facts.consented for facts in gather(tx, tx.column("select id from invoice")))
        counted = [(each.version, each.in_force, each.agreed, each.ended) for each in versions(tx) if each.kind == "account_card"]
    assert counted == [(2, True, 0, 0), (1, False, 1, 0)]
    vendor.card(payer, "4444", "mastercard")
    with WebDatabase().transaction(vendor.id) as tx:
        counted = [(each.version, each.agreed, each.ended) for each in versions(tx) if each.kind == "account_card"]
    assert counted == [(2, 1, 0), (1, 1, 0)]


def test_A64_T2_the_terms_of_another_biller_are_not_read(vendor: Biller) -> None:
    other = Biller(vendor.owner, "vendor", "Another", "AN")
    with WebDatabase().transaction(other.id) as tx:
        assert {each.text.partition(".")[0] for each in versions(tx)} == {"Autopay enrollment with Another"}
