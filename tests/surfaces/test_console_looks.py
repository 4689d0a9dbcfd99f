"""Every page of the console's accounts, bills and runs in Chromium: accessible by axe, nothing sideways, nothing refused."""

from __future__ import annotations

import pytest
from django.test import override_settings
from playwright.sync_api import Browser

from autopay.charging.record_payment import Payment, record_payment
from autopay.parties.models import Role
from autopay.tenancy import WebDatabase
from tests.surfaces.console import billed, enrolled, plan, refunded
from tests.surfaces.house import House
from tests.surfaces.test_accounts import account, bill
from tests.surfaces.test_looks import VIEWS, log_in, look


@pytest.fixture
def pages(vendor: House) -> list[str]:
    """Every page in every state of an account and of a bill."""
    bills = [
        billed(vendor, f"Practice {state}", state) for state in ("failed", "paid", "sending", "unknown", "pending", "returned")
    ]
    due, sent_back = billed(vendor, "Due"), billed(vendor, "Refunded", "paid")
    refunded(vendor, sent_back, "done")
    refunded(vendor, sent_back, "unknown", 1000)
    record_payment(WebDatabase(), vendor.id, due, Payment(5685, "check", vendor.today, "t1", reference="1007"), vendor.by())
    stuck, capped = enrolled(vendor, "Stuck", None), enrolled(vendor, "Capped")
    off = account(vendor, "A practice whose name is so long that no column of a table was ever made for it")
    vendor.run("update agreement set cap_minor = 20000 where payer_id = %(p)s", p=capped)
    vendor.run("update method set hold_minor = 100, hold_placed_at = now(), hold_released_at = now()")
    bill(vendor)
    plan(vendor, stuck, capped, off)
    vendor.run("""update night set "on" = "on" - 40""")
    vendor.login("biller@officeally.test", Role.OWNER)
    owned = "select payer_id from invoice where id = %(i)s"
    payers = [stuck, capped, off, *(vendor.value(owned, i=each) for each in (bills[0], due))]
    of_due, of_refunded = (f"/vendor/accounts/{vendor.uid('payer', vendor.value(owned, i=each))}/" for each in (due, sent_back))
    paid = f"/vendor/bills/{vendor.uid('invoice', bills[1])}/"
    return [
        *("/vendor/accounts/", "/vendor/accounts/?q=nobody"),
        *(f"/vendor/accounts/{vendor.uid('payer', each)}/" for each in payers),
        *(of_due + "payments/", of_refunded + "payments/", of_due + "changes/"),
        *(f"/vendor/bills/{vendor.uid('invoice', each)}/" for each in (*bills, due, sent_back)),
        *(paid + "refund", paid + "refund?amount=20.00&note=Billed+twice", paid + "refund?amount=2000"),
        *("/vendor/runs/", "/vendor/runs/month/", "/vendor/runs/next-month/", "/vendor/runs/month/?show=held"),
        *("/vendor/runs/past/", "/vendor/runs/past/?on=2999-01-01", "/vendor/runs/past/?on=2020-01-01"),
    ]


@pytest.mark.parametrize(("width", "scheme"), VIEWS)
def test_A60_A62_A63_every_page_of_the_console_is_accessible_and_fits(
    site: str, browser: Browser, pages: list[str], width: int, scheme: str
) -> None:
    wrong: list[str] = []
    with override_settings(DEMO=True):
        context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)  # type: ignore[arg-type]
        log_in(context.new_page(), site, "biller@officeally.test")
        for address in pages:
            tab = context.new_page()
            wrong += [each for each in look(tab, site + address, width) if "422" not in each]
            tab.close()
        context.close()
    assert wrong == []
