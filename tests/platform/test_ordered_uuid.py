"""Ids of visits, invoices and charges sort by time, on old servers too."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing
from uuid import UUID

import pytest

from autopay.conf import Settings
from autopay.database import PooledDatabase
from autopay.ordered_uuid import BY_HAND, BY_THE_SERVER, create


@pytest.fixture
def owner_db(database: Settings) -> Iterator[PooledDatabase]:
    with closing(PooledDatabase(database.dsn("owner"), size=1)) as db:
        yield db


@pytest.mark.parametrize("body", [BY_HAND, BY_THE_SERVER])
def test_ids_are_of_version_7_unguessable_and_sort_by_time(owner_db: PooledDatabase, body: str) -> None:
    ids: list[UUID] = []
    with owner_db.transaction() as tx:
        tx.run(create("made_now", body))
        for _ in range(5):
            ids += tx.column("select made_now() from generate_series(1, 20)")
            time.sleep(0.003)
        tx.run("drop function made_now()")
    assert {each.version for each in ids} == {7}
    assert {each.variant for each in ids} == {"specified in RFC 4122"}
    assert len(set(ids)) == len({each.int & (1 << 62) - 1 for each in ids}) == 100
    assert [max(ids[n : n + 20]) < min(ids[n + 20 : n + 40]) for n in range(0, 80, 20)] == [True] * 4
    assert abs((ids[-1].int >> 80) / 1000 - time.time()) < 60


def test_visits_invoices_and_charges_have_them(owner_db: PooledDatabase) -> None:
    with owner_db.transaction() as tx:
        found = tx.column(
            """select table_name from information_schema.columns where column_name = 'uid' and column_default = 'ordered_uuid()'
               order by table_name"""
        )
    assert found == ["charge", "invoice", "visit"]
