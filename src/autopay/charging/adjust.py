"""Change what a visit's invoice comes to. A due charge is withdrawn and planned anew; in flight, it is refused (V36).

What waits for a person goes on waiting: a bill from before the switch (V22), one that was declined (V32). A new amount is
announced anew (V39).
"""

from __future__ import annotations

from autopay.charging.charge import Why
from autopay.charging.plan import plan_visits
from autopay.charging.withdraw import free
from autopay.clock import local_date
from autopay.database import Tx
from autopay.journal.write import By, note
from autopay.refusal import Refusal


def adjust(tx: Tx, biller: int, invoice: int, total: int, by: By) -> int:
    """Set the total (minor units). Returns the difference. Raises Refusal below what was paid already."""
    withdrawn = free(tx, [invoice], Why.CHANGED)
    before = tx.value("select total from invoice where id = %(id)s and voided_at is null", id=invoice)
    paid = tx.value("select captured - returned + elsewhere from invoice where id = %(id)s", id=invoice)
    if before is None or total < paid:
        raise Refusal("below_paid", "The new amount is less than what was paid already. Refund the difference first.")
    difference: int = total - before
    if difference:
        _book(tx, biller, invoice, difference, by)
    if difference and withdrawn:
        plan_visits(tx, [invoice], by.at, priority=1)
    return difference


def _book(tx: Tx, biller: int, invoice: int, difference: int, by: By) -> None:
    zone = tx.value("select zone from biller where id = %(biller)s", biller=biller)
    entry = note(tx, biller, by, "invoice adjusted", ("invoice", invoice), minor=difference)
    params = {"id": invoice, "minor": difference, "on": local_date(by.at, zone), "source": f"adjustment:{entry}"}
    tx.run("update invoice set total = total + %(minor)s, noticed_on = null where id = %(id)s", **params)
    tx.run(
        """insert into invoice_line (biller_id, invoice_id, text, unit_minor, minor)
           select biller_id, id, 'Adjustment', %(minor)s, %(minor)s from invoice where id = %(id)s""",
        **params,
    )
    debit, credit = ("receivable", "revenue") if difference > 0 else ("revenue", "receivable")
    tx.run(
        f"""insert into ledger_transfer (biller_id, debit, credit, minor, currency, kind, source, payer_id, invoice_id, "on")
            select biller_id, '{debit}', '{credit}', abs(%(minor)s::bigint), currency, 'adjusted', %(source)s, payer_id, id, %(on)s
            from invoice where id = %(id)s""",
        **params,
    )
