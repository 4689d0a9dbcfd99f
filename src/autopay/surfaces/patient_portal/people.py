"""Whose bills this person may see: their own, or those of the patients they pay for (V12)."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.http import Http404

from autopay.database import Tx
from autopay.surfaces.shared.visitor import Visitor

PATIENTS = """
    select p.id, p.uid, p.name, cp.sees_lines
    from (select %(payer)s::bigint as payer, true as sees_lines
          union select payer_id, sees_lines from contact_patient where contact_id = %(contact)s) cp
    join payer p on p.id = cp.payer
    where p.kind = 'patient'
    order by p.sort_key, p.id
"""


@dataclass(frozen=True, slots=True)
class Patient:
    id: int
    uid: UUID
    name: str
    sees_lines: bool


def patients(tx: Tx, visitor: Visitor) -> list[Patient]:
    found = tx.all(Patient, PATIENTS, payer=visitor.payer, contact=visitor.contact)
    if not found:
        raise Http404
    return found
