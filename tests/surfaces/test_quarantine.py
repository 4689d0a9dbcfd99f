"""In quarantine no page promises a charge, and the staff are told at the top of theirs why nothing is sent (I24)."""

from __future__ import annotations

import pytest
from django.urls import reverse

from autopay.agreements.models import Switch
from autopay.parties.models import Role
from tests.surfaces.house import House, text

ALERT = "Nothing is charged or refunded for now. These books were restored or copied."


@pytest.fixture(params=[False, True], ids=["at work", "in quarantine"])
def quarantined(agency: House, vendor: House, request: pytest.FixtureRequest) -> bool:
    if request.param:
        agency.run("update installation set quarantined_at = now(), why = 'asked'")
    return bool(request.param)


def test_I24_the_staff_of_agency_and_vendor_are_told(agency: House, vendor: House, quarantined: bool) -> None:
    office, console = agency.login("office@sunrise.test", Role.OWNER), vendor.login("owner@oa.test", Role.OWNER)
    for client, page in ((office, "office:patients"), (office, "office:dashboard"), (console, "vendor:accounts")):
        assert (ALERT in text(client.get(reverse(page)).content)) is quarantined, page


def test_I24_the_sentence_of_an_invoice_says_that_the_charge_waits(agency: House, quarantined: bool) -> None:
    payer = agency.payer("Maria", Switch.ON)
    agency.card(payer)
    agency.visit(payer)
    assert agency.value("select why from invoice") == ("quarantine" if quarantined else "charged")
    office = agency.login("office@sunrise.test", Role.OWNER)
    uid = agency.value("select uid::text from payer where id = %(p)s", p=payer)
    page = text(office.get(reverse("office:patient", args=[uid])).content)
    assert ("payments are paused for the moment" in page) is quarantined
