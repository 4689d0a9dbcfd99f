"""What every command that touches the data does first: set Django up, and find the biller it is about."""

from __future__ import annotations

import os
from dataclasses import dataclass

import django
import psycopg
import typer

from autopay.conf import conf

PATIENCE = 10
"""Seconds until a database that says nothing counts as not there."""


@dataclass(frozen=True, slots=True)
class Found:
    id: int
    name: str
    zone: str
    kind: str


def start() -> None:
    """Django's apps loaded, once. A database that is not there is told at once (main.py), before a pool has tried for half a minute."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "autopay.settings")
    psycopg.connect(conf().dsn("engine"), connect_timeout=PATIENCE).close()
    django.setup()


def fail(sentence: str) -> typer.Exit:
    """One clear line on standard error, and exit status 1."""
    typer.secho(sentence, err=True, fg="red")
    return typer.Exit(1)


def billers(named: str | None = None) -> list[Found]:
    """All billers, or the one that `named` names by name, short name or public id. Exits with a clear line if there is none."""
    from autopay.database import PooledDatabase

    db = PooledDatabase(conf().dsn("engine"), size=1)
    try:
        with db.transaction() as tx:
            found = tx.all(
                Found,
                """select id, name, zone, kind from biller
                   where %(named)s::text is null or lower(%(named)s) in (lower(name), lower(short_name), uid::text) order by id""",
                named=named,
            )
    finally:
        db.close()
    if not found:
        raise fail(
            f"There is no biller named {named!r}." if named else "There is no biller yet. Create one: autopay biller create"
        )
    return found


def one_biller(named: str | None) -> Found:
    found = billers(named)
    if len(found) > 1:
        raise fail("Which biller? Say --biller NAME: " + ", ".join(each.name for each in found))
    return found[0]
