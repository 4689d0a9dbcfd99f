"""A bank that sent a debit back for good ends what allowed it: no second debit from that account without a new yes (rule N5).

Closed, unknown, or not allowed by its owner: the consent ends and the account leaves the wallet. Not enough money ends nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from autopay.agreements.consent import end_consent
from autopay.charging.send import Engine
from autopay.database import Tx
from autopay.journal.write import By, note
from autopay.processors.protocol import Reason

FOR_GOOD = (Reason.ACCOUNT_CLOSED, Reason.NO_ACCOUNT, Reason.NOT_AUTHORIZED, Reason.METHOD_GONE)
WITHIN = timedelta(days=70)
"""Returns older than that were seen to: they are not read again each second, for ever."""

RETURNED = """
    select m.id as method, m.biller_id as biller, m.payer_id as payer, min(c.reason) as reason
    from charge c join method m on m.id = c.method_id and m.state = 'usable'
    where c.state = 'returned' and c.settled_at > %(since)s and c.reason = any(%(for_good)s::text[])
    group by m.id order by m.id limit %(limit)s
"""
STOP = """
    update method set state = 'detached', is_default = false, retry_at = %(machine)s where id = %(method)s and state = 'usable'
"""


@dataclass(frozen=True, slots=True)
class Returned:
    method: int
    biller: int
    payer: int
    reason: str


def stop_returned(engine: Engine, limit: int = 100) -> int:
    """Found from the rows themselves, so that a crash after the settling loses nothing. Returns how many were stopped."""
    since = engine.clock.now() - WITHIN
    with engine.db.transaction() as tx:
        found = tx.all(Returned, RETURNED, since=since, for_good=[reason.value for reason in FOR_GOOD], limit=limit)
    for each in found:
        with engine.db.transaction() as tx:
            _stop(tx, engine, each)
    return len(found)


def _stop(tx: Tx, engine: Engine, each: Returned) -> None:
    by = By("processor", engine.clock.now())
    if tx.run(STOP, method=each.method, machine=engine.clock.machine()):
        end_consent(tx, each.biller, each.method, by, f"returned: {each.reason}")
        note(tx, each.biller, by, "method removed", ("payer", each.payer), method=each.method, why=each.reason)
