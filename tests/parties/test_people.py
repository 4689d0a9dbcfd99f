"""Who belongs to a biller: invitations by mail, roles, the last owner (A64, rule V5)."""

from __future__ import annotations

import hashlib
import re
import threading
from collections.abc import Iterator
from datetime import timedelta

import psycopg
import pytest
from django.core import mail
from django.db import connections
from django.test import Client

from autopay.clock import Clock
from autopay.conf import Settings, conf
from autopay.database import PooledDatabase
from autopay.journal.seal import seal
from autopay.journal.write import By
from autopay.notices.deliver import deliver, send_by_django
from autopay.notices.write import write_notices
from autopay.parties.invitations import Wish, invite_by_mail, send_again, token_of, withdraw
from autopay.parties.models import Role, User
from autopay.parties.staff import change_role, end_membership
from autopay.refusal import Refusal
from autopay.tenancy import WebDatabase
from tests.surfaces.house import House, owner_of

SITE = "http://localhost:8000"
ANN = Wish("Ann@officeally.test", Role.BILLING_MANAGER)
PASSWORD = {"first_name": "Ann", "last_name": "Lee", "password": "correct horse battery"}


@pytest.fixture
def vendor(database: Settings) -> Iterator[House]:
    owner = owner_of(database)
    yield House(owner, "vendor", "Office Ally", "OA")
    owner.close()


@pytest.fixture(autouse=True)
def _empty_outbox() -> Iterator[None]:
    mail.outbox.clear()
    yield
    mail.outbox.clear()


def invite(vendor: House, wish: Wish = ANN) -> int:
    return invite_by_mail(WebDatabase(), vendor.id, wish, vendor.by(), conf().secret)


def post(vendor: House, engine_db: PooledDatabase) -> list[str]:
    """What a worker does; the links that were mailed."""
    seal(engine_db, vendor.id)
    write_notices(engine_db, SITE)
    deliver(engine_db, Clock(), send_by_django)
    found = [re.search(rf"{SITE}(/invitation/{vendor.id}/\S+)", str(each.body)) for each in mail.outbox]
    return [each[1] for each in found if each]


def member(vendor: House, email: str, role: Role) -> tuple[int, By]:
    vendor.login(email, role)
    row = vendor.rows(
        "select m.id, m.user_id from membership m join app_user u on u.id = m.user_id where u.email = %(e)s", e=email
    )
    return row[0]["id"], By(f"user:{row[0]['user_id']}", vendor.now)


def test_A64_V5_an_invited_person_comes_in_by_the_mailed_link_once(
    vendor: House, engine_db: PooledDatabase, client: Client
) -> None:
    invite(vendor)
    (link,) = post(vendor, engine_db)
    (letter,) = mail.outbox
    assert letter.to == ["ann@officeally.test"]
    assert letter.subject == "Office Ally invites you"
    html = str(letter.alternatives[0][0])
    assert link in html
    assert "Billing manager" in str(letter.body)
    assert "Billing manager" in client.get(link).content.decode()
    assert client.post(link, PASSWORD).headers["Location"] == "/home"
    assert [(m.biller_id, m.role) for m in User.objects.get(email="ann@officeally.test").memberships.all()] == [
        (vendor.id, "billing_manager")
    ]
    assert Client().get(link).status_code == 404


def test_A64_V5_no_table_holds_the_token_and_without_the_installation_secret_nobody_makes_it(
    vendor: House, engine_db: PooledDatabase, database: Settings
) -> None:
    invite(vendor)
    token = post(vendor, engine_db)[0].rsplit("/", 1)[1]
    assert len(token) >= 43
    with psycopg.connect(database.dsn("owner")) as owner:
        tables = [row[0] for row in owner.execute("select tablename from pg_tables where schemaname = 'public'").fetchall()]
        holding = [t for t in tables if owner.execute(f"select from {t} x where x::text like %s", [f"%{token}%"]).rowcount]
    assert holding == []
    row = vendor.rows("select seed, token_sha256 from invitation")[0]
    assert row["token_sha256"] == hashlib.sha256(token.encode()).hexdigest()
    assert token_of(bytes(row["seed"]), conf().secret) == token
    assert token_of(bytes(row["seed"]), b"another secret") != token
    assert vendor.value("select count(*) from notice where kind = 'invitation' and state = 'sent'") == 1


def test_A64_an_invitation_sent_again_has_a_new_link_and_the_old_one_leads_nowhere(
    vendor: House, engine_db: PooledDatabase, client: Client
) -> None:
    first = invite(vendor)
    (old,) = post(vendor, engine_db)
    assert send_again(WebDatabase(), vendor.id, first, vendor.by(), conf().secret) == "ann@officeally.test"
    new = post(vendor, engine_db)[-1]
    assert (client.get(old).status_code, client.get(new).status_code) == (404, 200)
    with pytest.raises(Refusal, match="Nothing was sent"):
        send_again(WebDatabase(), vendor.id, first, vendor.by(), conf().secret)
    assert len(mail.outbox) == 2


def test_A64_a_withdrawn_invitation_leads_nowhere_and_is_not_mailed_any_more(
    vendor: House, engine_db: PooledDatabase, client: Client
) -> None:
    invitation = invite(vendor)
    seal(engine_db, vendor.id)
    write_notices(engine_db, SITE)
    withdraw(WebDatabase(), vendor.id, invitation, vendor.by())
    assert post(vendor, engine_db) == []
    assert vendor.rows("select state, error from notice") == [{"state": "failed", "error": "invitation over"}]
    token = token_of(bytes(vendor.value("select seed from invitation")), conf().secret)
    assert client.get(f"/invitation/{vendor.id}/{token}").status_code == 404
    with pytest.raises(Refusal, match="meanwhile"):
        withdraw(WebDatabase(), vendor.id, invitation, vendor.by())


