"""The ground the other tests stand on: clones are fresh and separate, roles are real, the browser reaches the site and nothing else."""

from __future__ import annotations

import psycopg
import pytest
from django.db import connection, connections
from playwright.sync_api import Page, expect

from autopay.conf import Settings, conf
from autopay.database import PooledDatabase
from autopay.tenancy import WebDatabase


@pytest.mark.parametrize("run", ["first", "second"])
def test_each_test_has_a_fresh_clone(database: Settings, run: str) -> None:
    with psycopg.connect(database.dsn("owner")) as owner:
        owner.execute("create table left_behind ()")
    with connections["owner"].cursor() as cursor:
        cursor.execute("select count(*) from left_behind")
        assert cursor.fetchone() == (0,)


def test_web_and_worker_look_at_the_same_clone_in_their_own_roles(
    database: Settings, app_db: WebDatabase, engine_db: PooledDatabase
) -> None:
    who = "select current_database() || ' ' || current_user"
    with app_db.transaction() as app, engine_db.transaction() as engine:
        assert app.value(who) == f"{database.database_name} autopay_app"
        assert engine.value(who) == f"{database.database_name} autopay_engine"
    assert conf().database_name == database.database_name
    assert connection.settings_dict["NAME"] == database.database_name


@pytest.mark.parametrize("role", ["owner", "app", "engine"])
def test_no_role_of_the_product_can_ignore_row_level_security(database: Settings, role: str) -> None:
    with psycopg.connect(database.dsn(role)) as connection:  # type: ignore[arg-type]
        found = connection.execute("select rolsuper, rolbypassrls from pg_roles where rolname = current_user").fetchone()
        assert found == (False, False)


def test_a_browser_reaches_the_site_and_no_other_host(site: str, page: Page) -> None:
    answer = page.goto(site + "/static/autopay/autopay.css")
    assert answer is not None
    assert answer.ok
    with pytest.raises(Exception, match="ERR_NAME_NOT_RESOLVED"):
        page.goto("http://example.com/")
    expect(page).not_to_have_title("Example Domain")
