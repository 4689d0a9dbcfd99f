"""How often methods may be tried (G3): checking a card for nothing tells a thief which numbers work.

An offered method is counted only after it was written down, so that any number of web processes together keep the limits without a lock.
"""

from __future__ import annotations

from dataclasses import dataclass

from autopay.database import Database
from autopay.journal.write import By, note

PAYER_HOUR, PAYER_DAY, BILLER_HOUR = 3, 5, 30
TOO_OFTEN = "tried_too_often"

TRIES = """
    select count(*) filter (where payer_id = %(payer)s and created_at > now() - interval '1 hour') as payer_hour,
           count(*) filter (where payer_id = %(payer)s) as payer_day,
           count(*) filter (where created_at > now() - interval '1 hour') as biller_hour,
           exists (select from method m where m.payer_id = %(payer)s and m.state in ('usable', 'detached')) as trusted
    from method where biller_id = %(biller)s and created_at > now() - interval '1 day'
      and (state in ('offered', 'attached', 'holding') or (state = 'refused' and refused_reason <> %(too_often)s))
"""


@dataclass(frozen=True, slots=True)
class Tries:
    """Refused and unfinished ones, this one among them. Who saved a method before is not stopped by what others do."""

    payer_hour: int
    payer_day: int
    biller_hour: int
    trusted: bool

    @property
    def too_many(self) -> bool:
        crowded = self.biller_hour > BILLER_HOUR and not self.trusted
        return crowded or self.payer_hour > PAYER_HOUR or self.payer_day > PAYER_DAY


def within_limits(db: Database, biller: int, payer: int, method: int, by: By) -> bool:
    """Ask once `method` is offered and before the payment company is: False, and it is refused here and never sent."""
    with db.transaction(biller) as tx:
        tries = tx.one(Tries, TRIES, biller=biller, payer=payer, too_often=TOO_OFTEN)
        if tries is None or not tries.too_many:
            return True
        tx.run(
            """update method set state = 'refused', refused_reason = %(too_often)s, retry_at = null
               where id = %(id)s and state = 'offered'""",
            id=method,
            too_often=TOO_OFTEN,
        )
        note(tx, biller, by, "method tried too often", ("payer", payer), method=method)
    return False
