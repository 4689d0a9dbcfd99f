"""One way to write an amount, a date and a method; every state of a payment and every reason has its sentence."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from django.utils.translation import override

from autopay import sentences, words
from autopay.charging.charge import Why
from autopay.money import Money
from autopay.processors.protocol import Reason
from autopay.surfaces.shared.payment import Payment, Shown, badge, box

AT = datetime(2026, 5, 21, 16, 4, tzinfo=UTC)


@pytest.mark.parametrize("language", ["en", "es"])
def test_money_is_written_as_in_the_united_states_in_both_languages(language: str) -> None:
    with override(language):
        assert words.money(Money(123450)) == "$1,234.50"
        assert words.money(Money(-9000)) == "-$90.00"
        assert words.bare_money(Money(123450)) == "1,234.50"
        assert words.bare_money(Money(500, "JPY")) == "500"


@pytest.mark.parametrize(
    ("language", "long", "short"), [("en", "May 21, 2026", "May 21"), ("es", "21 de mayo de 2026", "21 de mayo")]
)
def test_dates_are_spelled_out(language: str, long: str, short: str) -> None:
    with override(language):
        assert words.day(date(2026, 5, 21)) == long
        assert words.short_day(date(2026, 5, 21)) == short


def test_A40_the_age_of_a_figure_is_written_in_the_billers_zone() -> None:
    assert words.as_of(AT, "America/Los_Angeles") == "May 21, 2026, 09:04 AM"
    assert words.moment(AT, "America/New_York") == "May 21, 2026, 12:04 PM"


def test_a_method_never_shows_more_than_its_last_four() -> None:
    assert words.method("visa", "4242") == "Visa ending in 4242"
    assert words.method("", "6789", bank=True) == "Bank account ending in 6789"
    assert words.method("", "1117") == "Card ending in 1117"


@pytest.mark.parametrize("shown", Shown)
def test_V14_every_state_has_a_badge_with_icon_and_word_and_a_sentence(shown: Shown) -> None:
    told = box(Payment(shown, Money(8500), "Visa ending in 4242", on=date(2026, 5, 21)))
    assert told.badge == badge(shown)
    assert told.badge.word
    assert told.badge.icon
    assert told.head
    assert "%(" not in told.head + told.text


def test_V14_an_unknown_payment_says_so_and_when_it_was_last_asked() -> None:
    told = box(Payment(Shown.NOT_KNOWN, Money(8500), asked_at=AT, zone="America/Los_Angeles"))
    assert told.head == "We do not know yet whether this payment went through. Please do not pay it again."
    assert told.note == "Last asked at 9:04 AM."


@pytest.mark.parametrize("why", [why for why in Why if why is not Why.CHARGED])
def test_A56_every_reason_for_no_charge_has_a_sentence_of_its_own(why: Why) -> None:
    said = sentences.why(sentences.Story(why, visit=True, until=date(2026, 6, 11), limit=Money(40000)))
    assert said.endswith(".")
    assert "_" not in said


@pytest.mark.parametrize("reason", Reason)
def test_V33_a_reason_is_told_in_words_and_never_as_a_code(reason: Reason) -> None:
    said = sentences.because(reason)
    assert said.endswith(".")
    assert "_" not in said


def test_V33_expired_declined_and_insufficient_funds_are_told_apart() -> None:
    assert len({sentences.because(reason) for reason in (Reason.EXPIRED, Reason.DECLINED, Reason.INSUFFICIENT_FUNDS)}) == 3
