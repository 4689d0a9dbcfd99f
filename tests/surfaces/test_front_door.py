"""Log-in, who lands where, nobody in somebody else's house, error pages in plain words, light and dark."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client, override_settings
from django.urls import URLPattern, URLResolver, get_resolver

from autopay.agreements.models import Switch
from autopay.agreements.papers import Attachment, attach
from autopay.database import PooledDatabase
from autopay.parties.ask import Wish, ask
from autopay.parties.models import Request, Role, User
from autopay.surfaces import home
from autopay.tenancy import WebDatabase
from tests.surfaces.house import House, text

PDF = b"%PDF-1.7\n%a signed paper\n%%EOF\n"


@pytest.mark.parametrize(
    ("role", "lands"),
    [(Role.OWNER, "/office/dashboard/"), (Role.FRONT_DESK, "/office/dashboard/"), (Role.PATIENT, "/portal/billing/")],
)
def test_a_log_in_lands_on_the_first_page_of_its_role(agency: House, role: Role, lands: str) -> None:
    what = {"payer_id": agency.payer("Maria Alvarez")} if role is Role.PATIENT else {}
    agency.login("somebody@sunrise.test", role, **what)
    client = Client()
    answer = client.post("/accounts/login/", {"login": "somebody@sunrise.test", "password": "autopay-demo"}, follow=True)
    assert answer.redirect_chain[-1][0] == lands


def test_a_wrong_password_is_refused_and_the_email_stays(agency: House) -> None:
    agency.login("somebody@sunrise.test", Role.OWNER)
    answer = Client().post("/accounts/login/", {"login": "somebody@sunrise.test", "password": "wrong"})
    assert 'role="alert"' in answer.content.decode()
    assert 'value="somebody@sunrise.test"' in answer.content.decode()


def test_nobody_signs_up_without_an_invitation(client: Client) -> None:
    answer = client.post("/accounts/signup/", {"email": "new@example.test", "password1": "a-long-pass-9"})
    assert answer.status_code == 200
    assert not User.objects.exists()


def test_who_is_not_logged_in_is_sent_to_the_log_in(client: Client) -> None:
    for address in ("/portal/billing/", "/office/patients/", "/service-center/", "/classic/ehr/pay-bill/"):
        answer = client.get(address)
        assert answer.status_code == 302
        assert answer.headers["Location"].startswith("/accounts/login/")


def test_a_log_in_without_membership_is_told_what_to_do(client: Client) -> None:
    client.force_login(User.objects.create_user("nobody@example.test", "x"))
    answer = client.get("/home")
    assert answer.status_code == 403
    assert "nothing is yours to see yet" in text(answer.content)


def test_no_address_shows_or_changes_anything_of_another_biller(agency: House, owner: PooledDatabase) -> None:
    """Every address with an id, asked by the other agency's owner: not found, whatever is sent."""
    maria = agency.payer("Maria Alvarez", Switch.ON)
    card, invoice = agency.card(maria), agency.visit(maria)
    ids = {
        "patients": agency.uid("payer", maria),
        "methods": agency.uid("method", card),
        "invoices": agency.uid("invoice", invoice),
        "visits": agency.value("select uid::text from visit"),
        "papers": agency.uid(
            "paper", attach(WebDatabase(), agency.id, card, Attachment("a.pdf", PDF, "Maria Alvarez"), agency.by())
        ),
        "requests": _asked(agency, maria),
    }
    stranger = House(owner, "agency", "Elsewhere Care", "EC").login("stranger@elsewhere.test", Role.OWNER)
    before = _everything(agency)
    mine = [
        address
        for address in _addresses()
        if address.startswith("/office/") and "<uid>" in address and "/settings/" not in address
    ]
    tried = [address.replace("<uid>", ids[address.split("/")[2]]).replace("<contact>", ids["patients"]) for address in mine]
    assert len(tried) >= 20
    for address in tried:
        assert stranger.get(address).status_code in (404, 405), address
        assert (
            stranger.post(address, {"to": "off", "amount": "1.00", "how": "cash", "token": "t", "seen": "8500"}).status_code
            == 404
        ), address
    assert _everything(agency) == before
    assert "Maria" not in text(stranger.get("/office/patients/").content)


