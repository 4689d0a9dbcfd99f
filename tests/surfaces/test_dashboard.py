"""The dashboard's figures are those of the rows behind them, and of the books; it reads well on a phone, in the dark, in forced colours."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from django.test import Client, override_settings
from playwright.sync_api import Browser

from autopay.agreements.models import Switch
from autopay.conf import Settings, conf
from autopay.database import PooledDatabase
from autopay.large_world.load import Size, load
from autopay.large_world.logins import OFFICE, make_logins
from autopay.parties.models import Role, User
from tests.surfaces.house import House, text
from tests.surfaces.test_looks import log_in, look

TILES = {"Collected": "captured", "Outstanding": "open", "Failed": "failed", "Held": "held"}
MONEY = r"\$[\d,]+\.\d\d"


CAME_IN = """
    select (select coalesce(sum(q.minor), 0) from charge_part q join charge c on c.id = q.charge_id
            where c.state = 'paid' and to_char(c.settled_at at time zone 'America/Los_Angeles', 'YYYY-MM') = %(m)s)
         + (select coalesce(sum(q.minor), 0) from charge_part q join charge c on c.id = q.charge_id
            where c.state = 'returned' and to_char(c.sent_at at time zone 'America/Los_Angeles' - interval '4 days', 'YYYY-MM') = %(m)s)
         + (select coalesce(sum(e.minor), 0) from elsewhere e where to_char(e.received_on, 'YYYY-MM') = %(m)s)
"""


@pytest.fixture
def world(database: Settings) -> Iterator[PooledDatabase]:
    owner = PooledDatabase(database.dsn("owner"), size=1)
    make_logins(load(owner, conf(), Size(400, 6000), datetime.now(UTC), lambda _what, _n, _of: None).biller)
    yield owner
    owner.close()


@pytest.fixture
def office(world: PooledDatabase) -> Client:
    client = Client()
    client.force_login(User.objects.get(email=OFFICE))
    return client


def months(world: PooledDatabase) -> list[str]:
    with world.transaction() as tx:
        found: list[str] = tx.column("select distinct to_char(issued_on, 'YYYY-MM') from invoice order by 1 desc limit 3")
    return found


def test_V26_every_figure_of_the_dashboard_is_the_sum_of_the_rows_it_leads_to(world: PooledDatabase, office: Client) -> None:
    for month in months(world):
        page = office.get(f"/office/dashboard/?month={month}").content.decode()
        shown = text(page.encode())
        for title, state in TILES.items():
            figure = re.search(rf"{title} ({MONEY})", shown)
            number = re.search(rf'state={state}"[^>]*>(\d+)', page.replace("&amp;", "&"))
            assert figure, title
            assert number, title
            rows = text(office.get(f"/office/payments/?month={month}&state={state}").content)
            assert f"{number[1]} found" in rows
            assert f" {figure[1]} " in rows


def test_V26_what_came_in_is_what_charges_and_recorded_payments_say(world: PooledDatabase, office: Client) -> None:
    """Not by the ledger, from which the page has it."""
    for month in months(world):
        with world.transaction() as tx:
            minor = tx.value(CAME_IN, m=month)
        assert f"Collected ${minor / 100:,.2f}" in text(office.get(f"/office/dashboard/?month={month}").content)


def test_the_bars_are_as_high_as_their_figures_and_the_table_says_the_same(world: PooledDatabase, office: Client) -> None:
    page = office.get(f"/office/dashboard/?month={months(world)[1]}").content.decode()
    heights = [float(each) for each in re.findall(r'<rect class="now"[^>]* height="([\d.]+)"', page)]
    figures = [
        float(each.replace(",", ""))
        for each in re.findall(r"<td><strong>\$([\d,.]+)</strong></td>", page.partition('class="figures"')[2])
    ]
    assert len(heights) in (4, 5)
    assert max(heights) > 0
    for height, figure in zip(heights, figures, strict=False):
        assert height / max(heights) == pytest.approx(figure / max(figures[: len(heights)]), abs=0.01)


def test_the_median_of_days_to_payment_is_the_median(world: PooledDatabase, office: Client) -> None:
    month = months(world)[1]
    with world.transaction() as tx:
        days = sorted(
            tx.column(
                """select t."on" - i.issued_on from ledger_transfer t join invoice i on i.id = t.invoice_id
                   where t.kind = 'captured' and to_char(t."on", 'YYYY-MM') = %(m)s""",
                m=month,
            )
        )
    middle = days[(len(days) - 1) // 2]
    said = "Same day" if not middle else f"{middle} day{'s' if middle > 1 else ''}"
    assert f"Days to payment {said}" in text(office.get(f"/office/dashboard/?month={month}").content)


def test_coming_charges_are_the_engines_own_due_rows(world: PooledDatabase, office: Client) -> None:
    with world.transaction() as tx:
        due = tx.value("select count(*) from charge where state = 'due'")
    assert due
    assert f"{due} found" in text(office.get("/office/payments/?state=coming").content)


def test_an_agency_without_payments_is_told_so_and_any_month_can_be_asked_for(agency: House) -> None:
    office = agency.login("office@sunrise.test", Role.OWNER)
    for month in ("", "2020-02", "nonsense", "2999-01", "0001-01", "2026-13"):
        answer = office.get(f"/office/dashboard/?month={month}")
        assert answer.status_code == 200
        assert "No payments in" in text(answer.content)
        assert "No charge is planned." in text(answer.content)
        assert office.get(f"/office/payments/?month={month}&state={month}").status_code == 200
    assert office.get("/office/").headers["Location"] == "/office/dashboard/"


@pytest.mark.parametrize(("role", "status"), [(Role.AUDITOR, 200), (Role.FRONT_DESK, 200)])
def test_V29_staff_see_the_dashboard_and_nobody_else(agency: House, role: Role, status: int) -> None:
    assert agency.login("somebody@sunrise.test", role).get("/office/dashboard/").status_code == status
    patient = agency.login("maria@patients.test", Role.PATIENT, payer_id=agency.payer("Maria Alvarez"))
    assert patient.get("/office/dashboard/").status_code == 404
    assert patient.get("/office/payments/").status_code == 404


@pytest.mark.parametrize(("width", "scheme"), [(375, "dark"), (1280, "light"), (375, "light"), (1280, "dark")])
def test_the_dashboard_is_accessible_and_fits(
    site: str, browser: Browser, world: PooledDatabase, width: int, scheme: str
) -> None:
    wrong: list[str] = []
    with override_settings(DEMO=True):
        context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)  # type: ignore[arg-type]
        log_in(context.new_page(), site, OFFICE)
        for address in (
            "/office/dashboard/",
            "/office/dashboard/?month=2020-01",
            "/office/payments/",
            "/office/payments/?state=held&month=2020-01",
        ):
            tab = context.new_page()
            wrong += look(tab, site + address, width)
            tab.close()
        context.close()
    assert wrong == []


def test_V39_what_was_held_and_then_failed_is_failed_and_no_longer_held(agency: House) -> None:
    maria = agency.payer("Maria Alvarez", Switch.ON)
    agency.card(maria)
    agency.run("update method set funding = 'debit'")
    bill = agency.visit(maria, 31200)
    office = agency.login("office@sunrise.test", Role.OWNER)
    assert agency.value("select why from invoice") == "notice_first"
    assert "Held $312.00" in text(office.get("/office/dashboard/").content)
    agency.came_to(bill, "failed", "declined")
    assert agency.value("select why from invoice") == "notice_first"
    shown = text(office.get("/office/dashboard/").content)
    assert "Held $0.00" in shown
    assert "Failed $312.00" in shown