def test_A64_an_owner_of_an_account_is_invited_to_it_and_sees_that_account_only(
    vendor: House, engine_db: PooledDatabase, client: Client
) -> None:
    payer = vendor.payer("Green Valley", kind="account")
    invite(vendor, Wish("hannah@greenvalley.test", Role.ACCOUNT_OWNER, payer))
    (link,) = post(vendor, engine_db)
    assert "the bills of account Green Valley." in str(mail.outbox[0].body)
    client.post(link, PASSWORD)
    assert vendor.rows("select role, payer_id from membership") == [{"role": "account_owner", "payer_id": payer}]


def test_A64_nobody_is_invited_twice_or_to_what_they_have(vendor: House, engine_db: PooledDatabase, client: Client) -> None:
    invite(vendor)
    with pytest.raises(Refusal, match="invited already"):
        invite(vendor)
    client.post(post(vendor, engine_db)[0], PASSWORD)
    with pytest.raises(Refusal, match="here already, as Billing manager"):
        invite(vendor, Wish("ann@officeally.test", Role.OWNER))
    payer, other = vendor.payer("Green Valley", kind="account"), House(vendor.owner, "vendor", "Another", "AN")
    for wish in (
        Wish("x@x.test", Role.ACCOUNT_OWNER),
        Wish("x@x.test", Role.OWNER, payer),
        Wish("x@x.test", Role.PATIENT, payer),
    ):
        with pytest.raises(Refusal, match="Choose a role"):
            invite(vendor, wish)
    with pytest.raises(Refusal, match="not yours"):
        invite(other, Wish("x@x.test", Role.ACCOUNT_OWNER, payer))


def test_A64_a_role_is_changed_and_a_membership_ended(vendor: House) -> None:
    _, owner = member(vendor, "owner@officeally.test", Role.OWNER)
    ann, _ = member(vendor, "ann@officeally.test", Role.FRONT_DESK)
    change_role(WebDatabase(), vendor.id, ann, Role.BILLING_MANAGER, owner)
    assert vendor.value("select role from membership where id = %(m)s", m=ann) == "billing_manager"
    end_membership(WebDatabase(), vendor.id, ann, owner)
    assert vendor.value("select count(*) from membership where id = %(m)s", m=ann) == 0
    assert User.objects.filter(email="ann@officeally.test").exists()
    journal = vendor.rows("select action from journal_entry where object = 'app_user' order by id")
    assert [row["action"] for row in journal] == ["role changed", "membership ended"]


def test_A64_nobody_removes_themselves_or_the_last_owner(vendor: House) -> None:
    mine, owner = member(vendor, "owner@officeally.test", Role.OWNER)
    for wrong in (lambda: end_membership(WebDatabase(), vendor.id, mine, owner), lambda: demote(vendor, mine, owner)):
        with pytest.raises(Refusal, match=r"yourself|your own role"):
            wrong()
    for wrong in (lambda: end_membership(WebDatabase(), vendor.id, mine, vendor.by()), lambda: demote(vendor, mine, vendor.by())):
        with pytest.raises(Refusal, match="Somebody must be an owner"):
            wrong()
    for statement in ("delete from membership", "update membership set role = 'auditor'"):
        with pytest.raises(psycopg.errors.RaiseException, match="keeps an owner"):
            vendor.run(statement)


def demote(vendor: House, member: int, by: By) -> None:
    change_role(WebDatabase(), vendor.id, member, Role.AUDITOR, by)


def test_A64_two_owners_who_remove_each_other_at_once_leave_one(vendor: House) -> None:
    (one, by_one), (two, by_two) = (member(vendor, f"{name}@officeally.test", Role.OWNER) for name in ("one", "two"))
    outcomes: list[str] = []

    def remove(whom: int, by: By) -> None:
        try:
            end_membership(WebDatabase(), vendor.id, whom, by)
            outcomes.append("removed")
        except (Refusal, LookupError):
            outcomes.append("refused")
        connections.close_all()

    racing = [threading.Thread(target=remove, args=pair) for pair in ((two, by_one), (one, by_two))]
    for thread in racing:
        thread.start()
    for thread in racing:
        thread.join(20)
    assert sorted(outcomes) == ["refused", "removed"]
    assert vendor.value("select count(*) from membership where role = 'owner'") == 1


def test_A64_T2_people_and_invitations_of_another_biller_cannot_be_touched(vendor: House) -> None:
    ann, _ = member(vendor, "ann@officeally.test", Role.FRONT_DESK)
    invitation, other = invite(vendor, Wish("eve@x.test", Role.OWNER)), House(vendor.owner, "vendor", "Another", "AN")
    for deed in (
        lambda: end_membership(WebDatabase(), other.id, ann, other.by()),
        lambda: change_role(WebDatabase(), other.id, ann, Role.OWNER, other.by()),
    ):
        with pytest.raises(LookupError):
            deed()
    with pytest.raises(Refusal, match="meanwhile"):
        withdraw(WebDatabase(), other.id, invitation, other.by())
    assert vendor.value("select withdrawn_at from invitation") is None
    assert vendor.now - vendor.value("select made_at from invitation") < timedelta(seconds=1)
