"""No page is kept by a browser or on the way (ASVS 14.3.2, rule V3); what may be kept is what everybody gets alike."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.urls.exceptions import NoReverseMatch

from autopay.parties.models import Role
from tests.surfaces.house import House
from tests.surfaces.test_accounts import account

ZERO = "00000000-0000-0000-0000-000000000000"


def addresses(patterns: list[URLPattern | URLResolver], space: str = "") -> Iterator[str]:
    """Of every name in the router; where it wants to know which one, one that is nobody's."""
    for each in patterns:
        if isinstance(each, URLResolver):
            yield from addresses(each.url_patterns, f"{space}{each.namespace}:" if each.namespace else space)
        elif each.name:
            known = {"slug": "ehr", "token": "x", "key": "x", "uidb36": "x", "word": "x", "name": "x"}
            wanted = {
                name: ZERO
                if type(c).__name__ == "UUIDConverter"
                else 1
                if type(c).__name__ == "IntConverter"
                else known.get(name, "x")
                for name, c in each.pattern.converters.items()
            }
            try:
                yield reverse(space + each.name, kwargs=wanted)
            except NoReverseMatch:
                yield reverse(space + each.name, args=["x"] * each.pattern.regex.groups)


def test_V3_no_page_of_anybody_may_be_stored(enrolling: str, vendor: House, agency: House) -> None:
    payer, patient = account(vendor), agency.payer("Maria Alvarez")
    people = [
        Client(),
        vendor.login("owner@practice.test", Role.ACCOUNT_OWNER, payer_id=payer),
        vendor.login("biller@vendor.test", Role.OWNER),
        agency.login("office@sunrise.test", Role.OWNER),
        agency.login("maria@patients.test", Role.PATIENT, payer_id=patient),
    ]
    all_of_them = sorted(set(addresses(get_resolver().url_patterns)))
    seen, wrong = set(), []
    for person in people:
        for address in all_of_them:
            answer = person.get(address)
            seen.add(answer.status_code)
            if answer.headers.get("Cache-Control") != "no-store":
                wrong.append((address, answer.status_code, answer.headers.get("Cache-Control")))
    assert wrong == []
    assert len(all_of_them) > 40
    assert {200, 302, 404} <= seen


@pytest.mark.parametrize("method", ["post", "put", "delete"])
def test_V3_nor_what_is_answered_to_a_refused_request(enrolling: str, vendor: House, method: str) -> None:
    client = vendor.login("owner@practice.test", Role.ACCOUNT_OWNER, payer_id=account(vendor))
    for address in ("/service-center/account-management/autopay-settings/", "/no/such/page", "/home"):
        assert getattr(client, method)(address).headers["Cache-Control"] == "no-store"


def test_what_everybody_gets_alike_may_be_kept(vendor: House) -> None:
    answer = Client().get("/static/autopay/autopay.css")
    assert answer.status_code == 200
    assert "no-store" not in answer.headers.get("Cache-Control", "")
    answer.close()
