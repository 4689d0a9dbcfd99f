"""Who can log in to the demo. Scripts and documents rely on these addresses and on the one password."""

from __future__ import annotations

from collections.abc import Mapping

from autopay.database import Database
from autopay.parties.models import Role, User

PASSWORD = "autopay-demo"

LOGINS = {
    "owner@greenvalley.test": "owner of Green Valley Family Practice: not enrolled, one open monthly invoice",
    "owner@lakeside.test": "owner of Lakeside Pediatrics: enrolled with a Visa ending 4242, history",
    "biller@officeally.test": "staff of the vendor Office Ally",
    "office@sunrise.test": "office administrator of the agency Sunrise Home Care",
    "maria@patients.test": "patient Maria Alvarez: Auto-Pay on, Visa 4242, history",
    "james@patients.test": "patient James Lee: Auto-Pay off, one outstanding invoice",
    "ruth@patients.test": "patient Ruth Cohen: Auto-Pay on, no card",
    "omar@patients.test": "patient Omar Haddad: Auto-Pay on, default card declines, one Failed invoice",
    "dana@family.test": "billing contact for Maria and Ruth",
}


def make_logins(app: Database, vendor: int, agency: int, payers: Mapping[str, int]) -> dict[str, str]:
    """`payers` by short name, as in the addresses. Returns the journal's names for them by email."""
    dana = _family(app, agency, [payers["maria"], payers["ruth"]])
    _login("owner@greenvalley.test", ("Hannah", "Brooks"), vendor, Role.ACCOUNT_OWNER, payer_id=payers["greenvalley"])
    _login("owner@lakeside.test", ("Priya", "Raman"), vendor, Role.ACCOUNT_OWNER, payer_id=payers["lakeside"])
    _login("biller@officeally.test", ("Noah", "Keller"), vendor, Role.OWNER)
    _login("office@sunrise.test", ("Grace", "Kim"), agency, Role.OWNER)
    _login("maria@patients.test", ("Maria", "Alvarez"), agency, Role.PATIENT, payer_id=payers["maria"])
    _login("james@patients.test", ("James", "Lee"), agency, Role.PATIENT, payer_id=payers["james"])
    _login("ruth@patients.test", ("Ruth", "Cohen"), agency, Role.PATIENT, payer_id=payers["ruth"])
    _login("omar@patients.test", ("Omar", "Haddad"), agency, Role.PATIENT, payer_id=payers["omar"])
    _login("dana@family.test", ("Dana", "Cohen"), agency, Role.BILLING_CONTACT, contact_id=dana)
    return {user.email: f"user:{user.pk}" for user in User.objects.all()}


def _family(app: Database, agency: int, patients: list[int]) -> int:
    """Dana pays for several patients."""
    with app.transaction(agency) as tx:
        dana: int = tx.value(
            """insert into billing_contact (biller_id, name, email, external_id)
               values (%(b)s, 'Dana Cohen', 'dana@family.test', 'dana') returning id""",
            b=agency,
        )
        tx.run(
            """insert into contact_patient (biller_id, contact_id, payer_id)
               select %(b)s, %(dana)s, unnest(%(payers)s::bigint[])""",
            b=agency,
            dana=dana,
            payers=patients,
        )
    return dana


def _login(email: str, name: tuple[str, str], biller: int, role: Role, **what: int) -> None:
    user = User.objects.create_user(email, PASSWORD, first_name=name[0], last_name=name[1])
    user.memberships.create(biller_id=biller, role=role, **what)
