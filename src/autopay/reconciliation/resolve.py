"""A person answers a difference: what they did about it, in a note. The books are not changed by it."""

from __future__ import annotations

from dataclasses import dataclass

from autopay.database import Database
from autopay.journal.write import By
from autopay.reconciliation.blocked import free, lock
from autopay.reconciliation.record import close
from autopay.refusal import Refusal

LONGEST = 500


@dataclass(frozen=True, slots=True)
class _Found:
    biller: int
    charge: int | None
    resolved_by: str


def resolve(db: Database, difference: int, note: str, by: By) -> int:
    """Needs the engine's role: it frees invoices. Returns how many of them can be paid again. Raises Refusal."""
    if not note.strip() or len(note) > LONGEST:
        raise Refusal("note", "Say in a note of at most %(longest)s characters what was done about it.", longest=LONGEST)
    with db.transaction() as tx:
        found = tx.one(
            _Found,
            "select biller_id as biller, charge_id as charge, resolved_by from difference where id = %(id)s",
            id=difference,
        )
        if found is None:
            raise Refusal("unknown", "There is no difference %(id)s.", id=difference)
        if found.charge:
            lock(tx, [found.charge])
        if not close(tx, found.biller, [difference], note.strip(), by):
            raise Refusal(
                "resolved", "Difference %(id)s is resolved already, by %(actor)s.", id=difference, actor=found.resolved_by
            )
        return free(tx, [found.charge], by.at, by_person=True) if found.charge else 0
