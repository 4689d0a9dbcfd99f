"""Take up an invitation: the token is used up and the membership made in one transaction; an expired or used one is nothing."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime

from autopay.database import Database
from autopay.parties.models import Membership, Role, User

FIND = """
    select i.email, i.role, b.name as biller, i.payer_id as payer, i.contact_id as contact, coalesce(p.language, '') as language
    from invitation i join biller b on b.id = i.biller_id left join payer p on p.id = i.payer_id
    where i.token_sha256 = %(hash)s and i.accepted_at is null and i.withdrawn_at is null and i.expires_at > %(now)s
"""


@dataclass(frozen=True, slots=True)
class Person:
    first_name: str
    last_name: str
    password: str


@dataclass(frozen=True, slots=True)
class Invited:
    """What an open invitation says; `biller` is its name, `language` what is known of the payer they are or own."""

    email: str
    role: str
    biller: str
    payer: int | None
    contact: int | None
    language: str = ""

    @property
    def role_name(self) -> str:
        return str(Role(self.role).label)


def find(db: Database, biller: int, token: str, now: datetime) -> Invited | None:
    with db.transaction(biller) as tx:
        return tx.one(Invited, FIND, hash=_hash(token), now=now)


def accept(db: Database, biller: int, token: str, person: Person, now: datetime) -> User | None:
    """The user, made or found by email. Somebody who has a log-in already keeps their password and is not changed. None: too late."""
    with db.transaction(biller) as tx:
        invited = tx.one(Invited, FIND + " for update of i", hash=_hash(token), now=now)
        if invited is None:
            return None
        tx.run("update invitation set accepted_at = %(now)s where token_sha256 = %(hash)s", now=now, hash=_hash(token))
        user = User.objects.filter(email=invited.email).first() or User.objects.create_user(
            invited.email, person.password, first_name=person.first_name, last_name=person.last_name
        )
        if not user.memberships.filter(
            biller_id=biller, role=invited.role, payer=invited.payer, contact=invited.contact
        ).exists():
            Membership(user=user, biller_id=biller, role=invited.role, payer_id=invited.payer, contact_id=invited.contact).save()
    return user


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
