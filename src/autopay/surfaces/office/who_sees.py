"""Who sees and pays for a patient: their own log-ins, their billing contacts, and who was invited."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from autopay.database import Tx
from autopay.parties.models import Role

LOGINS = """
    select m.id, coalesce(nullif(trim(u.first_name || ' ' || u.last_name), ''), u.email) as name, u.email, u.last_login
    from membership m join app_user u on u.id = m.user_id
    where m.biller_id = %(biller)s and m.payer_id = %(payer)s and m.role = 'patient' order by m.id
"""
CONTACTS = """
    select c.id, c.uid, c.name, c.email, cp.sees_lines,
           exists (select from membership m where m.biller_id = %(biller)s and m.contact_id = c.id) as logs_in,
           (select count(*) from contact_patient other where other.contact_id = c.id) as patients
    from contact_patient cp join billing_contact c on c.id = cp.contact_id where cp.payer_id = %(payer)s order by c.name, c.id
"""
INVITED = """
    select i.uid, i.email, i.role, i.expires_at, i.expires_at <= %(now)s as over from invitation i
    where i.accepted_at is null and i.withdrawn_at is null
      and (i.payer_id = %(payer)s or i.contact_id in (select contact_id from contact_patient where payer_id = %(payer)s))
    order by i.id desc
"""


@dataclass(frozen=True, slots=True)
class Login:
    id: int
    name: str
    email: str
    last_login: datetime | None


@dataclass(frozen=True, slots=True)
class Contact:
    """`patients`: for how many they pay."""

    id: int
    uid: UUID
    name: str
    email: str
    sees_lines: bool
    logs_in: bool
    patients: int


@dataclass(frozen=True, slots=True)
class Invited:
    uid: UUID
    email: str
    role: str
    expires_at: datetime
    over: bool

    @property
    def role_name(self) -> str:
        return str(Role(self.role).label)


def logins_of(tx: Tx, biller: int, payer: int) -> list[Login]:
    return tx.all(Login, LOGINS, biller=biller, payer=payer)


def contacts_of(tx: Tx, biller: int, payer: int) -> list[Contact]:
    return tx.all(Contact, CONTACTS, biller=biller, payer=payer)


def open_invitations_of(tx: Tx, payer: int, now: datetime) -> list[Invited]:
    return tx.all(Invited, INVITED, payer=payer, now=now)
