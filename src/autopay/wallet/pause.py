"""When many cards are refused, somebody is trying out stolen ones: the biller's forms pause, once, and its staff are told (G3).

The pause is one row a biller, taken by a single statement: of any number of processes that see the same refusals one begins it. Its entry
in the journal is what the mail to the biller and nothing else is written from.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from autopay.clock import Clock
from autopay.database import Database, Tx
from autopay.journal.write import By, note

REFUSED_AT_MOST = 30
RATIO_FROM, RATIO_PERCENT = 20, 30
PAUSE = timedelta(hours=1)

BEGIN = """
    insert into saving_pause as p (biller_id, since, until, refused, tried)
    values (%(biller)s, now(), now() + %(pause)s, %(refused)s, %(tried)s)
    on conflict (biller_id) do update set since = excluded.since, until = excluded.until, refused = excluded.refused, tried = excluded.tried
        where p.until <= now()
    returning until
"""
LAST_HOUR = """
    select biller_id as biller, count(*) filter (where state = 'refused') as refused, count(*) as tried
    from method
    where network <> '' and kind = 'card' and state in ('refused', 'usable', 'detached')
      and created_at > now() - interval '1 hour' and refused_reason <> 'tried_too_often'
      and (state <> 'refused' or admitted_at is not null)
    group by biller_id having count(*) filter (where state = 'refused') > 0
"""


@dataclass(frozen=True, slots=True)
class Hour:
    """Cards one biller's payers offered on the web within the last hour, and how many of them their banks refused."""

    biller: int
    refused: int
    tried: int

    @property
    def suspicious(self) -> bool:
        many = self.tried > RATIO_FROM and self.refused * 100 > self.tried * RATIO_PERCENT
        return many or self.refused >= REFUSED_AT_MOST


def watch(db: Database, clock: Clock) -> int:
    """A worker's look at all billers, so that an attack that stops before its next try is told of too. Returns how many it paused."""
    with db.transaction() as tx:
        hours = tx.all(Hour, LAST_HOUR)
    begun = 0
    for hour in hours:
        if hour.suspicious:
            with db.transaction(hour.biller) as tx:
                begun += pause(tx, hour, By("autopay", clock.now()))
    return begun


def pause(tx: Tx, hour: Hour, by: By) -> bool:
    """True for the one who begins it. It is told in business time, like everything people read."""
    if tx.value(BEGIN, biller=hour.biller, pause=PAUSE, refused=hour.refused, tried=hour.tried) is None:
        return False
    told = {"refused": hour.refused, "tried": hour.tried, "until": (by.at + PAUSE).isoformat()}
    note(tx, hour.biller, By("autopay", by.at), "saving paused", ("biller", hour.biller), **told)
    return True
