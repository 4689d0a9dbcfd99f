"""The one address a payer's mails go to: their own, else their login's, else their billing contact's. Empty: none known.

What happened to a patient's payment is told to who pays for them, too (V40)."""

from __future__ import annotations

from dataclasses import dataclass

from autopay.database import Tx

PEOPLE = """
    select p.id, p.kind = 'account' as account, p.language,
           coalesce(nullif(i.email, ''), nullif(p.email, ''), login.email, contact.email, '') as "to"
    from payer p
    left join billing_information i on i.payer_id = p.id
    left join lateral (select u.email from membership m join app_user u on u.id = m.user_id
                       where m.payer_id = p.id and u.is_active order by m.id limit 1) login on true
    left join lateral (select c.email from contact_patient cp join billing_contact c on c.id = cp.contact_id
                       where cp.payer_id = p.id and c.email <> '' order by cp.id limit 1) contact on true
    where p.biller_id = %(biller)s and p.id = any(%(ids)s::bigint[])
"""
CONTACTS = """
    select p.id, false as account, p.language, c.email as "to"
    from payer p join contact_patient cp on cp.payer_id = p.id join billing_contact c on c.id = cp.contact_id
    where p.biller_id = %(biller)s and p.id = any(%(ids)s::bigint[]) and p.kind = 'patient' and c.email <> '' order by cp.id
"""


@dataclass(frozen=True, slots=True)
class Person:
    """A payer, as mails know them."""

    id: int
    account: bool
    language: str
    to: str


def mail_address(tx: Tx, biller: int, payer: int) -> str:
    found = tx.one(Person, PEOPLE, biller=biller, ids=[payer])
    return found.to if found else ""
