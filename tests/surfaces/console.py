"""Accounts in every state, for the tests of the vendor's console."""

from __future__ import annotations

from autopay.charging.plan import plan_months
from autopay.tenancy import WebDatabase
from tests.surfaces.house import House
from tests.surfaces.test_accounts import account, bill, enroll

MONTH = 25685
ON_THE_FIRST = "select id from invoice where payer_id = %(p)s and kind = 'monthly' order by id desc limit 1"


def enrolled(vendor: House, name: str, card: str | None = "4242") -> int:
    payer = account(vendor, name)
    if card:
        vendor.card(payer, card)
    enroll(vendor, payer)
    return payer


def plan(vendor: House, *payers: int) -> None:
    """What the night does with the bills of these accounts on their charge day."""
    with WebDatabase().transaction(vendor.id) as tx:
        bills = tx.column("select id from invoice where payer_id = any(%(p)s::bigint[]) order by id", p=list(payers))
        plan_months(tx, bills, vendor.now)


def billed(vendor: House, name: str, state: str = "", reason: str = "") -> int:
    """An enrolled account whose bill of this month was planned and came to `state`. Returns the bill."""
    payer = enrolled(vendor, name)
    bill(vendor)
    plan(vendor, payer)
    invoice: int = vendor.value(ON_THE_FIRST, p=payer)
    if state:
        vendor.came_to(invoice, state, reason)
    return invoice


def bill_of(vendor: House, payer: int) -> int:
    invoice: int = vendor.value(ON_THE_FIRST, p=payer)
    return invoice


def refunded(vendor: House, invoice: int, state: str, minor: int = 2000) -> None:
    """A refund as the engine leaves it in this state."""
    vendor.run(
        """insert into refund (biller_id, charge_id, invoice_id, minor, state, requested_by, key, sent_at, look_at)
           select %(b)s, p.charge_id, p.invoice_id, %(minor)s, %(state)s, 'test', gen_random_uuid()::text, now(), now()
           from charge_part p where p.invoice_id = %(i)s""",
        b=vendor.id,
        i=invoice,
        minor=minor,
        state=state,
    )
    if state == "done":
        vendor.run("update invoice set refunded = refunded + %(minor)s where id = %(i)s", i=invoice, minor=minor)
