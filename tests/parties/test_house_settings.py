"""The biller's own settings: what cannot be is refused, what changed meanwhile is not overwritten (A64, rule H3)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import psycopg
import pytest

from autopay.conf import Settings
from autopay.parties import house
from autopay.parties.descriptor import CLINICAL, fault
from autopay.refusal import Refusal
from autopay.tenancy import WebDatabase
from tests.surfaces.house import House, owner_of

BAD = [
    "",
    "OA",
    "ABCD",
    "A" * 23,
    "12345",
    "123 456 789",
    "----------",
    *(f"OFFICE{sign}ALLY" for sign in "<>\\'\"*"),
    "OFFICE ÄLLY",
    "OFFICE ALLY é",
    "ОФИС АЛЛИ",
    "オフィス",
    "OFFICE\tALLY",
    "OFFICE\nALLY",
    "OFFICE  ALLY",
    " OFFICE ALLY",
    "OFFICE ALLY ",
    "OFFICE\u00a0ALLY",
    "OFFICE ALLY™",
    "“OFFICE ALLY”",
    *(f"{word.upper()}Y CENTER" for word in CLINICAL),
    "Downtown Psychiatry",
    "HIV CARE",
    "STD CLINIC",
]
GOOD = ["OFFICE ALLY", "Sunrise", "EHR 24/7", "ALLY-BILLING.COM", "STANDARD BILLING", "A2345", "SUNRISE HOME CARE", "Maids & Co"]


@pytest.fixture
def vendor(database: Settings) -> Iterator[House]:
    owner = owner_of(database)
    yield House(owner, "vendor", "Office Ally", "OA")
    owner.close()


def now(vendor: House) -> tuple[house.Contact, house.Days, house.Zone]:
    with WebDatabase().transaction(vendor.id) as tx:
        return house.contact(tx), house.days(tx), house.zone(tx)


def test_H3_fifty_bad_descriptors_are_refused_each_with_its_reason() -> None:
    assert len(set(BAD)) >= 50
    assert [text for text in BAD if not fault(text)] == []
    assert [text for text in GOOD if fault(text)] == []
    assert fault("OFFICE*ALLY") == "Card networks refuse the sign * here."
    assert "says something about care" in fault("CITY THERAPY")


@pytest.mark.parametrize("bad", ["OA", "A" * 23, "12345", "OFFICE*ALLY", "OFFICE'ALLY", "OFFICE\\ALLY", "OFFICE ÄLLY"])
def test_H3_the_database_refuses_a_descriptor_no_card_network_takes(vendor: House, bad: str) -> None:
    with pytest.raises((psycopg.errors.CheckViolation, psycopg.errors.StringDataRightTruncation)):
        vendor.run("update biller set descriptor = %(d)s", d=bad)
    vendor.run("update biller set descriptor = ''")


def test_A64_contact_days_and_zone_are_kept_and_journalled_with_before_and_after(vendor: House) -> None:
    contact, days, zone = now(vendor)
    for new, seen in (
        (replace(contact, name="Office Ally Inc", descriptor="OFFICE ALLY"), contact),
        (house.Days(15, 10), days),
        (house.Zone("America/New_York"), zone),
        (house.Zone("America/New_York"), house.Zone("America/New_York")),
    ):
        house.keep(WebDatabase(), vendor.id, new, seen, vendor.by())
    assert now(vendor)[0].name == "Office Ally Inc"
    assert now(vendor)[1:] == (house.Days(15, 10), house.Zone("America/New_York"))
    told = vendor.rows(
        "select action, data from journal_entry where object = 'biller' and action like '%%changed' order by id", x=0
    )
    assert [row["action"] for row in told] == ["contact data changed", "billing days changed", "time zone changed"]
    assert told[1]["data"] == {"bill_day": [1, 15], "notice_days": [0, 10]}


def test_A64_what_cannot_be_is_refused_and_a_stale_page_overwrites_nothing(vendor: House) -> None:
    contact, days, zone = now(vendor)
    for new, seen, code in (
        (replace(contact, name=""), contact, "name"),
        (replace(contact, descriptor="CANCER CENTER"), contact, "descriptor"),
        (house.Days(0, 0), days, "bill_day"),
        (house.Days(1, 28), days, "notice_days"),
        (house.Zone("Mars/Olympus"), zone, "zone"),
        (replace(contact, phone="1"), replace(contact, phone="2"), "changed"),
    ):
        with pytest.raises(Refusal) as refused:
            house.keep(WebDatabase(), vendor.id, new, seen, vendor.by())
        assert refused.value.code == code
    assert now(vendor) == (contact, days, zone)
