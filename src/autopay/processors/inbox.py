"""Webhooks: checked, stored once, answered after the commit; applied later by asking the processor again (rules M7, Z2).

A message is a hint: it moves the charge it names to the front of the look-up, so that order, repetition and loss make no difference.
"""

from __future__ import annotations

from collections.abc import Mapping

from autopay.database import Database
from autopay.processors.protocol import Processor

SOON = """
    with news as (
        select id, biller_id, payment from webhook_event where applied_at is null and next_try <= %(machine)s
        order by next_try limit %(limit)s for update skip locked),
    asked as (
        update charge c set look_at = %(machine)s from news
        where c.biller_id = news.biller_id and c.ref = news.payment and c.ref <> ''
          and c.state in ('unknown', 'pending', 'needs_payer', 'paid'))
    update webhook_event w set applied_at = %(machine)s, tries = tries + 1 from news where w.id = news.id
"""


def receive(db: Database, biller: int, processor: Processor, body: bytes, headers: Mapping[str, str]) -> bool:
    """Store a signed message; False if it was stored before. Raises BadSignature, and then nothing is written."""
    event = processor.ingest(body, headers)
    with db.transaction(biller) as tx:
        return bool(
            tx.run(
                """insert into webhook_event (biller_id, event, type, object, payment)
                   values (%(biller)s, %(event)s, %(type)s, %(object)s, %(payment)s) on conflict do nothing""",
                biller=biller,
                event=event.id,
                type=event.type,
                object=event.object,
                payment=event.payment,
            )
        )


def apply_news(db: Database, machine: object, limit: int = 200) -> int:
    """Let the charges that messages are about be looked up now. `machine` is the machine instant."""
    with db.transaction() as tx:
        return tx.run(SOON, machine=machine, limit=limit)
