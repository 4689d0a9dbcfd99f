"""How often methods may be tried (G3): checking a card for nothing tells a thief which numbers work.

What counts are the methods themselves: each was written down and committed before it is counted, so that any number of web processes
together keep the limits, across restarts, without a lock. Only what a person offers on the web is counted.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import structlog

from autopay.database import Database, Tx
from autopay.journal.write import By, note
from autopay.wallet.pause import Hour, pause

log = structlog.get_logger()
PAYER_HOUR, PAYER_DAY, NETWORK_HOUR, BILLER_HOUR = 3, 5, 5, 30
FINGERPRINT_DAY, FINGERPRINT_PAYERS = 3, 3
REASONS_TOLD = 3
TOO_OFTEN = "tried_too_often"

COUNTS = "(state in ('offered', 'attached', 'holding') or (state = 'refused' and refused_reason <> 'tried_too_often'))"
"""Refused, or not known yet: it may still be."""
CHECKED = "(state <> 'refused' or admitted_at is not null)"
"""And not refused before a bank was asked, as a token that never was one."""

TRIES = f"""
    select count(*) filter (where payer_id = %(payer)s and hour and counts) as payer_hour,
           count(*) filter (where payer_id = %(payer)s and counts) as payer_day,
           count(*) filter (where network = %(network)s and hour and counts) as network_hour,
           count(*) filter (where hour and counts and checked) as biller_hour,
           count(*) filter (where hour and kind = 'card' and state = 'refused' and checked) as refused,
           count(*) filter (where hour and kind = 'card' and checked and state in ('refused', 'usable', 'detached')) as tried,
           exists (select from method m where m.payer_id = %(payer)s and m.state in ('usable', 'detached') and m.verified) as trusted,
           exists (select from saving_pause where biller_id = %(biller)s and until > now()) as paused
    from (select *, created_at > now() - interval '1 hour' as hour, {COUNTS} as counts, {CHECKED} as checked from method
          where biller_id = %(biller)s and network <> '' and created_at > now() - interval '1 day'
            and refused_reason <> 'tried_too_often') as day
"""

SEEN = f"""
    select (select count(*) from method where biller_id = %(biller)s and fingerprint = %(fingerprint)s
              and created_at > now() - interval '1 day' and {COUNTS}) as today,
           (select count(distinct coalesce((select -min(c.contact_id) from contact_patient c where c.payer_id = m.payer_id), m.payer_id))
            from method m
            where m.biller_id = %(biller)s and m.fingerprint = %(fingerprint)s and m.payer_id <> %(payer)s
              and m.refused_reason <> 'tried_too_often'
              and not exists (select from contact_patient mine join contact_patient theirs on theirs.contact_id = mine.contact_id
                              where mine.payer_id = %(payer)s and theirs.payer_id = m.payer_id)) as others
"""
"""Payers with a billing contact in common count as one."""

REFUSE = """
    update method set state = 'refused', refused_reason = 'tried_too_often', retry_at = null
    where id = %(method)s and state = 'offered' and admitted_at is null
"""

NUMBER = """
    select count(*) from method m join method before on before.payer_id = m.payer_id and before.id <= m.id
      and before.network <> '' and before.created_at > m.created_at - interval '1 hour'
    where m.id = %(method)s
"""


@dataclass(frozen=True, slots=True)
class Tries:
    """Refused and unfinished ones within an hour or a day. Who saved a method before is not stopped by what other payers do."""

    payer_hour: int
    payer_day: int
    network_hour: int
    biller_hour: int
    refused: int
    tried: int
    trusted: bool
    paused: bool

    def room(self, more: int) -> bool:
        """For so many beside those that are counted."""
        open_form = self.trusted or not (self.paused or self.biller_hour + more > BILLER_HOUR)
        own = self.payer_hour + more <= PAYER_HOUR and self.payer_day + more <= PAYER_DAY
        return open_form and own and self.network_hour + more <= NETWORK_HOUR


@dataclass(frozen=True, slots=True)
class Seen:
    """One number, by its fingerprint: how often it was refused within a day, and how many payers beside this one gave it."""

    today: int
    others: int

    @property
    def too_often(self) -> bool:
        return self.today > FINGERPRINT_DAY or self.others + 1 > FINGERPRINT_PAYERS


def may_offer(db: Database, biller: int, payer: int, by: By) -> bool:
    """Ask before anything is written down: a flood of tries leaves no rows. What is offered is counted again, among all others."""
    with db.transaction(biller) as tx:
        allowed = _tries(tx, biller, payer, by).room(1)
    if not allowed:
        log.warning("card_try_over_limit", biller=biller, payer=payer)
    return allowed


def within_limits(db: Database, biller: int, payer: int, method: int, by: By) -> bool:
    """Ask once `method` is offered and before the payment company is: False, and it is refused here and never sent."""
    with db.transaction(biller) as tx:
        if tx.value("select network = '' or admitted_at is not null from method where id = %(method)s", method=method):
            return True
        network = str(tx.value("select network from method where id = %(method)s", method=method))
        if _tries(tx, biller, payer, By(by.actor, by.at, network)).room(0):
            return True
        _refuse(tx, biller, payer, method, by)
    return False


def admit(db: Database, biller: int, method: int, fingerprint: str, by: By) -> bool:
    """The last question before a bank is asked: whose number is it? False, and it is refused here. `fingerprint` is empty for test numbers."""
    with db.transaction(biller) as tx:  # committed before it is counted, like the method itself
        tx.run(
            "update method set fingerprint = %(fingerprint)s where id = %(method)s and state = 'offered'",
            fingerprint=fingerprint,
            method=method,
        )
    with db.transaction(biller) as tx:
        payer = int(tx.value("select payer_id from method where id = %(method)s", method=method))
        seen = tx.one(Seen, SEEN, biller=biller, payer=payer, fingerprint=fingerprint) if fingerprint else None
        if seen and seen.too_often:
            _refuse(tx, biller, payer, method, by)
            return False
        tx.run("update method set admitted_at = now() where id = %(method)s and admitted_at is null", method=method)
    return True


def reason_to_tell(tx: Tx, method: int) -> str | None:
    """The bank's reason for the payer's first three tries in an hour; None after that, and where it was never asked (G4)."""
    reason = tx.value("select refused_reason from method where id = %(method)s", method=method)
    told = reason != TOO_OFTEN and int(tx.value(NUMBER, method=method)) <= REASONS_TOLD
    return str(reason) if told else None


def _tries(tx: Tx, biller: int, payer: int, by: By) -> Tries:
    """Begins the pause if that is what the numbers say."""
    tries = tx.one(Tries, TRIES, biller=biller, payer=payer, network=by.network)
    if tries is None:
        raise LookupError(f"biller {biller} does not exist")
    hour = Hour(biller, tries.refused, tries.tried)
    if tries.paused or not hour.suspicious:
        return tries
    pause(tx, hour, by)
    return replace(tries, paused=True)


def _refuse(tx: Tx, biller: int, payer: int, method: int, by: By) -> None:
    tx.run(REFUSE, method=method)
    note(tx, biller, by, "method tried too often", ("payer", payer), method=method)
