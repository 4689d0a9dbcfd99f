"""While an account is paused, its own staff read one calm line, and no payer is promised a moment (decision 25)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse

from autopay.agreements.models import Switch
from autopay.parties.models import Role
from tests.surfaces.house import House, text

DOWN, SLOWER, KEYS = "The payment company does not answer.", "The payment company asks us to go slower.", "refuses our keys."


def pause(house: House, why: str = "ClientConnectorError", too_fast: bool = False, minutes: int = 4, failures: int = 9) -> None:
    house.run(
        "insert into processor_account (biller_id, api_base, publishable_key, secret_key) values (%(b)s, '', '', '') on conflict do nothing",
        b=house.id,
    )
    house.run(
        """insert into processor_pace (biller_id, failures, since, paused_until, too_fast, why)
           values (%(b)s, %(failures)s, now(), now() + %(left)s, %(too_fast)s, %(why)s)
           on conflict (biller_id) do update set failures = excluded.failures, since = excluded.since, paused_until = excluded.paused_until,
               too_fast = excluded.too_fast, why = excluded.why""",
        b=house.id,
        failures=failures,
        left=timedelta(minutes=minutes),
        too_fast=too_fast,
        why=why,
    )


@pytest.mark.parametrize(
    ("why", "too_fast", "head"),
    [("ClientConnectorError", False, DOWN), ("RateLimitError 429", True, SLOWER), ("AuthenticationError 401", False, KEYS)],
)
def test_the_staff_of_this_biller_are_told_and_no_others(
    agency: House, vendor: House, why: str, too_fast: bool, head: str
) -> None:
    office, console = agency.login("office@sunrise.test", Role.OWNER), vendor.login("owner@oa.test", Role.OWNER)
    pause(agency, why, too_fast)
    for page in ("office:patients", "office:dashboard"):
        shown = text(office.get(reverse(page)).content)
        assert head in shown
        assert "Next try:" in shown
        assert "nothing is lost" in shown
    assert "payment company" not in text(console.get(reverse("vendor:accounts")).content)
    pause(vendor, why, too_fast, minutes=-1)
    shown = text(console.get(reverse("vendor:accounts")).content)
    assert head in shown
    assert "It is being asked again now." in shown


def test_a_few_calls_without_an_answer_are_no_news(agency: House) -> None:
    pause(agency, failures=3, minutes=-1)
    assert DOWN not in text(agency.login("office@sunrise.test", Role.OWNER).get(reverse("office:dashboard")).content)


def test_a_payer_whose_charge_waits_through_a_pause_is_promised_no_moment(agency: House) -> None:
    payer = agency.payer("Maria", Switch.ON)
    agency.card(payer)
    invoice = agency.visit(payer)
    pause(agency)
    agency.run("update charge set run_at = run_at - interval '1 minute'")
    patient = agency.login("maria@patients.test", Role.PATIENT, payer_id=payer)
    page = text(patient.get(f"/portal/invoices/{agency.uid('invoice', invoice)}/").content)
    assert "It waits for the payment company. You need do nothing." in page
    assert "Next try" not in page
