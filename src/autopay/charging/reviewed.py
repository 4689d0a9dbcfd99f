"""What a payer looked at when they confirmed a payment, as one value (A53, rule W2).

It names the open bills with their amounts and the last payment the payer asked for. A charge keeps it, unique per payer: pressing
twice, in another tab or after the back button, is the same charge, and a page that no longer tells the truth charges nothing.
"""

from __future__ import annotations

import hashlib

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
    return hashlib.sha256(str(tx.value(LOOKED_AT, payer=payer)).encode()).hexdigest()


def first_result(tx: Tx, payer: int, review: str) -> str | None:
    """The public id of the charge this review was confirmed with before, if it was."""
    found: str | None = tx.value(
        "select uid::text from charge where payer_id = %(payer)s and review = %(review)s and review <> ''",
        payer=payer,
        review=review,
    )
    return found
