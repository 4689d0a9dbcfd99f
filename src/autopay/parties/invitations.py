"""Invite somebody by mail, withdraw that, send it again (A64, rule V5).

Of the token only a hash is kept, as before; the mail is written later, by a worker. So the token is not drawn but derived: an HMAC of
a random seed, under a key that comes from the installation secret. The seed is stored, the secret is not in the database: whoever reads
the tables or a backup can make no token of them, and neither the outbox nor the journal holds one. The mail gets its link in the
moment it is handed to the mail server.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from dataclasses import dataclass, replace

from autopay.database import Database, Tx
from autopay.journal.write import By, note
from autopay.parties.create import INVITED_FOR
from autopay.parties.models import Role
from autopay.parties.staff import STAFF
from autopay.refusal import Refusal, sentence

OUTSIDE = (Role.ACCOUNT_OWNER, Role.PATIENT, Role.BILLING_CONTACT)
"""Who is not staff: each is invited to something of their own."""
CHOOSE = "Choose a role of staff, or the owner of an account."
OPEN = "accepted_at is null and withdrawn_at is null"
HERE_ALREADY = sentence("This person is here already, as %(role)s. You can change the role instead.")


@dataclass(frozen=True, slots=True)
class Wish:
    """`payer` is the account or patient the person is to see, `contact` the billing contact they are, by id; staff has neither."""

    email: str
    role: Role
    payer: int | None = None
    contact: int | None = None


def token_of(seed: bytes, installation_secret: bytes, use: bytes = b"invitations") -> str:
    """256 bits, as unguessable as the secret and the seed. `use` keeps the tokens of one kind of link from being another's."""
    key = hmac.new(installation_secret, use, hashlib.sha256).digest()
    return base64.urlsafe_b64encode(hmac.new(key, seed, hashlib.sha256).digest()).decode().rstrip("=")


def invite_by_mail(db: Database, biller: int, wish: Wish, by: By, installation_secret: bytes) -> int:
    """Returns the invitation's id; the mail follows from the journal. Raises Refusal for somebody who is here or invited already."""
    email = wish.email.strip().lower()
    with db.transaction(biller) as tx:
        tx.run("select id from biller where id = %(biller)s for no key update", biller=biller)
        _must_fit(tx, wish)
        _must_be_new(tx, biller, email, wish)
        return _write(tx, biller, replace(wish, email=email), by, installation_secret)


def withdraw(db: Database, biller: int, invitation: int, by: By) -> str:
    """Its link leads nowhere from now on. Returns the address. Raises Refusal if it was used or withdrawn meanwhile."""
    with db.transaction(biller) as tx:
        return _withdraw(tx, biller, invitation, by).email


def send_again(db: Database, biller: int, invitation: int, by: By, installation_secret: bytes) -> str:
    """A new link for seven days; the one sent before leads nowhere. Returns the address. Raises as withdraw."""
    with db.transaction(biller) as tx:
        wish = _withdraw(tx, biller, invitation, by)
        _write(tx, biller, wish, by, installation_secret)
    return wish.email


def _must_fit(tx: Tx, wish: Wish) -> None:
    """The owner of an account sees an account, a patient a patient, a billing contact is one; staff is nobody's. Rows of this biller."""
    seen = {Role.ACCOUNT_OWNER: "account", Role.PATIENT: "patient"}.get(wish.role)
    if wish.role not in (*STAFF, *OUTSIDE) or (seen is not None) is not (wish.payer is not None):
        raise Refusal("role", CHOOSE)
    if (wish.role is Role.BILLING_CONTACT) is not (wish.contact is not None):
        raise Refusal("role", CHOOSE)
    kind = tx.value("select kind from payer where id = %(id)s", id=wish.payer) if seen else None
    if seen and kind is None:
        raise Refusal("account", "This account or patient is not yours.")
    if kind != seen:
        raise Refusal("role", CHOOSE)
    if wish.contact and not tx.value("select id from billing_contact where id = %(id)s", id=wish.contact):
        raise Refusal("account", "This billing contact is not yours.")


def _must_be_new(tx: Tx, biller: int, email: str, wish: Wish) -> None:
    here = """select m.role from membership m join app_user u on u.id = m.user_id
              where m.biller_id = %(biller)s and u.email = %(email)s and m.payer_id is not distinct from %(payer)s::bigint
                and m.contact_id is not distinct from %(contact)s::bigint"""
    if role := tx.value(here, biller=biller, email=email, payer=wish.payer, contact=wish.contact):
        raise Refusal("email", HERE_ALREADY, role=Role(role).label)
    invited = f"""select id from invitation where email = %(email)s and payer_id is not distinct from %(payer)s::bigint
                  and contact_id is not distinct from %(contact)s::bigint and {OPEN}"""
    if tx.value(invited, email=email, payer=wish.payer, contact=wish.contact):
        raise Refusal("email", "This person is invited already. You can send the invitation again, or withdraw it.")


def _withdraw(tx: Tx, biller: int, invitation: int, by: By) -> Wish:
    row = tx.record(
        f"""update invitation set withdrawn_at = %(now)s where id = %(id)s and {OPEN} returning email, role, payer_id, contact_id""",
        now=by.at,
        id=invitation,
    )
    if row is None:
        raise Refusal("gone", "This invitation was used or withdrawn meanwhile. Nothing was sent.")
    note(tx, biller, by, "invitation withdrawn", ("invitation", invitation))
    return Wish(row["email"], Role(row["role"]), row["payer_id"], row["contact_id"])


def _write(tx: Tx, biller: int, wish: Wish, by: By, installation_secret: bytes) -> int:
    seed = secrets.token_bytes(32)
    made: int = tx.value(
        """insert into invitation (biller_id, email, role, payer_id, contact_id, token_sha256, seed, expires_at, made_at, invited_by)
           values (%(biller)s, %(email)s, %(role)s, %(payer)s, %(contact)s, %(hash)s, %(seed)s, %(until)s, %(now)s, %(actor)s) returning id""",
        biller=biller,
        email=wish.email,
        role=wish.role.value,
        payer=wish.payer,
        contact=wish.contact,
        hash=hashlib.sha256(token_of(seed, installation_secret).encode()).hexdigest(),
        seed=seed,
        until=by.at + INVITED_FOR,
        now=by.at,
        actor=by.actor,
    )
    note(tx, biller, by, "person invited", ("invitation", made), role=wish.role.value)
    return made
