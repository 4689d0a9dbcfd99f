"""An invoice waits while books differ about a charge of it, and no longer. Fragments of a transaction; invoices are locked by id."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from autopay.database import Tx
from autopay.reconciliation.difference import BLOCKING

WHY = "the payment company's book and ours differ"

LOCK = """
    select id from invoice where id in (select invoice_id from charge_part where charge_id = any(%(charges)s::bigint[]))
    order by id for update
"""
BLOCK = """
    update invoice i set blocked = %(why)s from charge_part p
    where p.charge_id = any(%(charges)s::bigint[]) and i.id = p.invoice_id and i.blocked = ''
"""
# A person's answer, or a book that agrees by now, is the answer to the evidence too. Only a person's, though, to money that restored books
# forgot: the day that was compared may be another than the one on which it moved.
MATCHED = """
    update unmatched_receipt u set resolved_at = %(now)s
    where u.charge_id = any(%(charges)s::bigint[]) and u.resolved_at is null
      and (%(by_person)s or not exists (select from forgotten_payment f where f.biller_id = u.biller_id and f.kind = u.kind and f.ref = u.ref
                                        and f.resolved_at is null))
      and not exists (select from difference d where d.charge_id = u.charge_id and d.resolved_at is null and d.kind = any(%(blocking)s))
"""
FREE = """
    update invoice i set blocked = ''
    where i.id in (select invoice_id from charge_part where charge_id = any(%(charges)s::bigint[])) and i.blocked <> ''
      and not exists (select from charge_part p join difference d on d.charge_id = p.charge_id
                      where p.invoice_id = i.id and d.resolved_at is null and d.kind = any(%(blocking)s))
      and not exists (select from charge_part p join unmatched_receipt u on u.charge_id = p.charge_id
                      where p.invoice_id = i.id and u.resolved_at is null)
"""


def lock(tx: Tx, charges: Sequence[int]) -> None:
    tx.run(LOCK, charges=list(charges))


def block(tx: Tx, charges: Sequence[int]) -> int:
    return tx.run(BLOCK, charges=list(charges), why=WHY)


def free(tx: Tx, charges: Sequence[int], now: datetime, *, by_person: bool = False) -> int:
    """Where nothing that blocks is open about these charges; returns how many invoices can be paid again."""
    blocking = sorted(BLOCKING)
    tx.run(MATCHED, charges=list(charges), now=now, blocking=blocking, by_person=by_person)
    return tx.run(FREE, charges=list(charges), blocking=blocking)
