"""Row-level security: no table without it, and no row of one biller under another's context (design 4.12, rules T1, T2, I17)."""

from __future__ import annotations

import psycopg
import pytest

from autopay.conf import Settings
from autopay.database import PooledDatabase
from autopay.tenancy import OUTSIDE
from tests.fixtures.world import World

DJANGO_AND_ALLAUTH = ("django_", "auth_", "account_", "app_user_", "cache", "mfa_", "usersessions_")


def test_I17_every_table_of_ours_forces_row_level_security_or_is_on_the_list(database: Settings) -> None:
    owner = PooledDatabase(database.dsn("owner"), size=1)
    with owner.transaction() as tx:
        tables = tx.all(
            dict,
            """select c.relname as name, c.relforcerowsecurity as forced,
                      (select count(*) from pg_policy p where p.polrelid = c.oid) as policies,
                      exists (select from pg_policy p join pg_roles r on r.oid = any(p.polroles)
                              where p.polrelid = c.oid and r.rolname = 'autopay_app' and p.polwithcheck is not null) as checked
               from pg_class c where c.relkind in ('r', 'p') and c.relnamespace = 'public'::regnamespace order by 1""",
        )
    owner.close()
    bare = {table["name"] for table in tables if not (table["forced"] and table["policies"] >= 3 and table["checked"])}
    assert {name for name in bare if not name.startswith(DJANGO_AND_ALLAUTH)} == OUTSIDE
    assert len(tables) - len(bare) > 25


def test_I17_the_web_and_the_engine_are_never_superusers(database: Settings) -> None:
    for role in ("owner", "app", "engine"):
        db = PooledDatabase(database.dsn(role), size=1)  # type: ignore[arg-type]
        with db.transaction() as tx:
            assert tx.value("select not rolsuper and not rolbypassrls from pg_roles where rolname = current_user")
        db.close()


async def test_I17_no_row_of_another_biller_can_be_read_or_written(world: World) -> None:
    payer = await world.patient("Maria")
    invoice = world.visit(payer)
    mine = world.biller
    other = world.agency()
    with world.app.transaction(other) as tx:
        for table in (
            "payer",
            "invoice",
            "charge",
            "charge_part",
            "method",
            "agreement",
            "journal_entry",
            "ledger_transfer",
            "visit",
        ):
            assert tx.value(f"select count(*) from {table} where biller_id = %(mine)s", mine=mine) == 0, table
        assert tx.run("update invoice set why = 'x' where id = %(i)s", i=invoice) == 0
    with pytest.raises(psycopg.errors.InsufficientPrivilege), world.app.transaction(other) as tx:
        tx.run("insert into billing_contact (biller_id, name, external_id) values (%(mine)s, 'x', 'x')", mine=mine)


async def test_I17_without_a_biller_in_its_transaction_the_web_sees_nothing(world: World) -> None:
    await world.patient("Maria")
    with world.app.transaction() as tx:
        assert tx.value("select count(*) from payer") == 0
        assert tx.value("select count(*) from biller") == 0


async def test_the_web_can_neither_settle_a_charge_nor_say_that_money_came(world: World) -> None:
    payer = await world.patient("Maria")
    world.visit(payer)
    complete = """update charge set state = 'sending', minor = 1, key = 'k', sent_at = now(), lease_until = now(),
        method_id = (select id from method), agreement_version_id = (select max(id) from agreement_version)"""
    for statement in (complete, "update invoice set captured = 1", "update refund set state = 'done'"):
        with pytest.raises(psycopg.errors.InsufficientPrivilege), world.app.transaction(world.biller) as tx:
            tx.run(statement)


@pytest.mark.parametrize("table", ["ledger_transfer", "journal_entry", "agreement_version", "consent", "terms"])
@pytest.mark.parametrize("role", ["owner", "app", "engine"])
async def test_what_is_written_down_is_never_changed_whoever_asks(world: World, table: str, role: str) -> None:
    payer = await world.patient("Maria")
    world.visit(payer)
    db = world.pool(role)
    refused = (psycopg.errors.RaiseException, psycopg.errors.InsufficientPrivilege)
    for statement in (f"update {table} set biller_id = biller_id", f"delete from {table}", f"truncate {table} cascade"):
        with pytest.raises(refused), db.transaction(world.biller) as tx:
            tx.run(statement)
