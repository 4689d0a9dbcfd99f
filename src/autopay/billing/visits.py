"""A visit is completed: what was done and the patient's share of it. Invoicing it is another verb (charging/issue.py)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from autopay.database import Tx
from autopay.journal.write import By, note
from autopay.refusal import Refusal


@dataclass(frozen=True, slots=True)
class CompletedVisit:
    """`on` is the local date of the visit, `minor` the patient's share; `external_id` identifies it at its source, once."""

    payer: int
    on: date
    minor: int
    external_id: str
    source: str = "autopay"


def complete_visit(tx: Tx, biller: int, visit: CompletedVisit, by: By) -> int:
    """Returns the visit's id; the same visit told twice is one. Raises Refusal for an amount below zero."""
    if visit.minor < 0:
        raise Refusal("amount", "A visit cannot cost less than nothing.")
    row = {name: getattr(visit, name) for name in CompletedVisit.__slots__}
    made: int | None = tx.value(
        """insert into visit (biller_id, payer_id, "on", minor, source, external_id, completed_at)
           values (%(biller)s, %(payer)s, %(on)s, %(minor)s, %(source)s, %(external_id)s, %(at)s)
           on conflict (biller_id, source, external_id) do nothing returning id""",
        biller=biller,
        at=by.at,
        **row,
    )
    if made is None:
        known: int = tx.value("select id from visit where source = %(source)s and external_id = %(external_id)s", **row)
        return known
    note(tx, biller, by, "visit completed", ("visit", made))
    return made
