"""An outcome that moved nothing: it was known already, or it contradicts what our books say and a person must look."""

from __future__ import annotations

from autopay.charging.charge import State
from autopay.database import Tx
from autopay.processors.protocol import Paid, Pending

AGREED = [State.PAID, State.PENDING, State.RETURNED]

CONTRADICTED = """
    with unmatched as (
        insert into unmatched_receipt (biller_id, charge_id, ref, kind, minor)
        select c.biller_id, c.id, %(ref)s, %(kind)s, %(minor)s from charge c
        where c.id = %(id)s and not (c.ref = %(ref)s and c.state = any(%(agreed)s::text[]))
        on conflict do nothing returning charge_id, biller_id)
    update invoice i set blocked = 'the processor shows a payment that our books do not'
    from unmatched u join charge_part p on p.charge_id = u.charge_id where i.id = p.invoice_id
"""


def contradict(tx: Tx, charge: int, outcome: object) -> None:
    """Money where our books have none goes to unmatched receipts and blocks the invoices; the charge's state stays as it is."""
    if isinstance(outcome, Paid | Pending):
        tx.run(CONTRADICTED, id=charge, ref=outcome.ref, kind="payment", minor=outcome.amount.minor, agreed=AGREED)
