"""Who can log in to the large world: its office, the patient with most visits, an ordinary one, and a family member of five."""

from __future__ import annotations

from autopay.demo_people import PASSWORD
from autopay.large_world.people import SOURCE
from autopay.parties.models import Role, User
from autopay.tenancy import tenant_transaction

OFFICE, BUSY, ORDINARY, FAMILY = "office@large.test", "busy@patients.test", "ordinary@patients.test", "dana@large.test"
FOUND = """
    select (select id from payer where source = %(source)s and external_id = 'P0000001') as busy,
           (select payer_id from invoice where issued_on < (select max(issued_on)
               from invoice) - 100 order by number desc limit 1) as ordinary,
           (select id from billing_contact where source = %(source)s order by id offset (select count(*) / 2
               from billing_contact) limit 1) as family
"""


def make_logins(biller: int) -> list[str]:
    """Once; their password is the demo's. Returns the addresses."""
    with tenant_transaction(biller) as tx:
        who = tx.record(FOUND, source=SOURCE) or {}
    _login(OFFICE, biller, Role.OWNER)
    _login(BUSY, biller, Role.PATIENT, payer_id=who["busy"])
    _login(ORDINARY, biller, Role.PATIENT, payer_id=who["ordinary"])
    _login(FAMILY, biller, Role.BILLING_CONTACT, contact_id=who["family"])
    return [OFFICE, BUSY, ORDINARY, FAMILY]


def _login(email: str, biller: int, role: Role, **what: int) -> None:
    if User.objects.filter(email=email).exists():
        return
    user = User.objects.create_user(email, PASSWORD, first_name=email.partition("@")[0].title())
    user.memberships.create(biller_id=biller, role=role, **what)
