"""Books: the open differences of this biller, each with its next step, for those who may read reports (A64)."""

from __future__ import annotations

import pytest
from django.test import Client
from playwright.sync_api import Browser

from autopay.parties.models import Role
from autopay.reconciliation.difference import NEXT, Step
from tests.surfaces.house import House, text
from tests.surfaces.test_looks import VIEWS, log_in, look

BOOKS = "/office/settings/books/"


def differs(house: House, ref: str, kind: str = "missing_with_us", step: Step = Step.TAKEN_THERE, currency: str = "USD") -> None:
    house.run(
        """insert into difference (biller_id, "on", kind, about, ref, payment, theirs, currency, next_step, invoice_id)
           values (%(b)s, %(on)s, %(kind)s, 'payment', %(ref)s, %(ref)s, 8500, %(currency)s, %(step)s,
                   (select min(id) from invoice where biller_id = %(b)s))""",
        b=house.id,
        on=house.today,
        kind=kind,
        ref=ref,
        step=step.value,
        currency=currency,
    )


def page(client: Client, address: str = BOOKS) -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return text(answer.content)


def test_A64_each_difference_stands_with_its_next_step_and_its_invoice(agency: House) -> None:
    office = agency.login("office@sunrise.test", Role.OWNER)
    assert "No difference is open." in page(office)
    assert "No day was compared yet." in page(office)
    agency.run(
        """insert into reconciliation (biller_id, "on", done_at) values (%(b)s, '2026-01-05', now()), (%(b)s, '2999-01-01', now())""",
        b=agency.id,
    )
    agency.visit(agency.payer("Maria"), 8500)
    differs(agency, "pi_1")
    differs(agency, "pi_2", "wrong_currency", Step.CURRENCIES, "EUR")
    told = page(office)
    assert "Compared up to January 5, 2026." in told
    assert f"{NEXT[Step.TAKEN_THERE]} Number" in told
    assert "Missing with us pi_1 Invoice 1001" in told
    assert "Ours nothing, theirs $85.00" in told
    assert "Ours nothing, theirs 8500 EUR" in told
    assert "autopay reconcile resolve " in told
    assert 'href="/office/invoices/' in office.get(BOOKS).content.decode()
    agency.run("update difference set resolved_at = now(), resolved_by = 'cli', note = 'done'")
    assert "No difference is open." in page(office)


@pytest.mark.parametrize(
    ("role", "sees"), [(Role.OWNER, True), (Role.BILLING_MANAGER, True), (Role.AUDITOR, True), (Role.FRONT_DESK, False)]
)
def test_A64_whoever_may_read_reports_may_read_books(agency: House, role: Role, sees: bool) -> None:
    client = agency.login("x@sunrise.test", role)
    assert client.get(BOOKS).status_code == (200 if sees else 403)
    assert ('href="/office/settings/books/"' in client.get("/office/settings/permissions/").content.decode()) is sees


def test_I17_nobody_sees_another_billers_differences(agency: House, vendor: House) -> None:
    differs(agency, "pi_of_the_agency")
    told = page(vendor.login("biller@officeally.test", Role.OWNER), "/vendor/settings/books/")
    assert "pi_of_the_agency" not in told
    assert "No difference is open." in told


@pytest.mark.parametrize(("width", "scheme"), VIEWS)
def test_A64_books_are_accessible_and_fit(site: str, browser: Browser, vendor: House, width: int, scheme: str) -> None:
    vendor.login("owner@officeally.test", Role.OWNER)
    for step in Step:
        differs(vendor, f"pi_{step.value}_3TgXhk2eZvKYlo2C1a2b3c4d", step=step)
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)  # type: ignore[arg-type]
    tab = context.new_page()
    log_in(tab, site, "owner@officeally.test")
    assert look(tab, site + "/vendor/settings/books/", width) == []
    context.close()
