"""The pure decisions: facts in, decision out."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autopay.charging import monthly, on_invoice, pay_now
from autopay.charging.charge import ChargeNow, Hold, Skip, Why
from autopay.charging.on_invoice import Facts

TODAY = date(2026, 5, 21)
ABLE = Facts(
    invoice=1,
    biller=1,
    payer=1,
    debt="visit:1",
    currency="USD",
    zone="America/Los_Angeles",
    open=8500,
    blocked=False,
    connected=True,
    switch="on",
    company_on=False,
    version=1,
    covered=True,
    cap_minor=None,
    approved_minor=None,
    method=7,
    verified=True,
    consented=True,
    needs_notice=False,
    range_minor=None,
    noticed_on=None,
)


def test_V30_on_with_a_default_and_consent_charges_the_open_amount_at_once() -> None:
    assert on_invoice.decide(ABLE, TODAY) == ChargeNow(8500, 7)


@pytest.mark.parametrize(
    ("own", "company", "expected"),
    [
        ("on", False, ChargeNow(8500, 7)),
        ("on", True, ChargeNow(8500, 7)),
        ("follow", True, ChargeNow(8500, 7)),
        ("follow", False, Skip(Why.COMPANY_OFF)),
        ("off", True, Skip(Why.OWN_OFF)),
        ("off", False, Skip(Why.OWN_OFF)),
    ],
)
def test_V23_the_patients_own_setting_stands_above_the_company(own: str, company: bool, expected: object) -> None:
    assert on_invoice.decide(replace(ABLE, switch=own, company_on=company), TODAY) == expected


def test_V34_without_a_default_nothing_is_charged() -> None:
    assert on_invoice.decide(replace(ABLE, method=None), TODAY) == Skip(Why.NO_DEFAULT)


def test_V28_a_switch_without_consent_charges_nobody() -> None:
    assert on_invoice.decide(replace(ABLE, consented=False), TODAY) == Skip(Why.NO_CONSENT)


def test_V8_without_a_processor_nothing_is_charged() -> None:
    never = replace(ABLE, connected=False, method=None, consented=False)
    assert on_invoice.decide(never, TODAY) == Skip(Why.NO_PROCESSOR)


def test_A64_V8_while_the_processor_is_disconnected_a_charge_waits_from_day_to_day() -> None:
    held = Hold(Why.NO_PROCESSOR, TODAY + timedelta(days=1))
    assert on_invoice.decide(replace(ABLE, connected=False), TODAY) == held
    assert on_invoice.decide(replace(ABLE, connected=False, consented=False), TODAY) == Skip(Why.NO_CONSENT)


def test_I24_in_quarantine_a_charge_waits_and_is_not_put_off_to_another_day() -> None:
    restored = replace(ABLE, quarantined=True)
    assert on_invoice.decide(restored, TODAY) == Hold(Why.QUARANTINE, TODAY)
    assert pay_now.decide([restored], 8500, 7) == Skip(Why.QUARANTINE)


@pytest.mark.parametrize("range_minor", [8500, 9000])
def test_V39_a_consumer_debit_at_or_under_the_agreed_amount_is_charged_at_once(range_minor: int) -> None:
    assert on_invoice.decide(replace(ABLE, needs_notice=True, range_minor=range_minor), TODAY) == ChargeNow(8500, 7)


@pytest.mark.parametrize("range_minor", [None, 0, 8499])
def test_V39_above_the_agreed_amount_it_is_held_announced_and_charged_on_the_eleventh_day(range_minor: int | None) -> None:
    facts = replace(ABLE, needs_notice=True, range_minor=range_minor)
    assert on_invoice.decide(facts, TODAY) == Hold(Why.NOTICE_FIRST, TODAY + timedelta(days=11))
    noticed = replace(facts, noticed_on=TODAY)
    assert on_invoice.decide(noticed, TODAY + timedelta(days=10)) == Hold(Why.NOTICE_FIRST, TODAY + timedelta(days=11))
    assert on_invoice.decide(noticed, TODAY + timedelta(days=11)) == ChargeNow(8500, 7)


def test_A51_an_enrolled_account_is_charged_the_sum_of_its_open_invoices() -> None:
    assert monthly.decide([ABLE, replace(ABLE, invoice=2, open=1500)], TODAY) == ChargeNow(10000, 7)


@pytest.mark.parametrize("switch", ["off", "follow"])
def test_A19_an_account_that_is_not_enrolled_is_never_charged(switch: str) -> None:
    assert monthly.decide([replace(ABLE, switch=switch, company_on=True)], TODAY) == Skip(Why.NOT_ENROLLED)


def test_A55_above_its_cap_a_charge_waits_for_the_payers_yes() -> None:
    capped = replace(ABLE, cap_minor=8000)
    assert monthly.decide([capped], TODAY) == Hold(Why.OVER_CAP)
    assert monthly.decide([replace(capped, approved_minor=8500)], TODAY) == ChargeNow(8500, 7)
    assert monthly.decide([replace(capped, approved_minor=8400)], TODAY) == Hold(Why.OVER_CAP)
    assert monthly.decide([replace(capped, cap_minor=8500)], TODAY) == ChargeNow(8500, 7)


def test_A23_invoices_older_than_the_enrollment_are_not_taken() -> None:
    assert monthly.decide([replace(ABLE, covered=False)], TODAY) == Skip(Why.BEFORE_ENROLLMENT)


def test_V14_pay_now_takes_exactly_what_the_payer_saw_or_nothing() -> None:
    assert pay_now.decide([ABLE], 8500, 9) == ChargeNow(8500, 9)
    assert pay_now.decide([ABLE], 500, 9) == ChargeNow(500, 9)
    assert pay_now.decide([ABLE], 8501, 9) == Skip(Why.CHANGED)
    assert pay_now.decide([ABLE], 8500, None) == Skip(Why.METHOD_GONE)
    assert pay_now.decide([replace(ABLE, blocked=True)], 8500, 9) == Hold(Why.BLOCKED)


FACTS = st.builds(
    Facts,
    invoice=st.just(1),
    biller=st.just(1),
    payer=st.just(1),
    debt=st.just("d"),
    currency=st.just("USD"),
    zone=st.just("America/New_York"),
    open=st.integers(-5, 10_000),
    blocked=st.booleans(),
    connected=st.booleans(),
    switch=st.sampled_from(["on", "off", "follow"]),
    company_on=st.booleans(),
    version=st.just(1),
    covered=st.booleans(),
    cap_minor=st.none() | st.integers(0, 10_000),
    approved_minor=st.none() | st.integers(0, 10_000),
    method=st.none() | st.integers(1, 3),
    verified=st.booleans(),
    consented=st.booleans(),
    needs_notice=st.booleans(),
    range_minor=st.none() | st.integers(0, 10_000),
    noticed_on=st.none() | st.dates(date(2026, 1, 1), TODAY),
)


@given(FACTS)
def test_V31_auto_pay_only_ever_names_the_default_method_and_never_more_than_is_open(facts: Facts) -> None:
    for decision in (on_invoice.decide(facts, TODAY), monthly.decide([facts], TODAY)):
        if isinstance(decision, ChargeNow):
            assert decision == ChargeNow(facts.open, facts.method or 0)
            assert facts.open > 0
            assert facts.consented
            assert facts.verified
            assert not facts.blocked
            assert facts.switch != "off"
