"""A card typed for one payment goes again once that has ended, and within the hour if no payment came of it (V7).

The row says so from the moment the card was typed, so a process that dies in between leaves it to the next worker. Locks the method as
the claim does; a charge planned with it at the same moment finds it gone and is withdrawn unsent.
"""

from __future__ import annotations

from datetime import timedelta

from autopay.charging.charge import LIVE
from autopay.charging.send import Engine
from autopay.journal.write import By, note

KEPT = timedelta(hours=1)
"""How long a person may take from typing the card to pressing Pay. Machine time."""
OVER = """
    select m.id from method m where m.once and m.state = 'usable'
      and (m.created_at < %(before)s or exists (select from charge c where c.chosen_method_id = m.id))
      and not exists (select from charge c where m.id in (c.method_id, c.chosen_method_id) and c.state = any(%(live)s))
    order by m.id limit %(limit)s for update of m skip locked
"""
GO = "update method set state = 'detached', retry_at = %(machine)s where id = any(%(ids)s::bigint[]) returning biller_id, payer_id, id"


def let_go(engine: Engine, limit: int = 50) -> int:
    """One round; the processor is told by the sweeper (wallet/save.py). Returns how many went."""
    machine, by = engine.clock.machine(), By("autopay", engine.clock.now())
    with engine.db.transaction() as tx:
        ids = tx.column(OVER, before=machine - KEPT, live=sorted(LIVE), limit=limit)
        gone = tx.all(dict[str, int], GO, ids=ids, machine=machine) if ids else []
        for each in gone:
            note(tx, each["biller_id"], by, "method let go", ("payer", each["payer_id"]), method=each["id"])
    return len(gone)
