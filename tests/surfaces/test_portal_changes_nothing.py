"""No request that a patient or a billing contact can send changes a switch or a default card: every address, every method (V6)."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import Any
from uuid import UUID

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from autopay.agreements.models import Switch
from autopay.charging.pay_link import Asked, ticket
from autopay.conf import conf
from autopay.processors.accounts import Keys, connect
from tests.surfaces.house import House
from tests.surfaces.portal import family, portal

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
BODY = {
    "to": "off",
    "switch": "off",
    "on": "",
    "kind": "off",
    "default": "on",
    "is_default": "on",
    "agree": "on",
    "word": "cancel",
    "confirm": "yes",
    "ends": "1",
    "keep": "on",
    "note": "please",
}
"""What forms anywhere in the installation send to switch, cancel, set a default or remove one."""
BODIES = (BODY, BODY | {"to": "on", "switch": "on", "kind": "card"}, BODY | {"to": "follow", "kind": "saved"})


@pytest.fixture
def two(agency: House) -> dict[str, Any]:
    """A patient who looks, and another, each with two cards and a failed invoice."""
    made = {}
    for name in ("mine", "other"):
        payer = agency.payer(name, Switch.ON)
        first, second = agency.card(payer), agency.card(payer, "4444", "mastercard", default=False)
        bill = agency.visit(payer)
        charge = agency.came_to(bill, "failed", "declined")
        made[name] = {"payer": [payer], "method": [first, second], "invoice": [bill], "charge": [charge]}
    with agency.owner.transaction() as tx:  # with the installation's secret, so that webhooks can be received
        key = f"b{agency.id}"
        connect(tx, agency.id, Keys("http://127.0.0.1:9", f"pk_test_{key}", f"sk_test_{key}", f"whsec_{key}"), conf().secret)
    return made


def patterns(found: Any = None, prefix: str = "") -> Iterator[tuple[str, dict[str, str]]]:
    """Every address of the installation as a template, with the kind of each of its parts."""
    for each in (found or get_resolver()).url_patterns:
        route = prefix + str(each.pattern)
        if isinstance(each, URLResolver):
            yield from patterns(each, route)
        elif isinstance(each, URLPattern):
            yield route, {name: type(kind).__name__ for name, kind in _converters(route)}


def _converters(route: str) -> list[tuple[str, Any]]:
    from django.urls import converters

    known = converters.get_converters()
    parts = [part.split(">")[0] for part in route.split("<")[1:]]
    return [(part, known[part.split(":")[0]] if ":" in part else known["str"]) for part in parts]


def addresses(agency: House, two: dict[str, Any]) -> list[str]:
    """Each template with real rows of both patients in every place; what no row fills gets a word."""
    uids = {agency.uid(table, row) for who in two.values() for table, rows in who.items() for row in rows}
    tickets = [ticket(Asked(agency.id, agency.uid("invoice", row))) for who in two.values() for row in who["invoice"]]
    found = []
    for route, parts in patterns():
        if route.startswith(("accounts/", "demo/", "static")) and "logout" in route:
            continue
        fillings = []
        for name, kind in parts.items():
            if "UUID" in kind:
                fillings.append([(name, each) for each in sorted(uids)])
            elif "Int" in kind:
                fillings.append([(name, str(each)) for each in (1, agency.id)])
            else:
                words = tickets if name.endswith("ticket") else ["x", "on", "ehr"]
                fillings.append([(name, each) for each in words])
        for chosen in product(*fillings):
            address = route
            for name, value in chosen:
                address = address.replace(f"<{name}>", value)
            found.append("/" + address.replace("^", "").replace("\\Z", "").replace("$", ""))
    return found


def stands(agency: House) -> dict[str, Any]:
    return {
        "agreement": agency.rows("select * from agreement order by payer_id"),
        "versions": agency.rows("select * from agreement_version order by id"),
        "company": agency.rows("select * from company_switch order by biller_id"),
        "methods": agency.rows("select id, payer_id, is_default, state, once from method order by id"),
        "consents": agency.rows("select id from consent order by id") + agency.rows("select consent_id from consent_end"),
    }


@pytest.mark.parametrize("who", ["patient", "contact"])
def test_V6_no_address_and_no_method_lets_a_patient_or_contact_change_a_switch_or_a_default(
    agency: House, two: dict[str, Any], who: str
) -> None:
    mine = two["mine"]["payer"][0]
    client: Client = portal(agency, mine) if who == "patient" else family(agency, (mine, True))
    client.raise_request_exception = False
    before, every = stands(agency), addresses(agency, two)
    assert len(every) > 300, "the resolver was not walked"
    assert any(address.endswith("/auto-bill") for address in every)
    assert any(address.endswith("/default") for address in every)
    broken, reached = [], 0
    for address in every:
        for method in METHODS:
            for body in BODIES if method == "POST" else BODIES[:1]:
                answer = client.generic(method, address, _encoded(body), "application/x-www-form-urlencoded")
                reached += answer.status_code < 400
                if answer.status_code >= 500:
                    broken.append(f"{method} {address}: {answer.status_code}")
        assert stands(agency) == before, address
    assert broken == []
    assert client.get("/portal/billing/").status_code == 200, "it was logged out on the way"
    assert reached > 50, "the pages of the portal were not reached"


def _encoded(body: dict[str, str]) -> str:
    return "&".join(f"{name}={value}" for name, value in body.items())


def test_V6_the_portal_shows_no_switch_and_no_way_to_choose_a_default(agency: House, two: dict[str, Any]) -> None:
    client = portal(agency, two["mine"]["payer"][0])
    for address in ("/portal/billing/", "/portal/requests/", "/portal/pay/"):
        page = client.get(address).content.decode()
        assert 'role="switch"' not in page
        assert "Set as default" not in page
    uid = agency.uid("method", two["mine"]["method"][1])
    assert UUID(uid)
    assert client.post(f"/office/methods/{uid}/default").status_code == 404
