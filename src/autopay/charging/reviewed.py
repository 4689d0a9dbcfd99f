"""What a payer looked at when they confirmed a payment, as one value (A53, rule W2).

It names the open bills with their amounts and the last payment the payer asked for. A charge keeps it, unique per payer: pressing
twice, in another tab or after the back button, is the same charge, and a page that no longer tells the truth charges nothing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from autopay.database import Tx

LOOKED_AT = """
    select p.uid::text || '|' || coalesce(
               (select string_agg(i.id || ':' || (i.total - i.captured + i.returned - i.elsewhere), ',' order by i.id)
                from invoice i
                where i.payer_id = p.id and i.voided_at is null and i.total > i.captured - i.returned + i.elsewhere), '')
           || '|' || coalesce((select max(c.id) from charge c where c.payer_id = p.id and c.trigger = 'pay_now'), 0)
    from payer p where p.id = %(payer)s
"""


def review_of(tx: Tx, payer: int) -> str:
    """64 hex digits. The page that asks for the confirmation carries it; under the invoices' lock it is worked out again."""
    return _digest(tx.value(LOOKED_AT, payer=payer))


BILLS_LOOKED_AT = """
    select p.uid::text || '|' || coalesce(
               (select string_agg(i.id || ':' || (i.total - i.captured + i.returned - i.elsewhere), ',' order by i.id)
                from invoice i where i.payer_id = p.id and i.voided_at is null and i.id = any(%(invoices)s::bigint[])), '')
           || '|' || coalesce((select max(c.id) from charge c join charge_part part on part.charge_id = c.id
                               where part.invoice_id = any(%(invoices)s::bigint[]) and c.trigger = 'pay_now'), 0)
    from payer p where p.id = %(payer)s
"""


def review_of_bills(tx: Tx, payer: int, invoices: Sequence[int]) -> str:
    """The same where a page is about some of a payer's bills: what happens to the others does not make it stale (V7, V12)."""
    return _digest(tx.value(BILLS_LOOKED_AT, payer=payer, invoices=list(invoices)))


def is_true_still(tx: Tx, payer: int, invoices: Sequence[int], review: str) -> bool:
    """Either kind of page still tells the truth."""
    return review in (review_of(tx, payer), review_of_bills(tx, payer, invoices))


def first_result(tx: Tx, payer: int, review: str) -> str | None:
    """The public id of the charge this review was confirmed with before, if it was."""
    found: str | None = tx.value(
        "select uid::text from charge where payer_id = %(payer)s and review = %(review)s and review <> ''",
        payer=payer,
        review=review,
    )
    return found


def _digest(looked_at: object) -> str:
    return hashlib.sha256(str(looked_at).encode()).hexdigest()
