"""Take a bill back. A due charge is withdrawn; while one is in flight, or money was taken, it is refused with the reason (V36)."""

from __future__ import annotations

from autopay.charging.charge import Why
from autopay.charging.plan_again import due_month, plan_again
from autopay.charging.withdraw import free, lock
from autopay.clock import local_date
from autopay.database import Database, Tx
from autopay.journal.write import By, note
from autopay.refusal import Refusal


def void(db: Database, biller: int, invoice: int, by: By) -> None:
    with db.transaction(biller) as tx:
        void_in(tx, biller, invoice, by)


def void_in(tx: Tx, biller: int, invoice: int, by: By) -> None:
    """Inside a transaction of the caller's."""
    lock(tx, [invoice])
    month = due_month(tx, [invoice])
    free(tx, [invoice], Why.VOIDED)
    voided = tx.column(
        """update invoice set voided_at = %(now)s, why = 'voided', why_until = null
           where id = %(id)s and voided_at is null and captured = returned + refunded and elsewhere = 0
           returning total - refunded""",
        id=invoice,
        now=by.at,
    )
    if not voided:
        raise Refusal("paid", "This bill was paid, in full or in part. Refund it first.")
    zone = tx.value("select zone from biller where id = %(biller)s", biller=biller)
    tx.run(
        """insert into ledger_transfer (biller_id, debit, credit, minor, currency, kind, source, payer_id, invoice_id, "on")
           select biller_id, 'revenue', 'receivable', %(minor)s, currency, 'voided', 'invoice:' || id, payer_id, id, %(today)s
           from invoice where id = %(id)s and %(minor)s > 0""",
        id=invoice,
        minor=voided[0],
        today=local_date(by.at, zone),
    )
    note(tx, biller, by, "invoice voided", ("invoice", invoice))
    plan_again(tx, month, by.at)
