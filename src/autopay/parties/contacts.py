"""Billing contacts (V12, V29): a family member who sees and pays for one or several patients. The office says for which, and whether they
see lines or only dates and amounts."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import uuid4

from autopay.database import Database
from autopay.journal.write import By, note
from autopay.refusal import Refusal


@dataclass(frozen=True, slots=True)
class NewContact:
    """For the patient `payer` (id). Somebody with this email who is a contact already is the same person."""

    payer: int
    name: str
    email: str
    sees_lines: bool = False


@dataclass(frozen=True, slots=True)
class Tie:
    """One contact (id) and one patient (id) they pay for."""

    contact: int
    payer: int


def add_contact(db: Database, biller: int, new: NewContact, by: By) -> int:
    """Returns the contact's id. Raises Refusal for somebody who is this patient's contact already."""
    email = new.email.strip().lower()
    with db.transaction(biller) as tx:
        tx.run("select id from biller where id = %(biller)s for no key update", biller=biller)
        if not tx.value("select id from payer where id = %(id)s and kind = 'patient'", id=new.payer):
            raise Refusal("payer", "This patient is not yours.")
        contact: int = tx.value(
            "select id from billing_contact where email = %(email)s order by id limit 1", email=email
        ) or tx.value(
            """insert into billing_contact (biller_id, name, email, external_id)
               values (%(biller)s, %(name)s, %(email)s, %(external)s) returning id""",
            biller=biller,
            name=new.name,
            email=email,
            external=uuid4().hex,
        )
        made = tx.run(
            """insert into contact_patient (biller_id, contact_id, payer_id, sees_lines)
               values (%(biller)s, %(contact)s, %(payer)s, %(lines)s) on conflict do nothing""",
            biller=biller,
            contact=contact,
            payer=new.payer,
            lines=new.sees_lines,
        )
        if not made:
            raise Refusal("email", "This person is a billing contact of this patient already.")
        note(tx, biller, by, "contact added", ("payer", new.payer), contact=contact, lines=new.sees_lines)
    return contact


def show_lines(db: Database, biller: int, tie: Tie, lines: bool, by: By) -> None:
    """Whether this contact sees what the visits were; otherwise dates and amounts. Raises Refusal if they are no contact any more."""
    with db.transaction(biller) as tx:
        was = tx.record(
            "select sees_lines from contact_patient where contact_id = %(c)s and payer_id = %(p)s for update",
            c=tie.contact,
            p=tie.payer,
        )
        if was is None:
            raise Refusal("gone", "This billing contact was removed meanwhile.")
        if was["sees_lines"] == lines:
            return
        sql = "update contact_patient set sees_lines = %(lines)s where contact_id = %(c)s and payer_id = %(p)s"
        tx.run(sql, lines=lines, c=tie.contact, p=tie.payer)
        action = "contact sees lines" if lines else "contact sees no lines"
        note(tx, biller, by, action, ("payer", tie.payer), contact=tie.contact)


def remove_contact(db: Database, biller: int, tie: Tie, by: By) -> None:
    """From their next click on they see nothing of this patient. Raises Refusal if they were removed meanwhile."""
    with db.transaction(biller) as tx:
        if not tx.run("delete from contact_patient where contact_id = %(c)s and payer_id = %(p)s", c=tie.contact, p=tie.payer):
            raise Refusal("gone", "This billing contact was removed meanwhile.")
        note(tx, biller, by, "contact removed", ("payer", tie.payer), contact=tie.contact)
