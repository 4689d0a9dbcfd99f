"""A link by which a payer adds a payment method, as a mail needs it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from autopay.database import Tx

LINKS = """
    select l.id, l.biller_id as biller, l.payer_id as payer, l.email, l.expires_at, p.language
    from method_link l join payer p on p.id = l.payer_id where l.biller_id = %(biller)s and l.id = any(%(ids)s::bigint[])
"""


@dataclass(frozen=True, slots=True)
class Linked:
    id: int
    biller: int
    payer: int
    email: str
    expires_at: datetime
    language: str


def links(tx: Tx, biller: int, ids: Sequence[int]) -> dict[int, Linked]:
    return {each.id: each for each in tx.all(Linked, LINKS, biller=biller, ids=list(ids))} if ids else {}
