"""The people of a biller: change a role, end a membership (A64). There is always an owner, and nobody takes the house from themselves.

Memberships stand outside tenants, so every statement names the biller.
"""

from __future__ import annotations

from autopay.database import Database, Tx
from autopay.journal.write import By, note
from autopay.parties.models import Role
from autopay.refusal import Refusal

STAFF = (Role.OWNER, Role.BILLING_MANAGER, Role.FRONT_DESK, Role.AUDITOR)


def change_role(db: Database, biller: int, member: int, role: Role, by: By) -> None:
    """Among the staff's roles; it holds with their next click. Raises Refusal, or LookupError if `member` is nobody here."""
    if role not in STAFF:
        raise Refusal("role", "Choose one of the roles of staff.")
    with db.transaction(biller) as tx:
        user, was = _member(tx, biller, member)
        if was not in STAFF:
            raise Refusal("role", "This person belongs to an account, not to your staff.")
        if was == role:
            return
        _not_oneself(user, by, "You cannot change your own role. Ask another owner.")
        _an_owner_stays(tx, biller, member, was)
        double = "select id from membership where user_id = %(user)s and biller_id = %(biller)s and role = %(role)s"
        if tx.value(double, user=user, biller=biller, role=role.value):
            raise Refusal("role", "This person has that role already.")
        tx.run("update membership set role = %(role)s where id = %(id)s", role=role.value, id=member)
        note(tx, biller, by, "role changed", ("app_user", user), was=was.value, now=role.value)


def end_membership(db: Database, biller: int, member: int, by: By) -> None:
    """From their next click on they see nothing here; their log-in and what they did stay. Raises as change_role."""
    with db.transaction(biller) as tx:
        user, was = _member(tx, biller, member)
        _not_oneself(user, by, "You cannot remove yourself. Ask another owner.")
        _an_owner_stays(tx, biller, member, was)
        tx.run("delete from membership where id = %(id)s", id=member)
        note(tx, biller, by, "membership ended", ("app_user", user), was=was.value)


def _member(tx: Tx, biller: int, member: int) -> tuple[int, Role]:
    """Under a lock on the biller, so that two owners cannot remove each other at once."""
    tx.run("select id from biller where id = %(biller)s for no key update", biller=biller)
    found = tx.record(
        "select user_id, role from membership where id = %(id)s and biller_id = %(biller)s", id=member, biller=biller
    )
    if found is None:
        raise LookupError(f"membership {member} is not of biller {biller}")
    return found["user_id"], Role(found["role"])


def _not_oneself(user: int, by: By, said: str) -> None:
    if by.actor == f"user:{user}":
        raise Refusal("oneself", said)


def _an_owner_stays(tx: Tx, biller: int, member: int, was: Role) -> None:
    others = "select id from membership where biller_id = %(biller)s and role = 'owner' and id <> %(id)s"
    if was is Role.OWNER and not tx.value(others, biller=biller, id=member):
        raise Refusal("last_owner", "Somebody must be an owner. Make another person an owner first.")
