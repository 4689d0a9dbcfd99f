"""A payer asks for a receipt's mail once more (A54). Only the journal is written: the outbox follows it, as for every mail."""

from __future__ import annotations

from autopay.database import Database
from autopay.journal.write import By, note
from autopay.parties.mail_address import mail_address
from autopay.refusal import Refusal

PER_HOUR = 3
ASKED = """
    select count(*) as hour, count(*) filter (where e.object_id = %(charge)s and e.recorded_at > now() - interval '1 minute') as again
    from charge c
    join journal_entry e on e.biller_id = %(biller)s and e.object = 'charge' and e.object_id = c.id and e.action = 'receipt copy asked'
    where c.payer_id = %(payer)s and e.recorded_at > now() - interval '1 hour'
"""


def ask_for_copy(db: Database, biller: int, charge: int, by: By) -> str:
    """Returns the address the copy goes to. Asked twice within a minute, it is one. Raises Refusal above 3 an hour and payer."""
    with db.transaction(biller) as tx:
        payer = tx.value("select payer_id from charge where id = %(id)s and state = 'paid'", id=charge)
        if payer is None:
            raise Refusal("not_paid", "There is no receipt of this payment to send.")
        tx.run("select pg_advisory_xact_lock(hashtext('receipt copy'), %(payer)s::int)", payer=payer % 2**31)
        address = mail_address(tx, biller, payer)
        if not address:
            raise Refusal("no_address", "We know no email address to send it to.")
        asked = tx.record(ASKED, biller=biller, charge=charge, payer=payer) or {}
        if asked["again"]:
            return address
        if asked["hour"] >= PER_HOUR:
            raise Refusal(
                "too_often", "We sent you several copies this hour already. Please look into your mailbox, or try later."
            )
        note(tx, biller, by, "receipt copy asked", ("charge", charge))
    return address
