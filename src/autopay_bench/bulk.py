"""Ten million visits in minutes: foreign keys are not looked up while they are written, and indexes are built once at the end.

Only for rows whose statements are proven on smaller worlds, where every key is checked (`autopay load-world` and its tests).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from autopay.database import Database

INDEXES = """
    select array[i.indexrelid::regclass::text, pg_get_indexdef(i.indexrelid)] from pg_index i
    where i.indrelid::regclass::text = any(%(tables)s) and not exists (select from pg_constraint c where c.conindid = i.indexrelid)
"""
UNCHECKED, CHECKED = "set session_replication_role = replica", "reset session_replication_role"
ROOMY = "set maintenance_work_mem = '1GB'"


@contextmanager
def bulk(db: Database, tables: Sequence[str]) -> Iterator[None]:
    """`db` has one connection, of a role that may set session_replication_role. What is written inside cannot be found by index."""
    with db.transaction() as tx:
        indexes = tx.column(INDEXES, tables=list(tables))
        for name, _ in indexes:
            tx.run(f"drop index {name}")
        tx.run(UNCHECKED)
        tx.run(ROOMY)
    yield
    for _, definition in indexes:
        with db.transaction() as tx:
            tx.run(definition)
    with db.transaction() as tx:
        tx.run(CHECKED)
