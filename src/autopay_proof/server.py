"""A PostgreSQL of the proof's own: nothing in it outlives the run, so it need not wait for the disk."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from autopay.conf import conf
from autopay.embedded_postgres import Embedded

MIGRATED = "autopay"
FAST = {"fsync": "off", "autovacuum": "off", "full_page_writes": "off", "synchronous_commit": "off"}


@contextmanager
def server(home: Path, settings: Mapping[str, str] = FAST) -> Iterator[Embedded]:
    """Under `home`, with an empty, migrated database; wiped at the end. Every setting of this process leads there."""
    os.environ["AUTOPAY_HOME"] = str(home)
    os.environ["AUTOPAY_DATABASE_NAME"] = MIGRATED
    os.environ.pop("AUTOPAY_DATABASE_URL", None)
    conf.cache_clear()
    postgres = Embedded(home)
    postgres.start(settings)
    try:
        from autopay.roles import prepare

        prepare(conf())
        _migrate()
        yield postgres
    finally:
        postgres.wipe()
        shutil.rmtree(home, ignore_errors=True)


def dsns() -> dict[str, str]:
    return {"owner": conf().dsn("owner"), "app": conf().dsn("app"), "engine": conf().dsn("engine")}


def _migrate() -> None:
    from autopay.cli.started import start

    start()
    from django.core.management import call_command
    from django.db import connections

    call_command("migrate", database="owner", verbosity=0, interactive=False)
    connections.close_all()
