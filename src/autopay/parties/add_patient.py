"""Add a patient by hand (V29). They follow the company setting; nothing is charged by it."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from autopay.database import Database
from autopay.journal.write import By, note
from autopay.parties.create import NewPayer, create_payers
from autopay.refusal import Refusal


@dataclass(frozen=True, slots=True)
class NewPatient:
    """`number` is the agency's own, unique among its patients."""

    name: str
    number: str
    email: str = ""
    phone: str = ""


def add_patient(db: Database, biller: int, new: NewPatient, by: By) -> UUID:
    """Returns the public id. Raises Refusal for a number that is taken."""
    payer = NewPayer("patient", new.name, new.number, email=new.email.lower(), phone=new.phone)
    with db.transaction(biller) as tx:
        made = create_payers(tx, biller, [payer], by)
        if not made:
            raise Refusal("number", "Another patient has this number. Please give another one.")
        (id_,) = made.values()
        note(tx, biller, by, "patient added", ("payer", id_))
        uid: UUID = tx.value("select uid from payer where id = %(id)s", id=id_)
    return uid
