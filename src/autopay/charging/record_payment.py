"""A payment made elsewhere: check, cash, wire, phone. It withdraws a due charge and is refused while one is in flight (V38, A62).

What a withdrawn monthly charge would have taken and is still open is planned again at once (plan_again.py).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from autopay.charging.charge import Why
from autopay.charging.plan_again import due_month, plan_again
from autopay.charging.withdraw import free, lock
from autopay.database import Database, Tx
from autopay.journal.write import By, note
from autopay.refusal import Refusal


@dataclass(frozen=True, slots=True)
class Payment:
    """`minor` in the invoice's minor units, above zero; `external_id` identifies it at its source, once. `reference` is what people call
    it by: the number of a check, of a wire."""

    minor: int
    how: str
    received_on: date
    external_id: str
    source: str = "autopay"
    reference: str = ""


def record_payment(db: Database, biller: int, invoice: int, payment: Payment, by: By) -> None:
    with db.transaction(biller) as tx:
        record(tx, biller, invoice, payment, by)


def record(tx: Tx, biller: int, invoice: int, payment: Payment, by: By) -> bool:
    """Inside a transaction of the caller's. False if this payment was recorded before. Raises Refusal if it is more than is open."""
    lock(tx, [invoice])
    known = "select id from elsewhere where biller_id = %(biller)s and source = %(source)s and external_id = %(external_id)s"
    if tx.value(known, biller=biller, source=payment.source, external_id=payment.external_id):
        return False
    month = due_month(tx, [invoice])
    free(tx, [invoice], Why.PAID_ELSEWHERE)
    taken = tx.run(
        """update invoice set elsewhere = elsewhere + %(minor)s, why = 'paid_elsewhere', why_until = null
           where id = %(id)s and voided_at is null and %(minor)s > 0 and total - captured + returned - elsewhere >= %(minor)s""",
        id=invoice,
        minor=payment.minor,
    )
    if not taken:
        raise Refusal("too_much", "This is more than is open on the bill, or the bill was taken back. Look at the bill again.")
    row: int = tx.value(
        """insert into elsewhere (biller_id, invoice_id, minor, how, received_on, source, external_id, reference)
           values (%(biller)s, %(invoice)s, %(minor)s, %(how)s, %(on)s, %(source)s, %(external_id)s, %(reference)s) returning id""",
        biller=biller,
        invoice=invoice,
        minor=payment.minor,
        how=payment.how,
        on=payment.received_on,
        source=payment.source,
        external_id=payment.external_id,
        reference=payment.reference,
    )
    tx.run(
        """insert into ledger_transfer (biller_id, debit, credit, minor, currency, kind, source, payer_id, invoice_id, "on")
           select biller_id, 'elsewhere', 'receivable', %(minor)s, currency, 'elsewhere', 'elsewhere:' || %(row)s::text, payer_id, id, %(on)s
           from invoice where id = %(invoice)s""",
        row=row,
        minor=payment.minor,
        on=payment.received_on,
        invoice=invoice,
    )
    note(tx, biller, by, "payment recorded", ("invoice", invoice), minor=payment.minor, how=payment.how)
    plan_again(tx, month, by.at)
    return True
