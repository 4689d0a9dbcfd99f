"""Who is invited to what, as a mail needs it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from autopay.database import Tx

INVITATIONS = """
    select i.id, i.biller_id as biller, i.payer_id as payer, i.email, i.role, i.expires_at, p.external_id as account,
           coalesce(nullif(u.language, ''), nullif(p.language, ''), 'en') as language
    from invitation i left join payer p on p.id = i.payer_id left join app_user u on u.email = i.email
    where i.biller_id = %(biller)s and i.id = any(%(ids)s::bigint[])
"""


@dataclass(frozen=True, slots=True)
class Invited:
    """`account` is the number of the account an owner is invited to: its name may speak of care, and a mail travels open."""

    id: int
    biller: int
    payer: int | None
    email: str
    role: str
    expires_at: datetime
    account: str | None
    language: str = "en"


def invitations(tx: Tx, biller: int, ids: Sequence[int]) -> dict[int, Invited]:
    return {each.id: each for each in tx.all(Invited, INVITATIONS, biller=biller, ids=list(ids))} if ids else {}