def _asked(agency: House, payer: int) -> str:
    user = User.objects.create_user("maria@patients.test", "x")
    ask(WebDatabase(), agency.id, Wish(payer, Request.Kind.OFF, "", user.pk), agency.by())
    return str(agency.value("select uid from request"))


def _everything(agency: House) -> dict[str, Any]:
    tables = (
        "agreement",
        "method",
        "invoice",
        "charge",
        "elsewhere",
        "refund",
        "visit",
        "paper",
        "request",
        "method_link",
        "consent",
    )
    return {table: agency.rows(f"select * from {table} order by 1") for table in tables}


def _addresses() -> list[str]:
    return ["/" + re.sub(r"<\w+:(\w+)>", r"<\1>", found) for found in _walk(get_resolver(), "")]


def _walk(resolver: URLResolver, before: str) -> list[str]:
    found: list[str] = []
    for each in resolver.url_patterns:
        here = before + str(each.pattern)
        found += [here] if isinstance(each, URLPattern) else _walk(each, here)
    return found


@pytest.mark.parametrize("path", ["/no/such/page", "/office/patients/"])
def test_a_page_that_is_not_there_or_not_yours_is_not_found(agency: House, path: str) -> None:
    client = agency.login("maria@patients.test", Role.PATIENT, payer_id=agency.payer("Maria Alvarez"))
    answer = client.get(path)
    assert answer.status_code == 404
    assert "We cannot find that page." in text(answer.content)


def test_a_server_error_never_claims_that_nothing_was_charged(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(home, "memberships", lambda _request: 1 / 0)
    client.force_login(User.objects.create_user("nobody@example.test", "x"))
    client.raise_request_exception = False
    answer = client.get("/home")
    assert answer.status_code == 500
    assert "If you were paying, do not pay again." in text(answer.content)
    assert "Nothing was charged" not in text(answer.content)


def test_a_form_without_its_token_says_that_nothing_was_sent(agency: House) -> None:
    client = Client(enforce_csrf_checks=True)
    answer = client.post("/preferences/theme", {"theme": "dark"})
    assert answer.status_code == 403
    assert "Nothing was sent, saved or charged." in text(answer.content)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_person_chooses_light_or_dark_and_goes_back_to_the_system(client: Client, theme: str) -> None:
    answer = client.post("/preferences/theme", {"theme": theme, "next": "/accounts/login/"})
    assert answer.headers["Location"] == "/accounts/login/"
    assert f'data-theme="{theme}"' in client.get("/accounts/login/").content.decode()
    client.post("/preferences/theme", {"theme": ""})
    assert "data-theme" not in client.get("/accounts/login/").content.decode()


def test_the_theme_form_leads_to_no_other_site(client: Client) -> None:
    assert client.post("/preferences/theme", {"theme": "dark", "next": "https://example.com/"}).headers["Location"] == "/"
    assert client.post("/preferences/theme", {"theme": "pink"}).status_code == 400


def test_every_page_carries_a_strict_content_security_policy(client: Client) -> None:
    policy = client.get("/accounts/login/").headers["Content-Security-Policy"]
    assert "script-src 'self';" in policy + ";"
    assert "unsafe" not in policy
    page = client.get("/accounts/login/").content.decode()
    assert not re.search(r"\sstyle=|\son\w+=|<script(?![^>]*\ssrc=)", page)


def test_pages_of_the_demo_exist_in_the_demo_only(client: Client) -> None:
    for address in ("/demo/", "/demo/components"):
        assert client.get(address).status_code == 404
        with override_settings(DEMO=True):
            assert client.get(address).status_code == 200
    assert "Use this login" not in text(client.get("/accounts/login/").content)
    assert "Demo. No real money moves." not in text(client.get("/accounts/login/").content)
    with override_settings(DEMO=True):
        page = text(client.get("/accounts/login/").content)
    assert "Use this login" in page
    assert "Demo. No real money moves." in page
