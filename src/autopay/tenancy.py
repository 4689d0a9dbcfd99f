"""Row-level security: no row of one biller is read or written under another's context. The database enforces it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager

from django.db import connections
from django.db import transaction as django_transaction
from django.db.migrations import RunSQL

from autopay.database import Database, Step, Tx, ignore, inside

OUTSIDE = frozenset({"app_user", "installation", "membership", "webhook_event"})
"""Tables of ours outside tenants by design; Django's and allauth's own (sessions, cache, permissions) are the rest."""


class WebDatabase:
    """Over Django's own connection (role app), so that a view's reads and a verb's writes share it."""

    def __init__(self, alias: str = "default", step: Step = ignore) -> None:
        self._alias, self._step = alias, step

    @contextmanager
    def transaction(self, biller: int | None = None) -> Iterator[Tx]:
        with django_transaction.atomic(using=self._alias, durable=True), connections[self._alias].cursor() as cursor:
            yield from inside(cursor, biller, self._step)
        self._step("committed")


def tenant_transaction(biller: int) -> AbstractContextManager[Tx]:
    """What a reading view opens; the ORM sees this biller's rows only, until it ends."""
    return WebDatabase().transaction(biller)


@contextmanager
def snapshot(db: Database, biller: int) -> Iterator[Tx]:
    """A reading transaction of one tenant in which every statement sees the same moment."""
    with db.transaction() as tx:
        tx.run("set transaction isolation level repeatable read, read only")  # must come before the first query
        tx.value("select set_config('autopay.biller', %(biller)s, true)", biller=str(biller))
        yield tx


def tenant_table(
    table: str, *, key: str = "biller_id", app: str = "select, insert, update, delete", engine: str = "select, insert, update"
) -> RunSQL:
    """A migration step: force row-level security on `table`, and give the two roles exactly these rights.

    The app role sees the biller named in its transaction; the engine all of them; the owner too, for migrations.
    """
    mine = f"{key} = nullif(current_setting('autopay.biller', true), '')::bigint"
    steps = [
        f"alter table {table} enable row level security",
        f"alter table {table} force row level security",
        f"create policy tenant on {table} to autopay_app using ({mine}) with check ({mine})",
        f"create policy engine on {table} to autopay_engine using (true) with check (true)",
        f"create policy owner on {table} to current_user using (true) with check (true)",
        f"revoke all on {table} from autopay_app, autopay_engine",
        f"grant {app} on {table} to autopay_app",
        f"grant {engine} on {table} to autopay_engine",
    ]
    return statements(steps)


def append_only(table: str) -> RunSQL:
    """A migration step: rows of `table` are never updated, deleted or truncated, whoever asks."""
    return statements(
        [
            f"create trigger {table}_append_only before update or delete on {table} for each row execute function refuse_change()",
            f"create trigger {table}_no_truncate before truncate on {table} for each statement execute function refuse_change()",
        ]
    )


def statements(sql: Sequence[str]) -> RunSQL:
    return RunSQL([*sql], RunSQL.noop)
