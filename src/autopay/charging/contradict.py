"""An outcome that moved nothing: it was known already, or it contradicts what our books say and a person must look."""

from __future__ import annotations

from dataclasses import dataclass

from autopay.charging.charge import State
from autopay.database import Tx
from autopay.processors.protocol import Paid, Pending, Returned

AGREED = [State.PAID, State.PENDING, State.RETURNED]

CONTRADICTED = """
    with unmatched as (
        insert into unmatched_receipt (biller_id, charge_id, ref, kind, minor)
        select c.biller_id, c.id, %(ref)s::text, %(kind)s::text, coalesce(%(minor)s::bigint, c.minor) from charge c
        where c.id = %(id)s and not (c.ref = %(ref)s::text and c.state = any(%(agreed)s::text[]))
        on conflict do nothing returning charge_id, biller_id)
    update invoice i set blocked = format('the processor shows a %%s that our books do not', %(kind)s::text)
    from unmatched u join charge_part p on p.charge_id = u.charge_id where i.id = p.invoice_id
"""


@dataclass(frozen=True, slots=True)
class Unsettled:
    """An outcome that the database refused to book, such as a debit returned after its refund."""

    evidence: object


def contradict(tx: Tx, charge: int, outcome: object) -> None:
    """Money where our books have none goes to unmatched receipts and blocks the invoices; the charge's state stays as it is."""
    agreed: list[State] = [] if isinstance(outcome, Unsettled) else AGREED
    match outcome:
        case Paid(ref, amount, _) | Pending(ref, amount) | Unsettled(Paid(ref, amount, _) | Pending(ref, amount)):
            tx.run(CONTRADICTED, id=charge, ref=ref, kind="payment", minor=amount.minor, agreed=agreed)
        case Unsettled(Returned(ref, _)):
            tx.run(CONTRADICTED, id=charge, ref=ref, kind="return", minor=None, agreed=agreed)
