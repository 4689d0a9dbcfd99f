"""How often a method may be tried before a bank is asked (rules G3, G4)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from itertools import count

import pytest
from django.test import RequestFactory
from django.urls import reverse
from playwright.sync_api import Browser, expect

from autopay.conf import conf
from autopay.journal.write import By
from autopay.parties.models import Role
from autopay.processors.protocol import Kind
from autopay.surfaces.shared.client_address import client_address, network_of_client
from autopay.tenancy import WebDatabase
from autopay.wallet.limits import admit, may_offer, reason_to_tell, within_limits
from autopay.wallet.offer import offer
from autopay.wallet.pause import watch
from tests.surfaces.house import House
from tests.surfaces.test_looks import VIEWS, log_in, look

_tokens = count(1)


def by(house: House, network: str = "") -> By:
    return replace(house.by(), network=network or f"198.51.{next(_tokens) % 250}.0/24")


def offered(house: House, payer: int, network: str = "") -> int:
    return offer(WebDatabase(), house.id, payer, Kind.CARD, f"pm_try_{next(_tokens)}", by(house, network))


def tried(house: House, payer: int, network: str = "", fingerprint: str = "") -> bool:
    """One offered card; let through, the bank then says no."""
    method = offered(house, payer, network)
    let_through = within_limits(WebDatabase(), house.id, payer, method, house.by())
    let_through = let_through and admit(WebDatabase(), house.id, method, fingerprint, house.by())
    if let_through:
        house.run("update method set state = 'refused', refused_reason = 'expired' where id = %(m)s", m=method)
    return let_through


def accounts(house: House, names: Iterable[object]) -> list[int]:
    return [house.payer(f"Practice {name}", kind="account") for name in names]


def later(house: House, hours: float) -> None:
    house.run("update method set created_at = created_at - %(h)s * interval '1 hour'", h=hours)
    house.run("update saving_pause set until = until - %(h)s * interval '1 hour'", h=hours)


def test_G3_a_payer_is_refused_three_times_an_hour_and_five_times_a_day(vendor: House) -> None:
    payer = vendor.payer("Green Valley", kind="account")
    assert [tried(vendor, payer) for _ in range(5)] == [True, True, True, False, False]
    later(vendor, 2)
    assert [tried(vendor, payer) for _ in range(3)] == [True, True, False]
    later(vendor, 24)
    assert tried(vendor, payer)


def test_G3_a_network_is_refused_five_times_an_hour_whoever_comes_from_it(vendor: House) -> None:
    payers = accounts(vendor, range(7))
    assert [tried(vendor, payer, "203.0.113.0/24") for payer in payers] == [True] * 5 + [False] * 2
    assert tried(vendor, payers[6], "203.0.112.0/24")
    later(vendor, 1.1)
    assert tried(vendor, payers[5], "203.0.113.0/24")


def test_G3_one_number_is_refused_three_times_a_day_and_belongs_to_three_payers_at_most(vendor: House) -> None:
    payers = accounts(vendor, range(8))
    assert [tried(vendor, payer, fingerprint="a stolen one") for payer in payers[:4]] == [True, True, True, False]
    later(vendor, 25)
    assert not tried(vendor, payers[4], fingerprint="a stolen one"), "a fourth payer, however late"
    assert tried(vendor, payers[0], fingerprint="a stolen one")
    assert all(tried(vendor, payer) for payer in payers[1:6]), (
        "test numbers have no fingerprint, and any number of payers use them"
    )


def test_G3_payers_of_one_billing_contact_are_one_payer(agency: House) -> None:
    contact = agency.value(
        "insert into billing_contact (biller_id, name, external_id) values (%(b)s, 'Dana', 'x') returning id", b=agency.id
    )
    family = [agency.payer(f"Child {n}") for n in range(5)]
    for child in family:
        agency.run(
            "insert into contact_patient (biller_id, contact_id, payer_id) values (%(b)s, %(c)s, %(p)s)",
            b=agency.id,
            c=contact,
            p=child,
        )
    for child in family:
        method = offered(agency, child)
        assert admit(WebDatabase(), agency.id, method, "the family card", agency.by())
        agency.run("update method set state = 'usable' where id = %(m)s", m=method)
    strangers = [agency.payer(f"Stranger {n}") for n in range(3)]
    let_in = [admit(WebDatabase(), agency.id, offered(agency, each), "the family card", agency.by()) for each in strangers]
    assert let_in == [True, True, False]


def test_G3_G5_many_refusals_pause_the_forms_once_and_a_known_payer_still_passes(vendor: House, agency: House) -> None:
    known = vendor.payer("Lakeside", kind="account")
    vendor.card(known)
    bots = accounts(vendor, range(40))
    assert sum(tried(vendor, bot) for bot in bots) == 21, "more than 20 tried, more than 30% refused"
    assert tried(vendor, known)
    assert tried(agency, agency.payer("Maria Alvarez"))
    assert vendor.value("select count(*) from journal_entry where action = 'saving paused'") == 1
    assert not may_offer(WebDatabase(), vendor.id, bots[30], by(vendor))
    assert may_offer(WebDatabase(), vendor.id, known, by(vendor))
    later(vendor, 1.1)
    assert sum(tried(vendor, bot) for bot in bots) == 21
    told = vendor.rows(
        "select data->>'refused' as refused, data->>'tried' as tried from journal_entry where action = 'saving paused' order by id"
    )
    assert told[0] == {"refused": "21", "tried": "21"}
    assert len(told) == 2, "a new episode, told of anew"


def test_G3_thirty_refusals_are_the_most_also_where_few_of_many_are_refused(vendor: House) -> None:
    payers = accounts(vendor, range(140))
    for payer in payers[:100]:
        method = offered(vendor, payer)
        assert admit(WebDatabase(), vendor.id, method, "", vendor.by())
        vendor.run("update method set state = 'usable' where id = %(m)s", m=method)
    assert sum(tried(vendor, payer) for payer in payers[100:]) == 30


def test_G3_an_unverified_bank_account_is_no_past_success(vendor: House) -> None:
    bots = accounts(vendor, range(30))
    for bot in bots:
        vendor.card(bot, kind="bank", default=False)
    vendor.run("update method set verified = false")
    assert sum(tried(vendor, bot) for bot in bots) == 21


def test_G3_what_never_was_a_card_pauses_nobodys_form(vendor: House) -> None:
    for payer in accounts(vendor, range(25)):
        method = offered(vendor, payer)
        vendor.run("update method set state = 'refused', refused_reason = 'method_gone' where id = %(m)s", m=method)
    assert watch(WebDatabase("engine"), None) == 0  # type: ignore[arg-type]  # it never comes to the time
    assert tried(vendor, vendor.payer("Green Valley", kind="account"))


def test_G4_reasons_are_told_for_three_tries_and_not_where_no_bank_was_asked(vendor: House) -> None:
    payer = vendor.payer("Green Valley", kind="account")
    good = offered(vendor, payer)
    vendor.run("update method set state = 'usable' where id = %(m)s", m=good)
    assert [tried(vendor, payer) for _ in range(4)] == [True, True, True, False]
    with WebDatabase().transaction(vendor.id) as tx:
        tries = tx.column("select id from method where id > %(good)s order by id", good=good)
        assert [reason_to_tell(tx, each) for each in tries] == ["expired", "expired", None, None]


@pytest.mark.parametrize(
    ("proxies", "forwarded", "address", "network"),
    [
        (0, "198.51.100.7", "192.0.2.1", "192.0.2.0/24"),
        (1, "198.51.100.7", "198.51.100.7", "198.51.100.0/24"),
        (1, "203.0.113.66, 198.51.100.7", "198.51.100.7", "198.51.100.0/24"),
        (2, "203.0.113.66, 198.51.100.7, 10.0.0.2", "198.51.100.7", "198.51.100.0/24"),
        (1, "::ffff:198.51.100.7", "198.51.100.7", "198.51.100.0/24"),
        (1, "2001:db8:1:2:3::4", "2001:db8:1:2:3::4", "2001:db8:1::/48"),
        (1, "nonsense", "192.0.2.1", "192.0.2.0/24"),
        (1, "", "192.0.2.1", "192.0.2.0/24"),
    ],
)
def test_G3_the_address_is_what_the_own_proxies_say_and_nothing_a_client_wrote(
    monkeypatch: pytest.MonkeyPatch, proxies: int, forwarded: str, address: str, network: str
) -> None:
    monkeypatch.setattr(conf(), "trusted_proxies", proxies)
    request = RequestFactory().get("/", headers={"X-Forwarded-For": forwarded}, REMOTE_ADDR="192.0.2.1")
    assert client_address(request) == address
    assert network_of_client(request) == network
    request.META["REMOTE_ADDR"] = request.META["HTTP_X_FORWARDED_FOR"] = ""
    assert (client_address(request), network_of_client(request)) == (None, "unknown")


@pytest.mark.parametrize(("width", "scheme"), VIEWS)
def test_G3_P2_the_staff_s_alert_and_the_page_that_refuses_a_number_are_accessible_and_fit(
    site: str, vendor: House, agency: House, browser: Browser, width: int, scheme: str
) -> None:
    for house, email, address in (
        (vendor, "staff@vendor.test", reverse("vendor:accounts")),
        (agency, "staff@agency.test", reverse("office:patients")),
    ):
        for n in range(22):
            tried(house, house.payer(f"Payer {n}", kind="account" if house is vendor else "patient"))
        house.login(email, Role.OWNER)
        context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)  # type: ignore[arg-type]
        page = context.new_page()
        log_in(page, site, email)
        page.goto(site + address)
        alert = page.get_by_role("status").filter(has_text="Saving new payment methods is paused until")
        expect(alert).to_contain_text("21 of 21 cards were refused within an hour")
        wrong = [each for query in ("", "?q=4242+4242+4242+4242") for each in look(page, site + address + query, width)]
        assert [each for each in wrong if "status of 422" not in each] == []
        expect(page.get_by_role("heading", level=1)).to_have_text("Please take that number out")
        house.run("update saving_pause set until = now()")
        page.goto(site + address)
        expect(alert).to_have_count(0)
        context.close()
