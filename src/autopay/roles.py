"""The database roles: `owner` migrates, `app` serves pages, `engine` works. None is a superuser, or row-level security would be
theatre. A fourth keeps the sandbox's book, in a database of its own.
"""

from __future__ import annotations

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.sql import SQL, Identifier, Literal

from autopay.conf import Settings, role_password
from autopay.embedded_postgres import Embedded

OLDEST_SERVER = 15
PRODUCT = ("autopay_app", "autopay_engine")
PLANS = {"autopay_app": {"random_page_cost": "1.1", "max_parallel_workers_per_gather": "0"}}
"""A page reads little, from memory or a solid-state disk, by an index; many pages are made at once, so none takes more than one core."""
SANDBOX_DATABASE = "sandbox"


class RolesError(RuntimeError):
    """The server cannot be prepared; the message says why and what to do."""


def prepare(settings: Settings) -> None:
    """Roles, databases and rights, made or put right. The embedded server must be running. Raises RolesError."""
    if settings.database_url is None:
        _prepare_embedded(settings)
    else:
        _prepare_real(settings)
    with psycopg.connect(settings.dsn("owner"), autocommit=True) as owner:
        _grant(owner)


def sandbox_dsn(settings: Settings) -> str:
    """The sandbox's own database on the embedded server, under its own role."""
    server = conninfo_to_dict(Embedded(settings.home).dsn(SANDBOX_DATABASE))
    login = {"user": "autopay_sandbox", "password": role_password(settings.secret, "sandbox")}
    return make_conninfo("", **(server | login))


def _prepare_embedded(settings: Settings) -> None:
    with psycopg.connect(Embedded(settings.home).dsn(), autocommit=True) as superuser:
        for role in ("autopay_owner", *PRODUCT, "autopay_sandbox"):
            _make_role(superuser, role, settings.secret)
        _make_database(superuser, settings.database_name, "autopay_owner")
        _make_database(superuser, SANDBOX_DATABASE, "autopay_sandbox")


def _prepare_real(settings: Settings) -> None:
    with psycopg.connect(settings.dsn("owner"), autocommit=True) as owner:
        if owner.info.server_version < OLDEST_SERVER * 10_000:
            raise RolesError(
                f"AUTOPAY_DATABASE_URL is PostgreSQL {owner.info.server_version // 10_000}; {OLDEST_SERVER} or newer is needed."
            )
        for role in PRODUCT:
            if not _can_log_in(settings, role):
                _make_role(owner, role, settings.secret)


def _can_log_in(settings: Settings, role: str) -> bool:
    try:
        with psycopg.connect(settings.dsn("app" if role == "autopay_app" else "engine"), connect_timeout=5):
            return True
    except psycopg.OperationalError:
        return False


def _make_role(connection: psycopg.Connection, role: str, secret: bytes) -> None:
    """The password reaches the server as a SCRAM hash: it is in no log of the server."""
    password = role_password(secret, role.removeprefix("autopay_"))
    hashed = connection.pgconn.encrypt_password(password.encode(), role.encode(), b"scram-sha-256").decode()
    found = connection.execute("select rolsuper or rolbypassrls from pg_roles where rolname = %s", [role]).fetchone()
    if found and found[0]:
        raise RolesError(
            f"Role {role} exists and could ignore row-level security. Run: alter role {role} nosuperuser nobypassrls"
        )
    what = SQL("alter role {} password {}") if found else SQL("create role {} login noinherit password {}")
    try:
        connection.execute(what.format(Identifier(role), Literal(hashed)))
        for name, value in PLANS.get(role, {}).items():
            connection.execute(SQL("alter role {} set {} = {}").format(Identifier(role), Identifier(name), Literal(value)))
    except psycopg.errors.InsufficientPrivilege:
        me = connection.info.user
        raise RolesError(f"{me} may not create role {role}. Run as an administrator: alter role {me} createrole") from None


def _make_database(superuser: psycopg.Connection, name: str, owner: str) -> None:
    if not superuser.execute("select from pg_database where datname = %s", [name]).rowcount:
        superuser.execute(SQL("create database {} owner {}").format(Identifier(name), Identifier(owner)))
    superuser.execute(SQL("revoke all on database {} from public").format(Identifier(name)))


def _grant(owner: psycopg.Connection) -> None:
    """What app and engine may do with tables the owner makes. Migrations take back what a table does not allow."""
    me, database = owner.info.user, owner.info.dbname
    if owner.execute("select where has_schema_privilege('public', 'create')").rowcount == 0:
        raise RolesError(f"{me} must own the database. Run as an administrator: alter database {database} owner to {me}")
    names = {"database": Identifier(database), "roles": SQL(", ").join(map(Identifier, PRODUCT))}
    for right in (
        SQL("grant connect on database {database} to {roles}"),
        SQL("grant usage on schema public to {roles}"),
        SQL("alter default privileges in schema public grant select, insert, update, delete on tables to {roles}"),
        SQL("alter default privileges in schema public grant usage, select on sequences to {roles}"),
    ):
        owner.execute(right.format(**names))
