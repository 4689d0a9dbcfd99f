"""A worker's heartbeat: it says that the books are here and at work, or finds that they are not those it knew, and begins the quarantine.

The quarantine is a fact in the database, for all workers: they obey it because the database does (rights.py).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import structlog

from autopay.database import Database, Tx
from autopay.installation.difference import SAID, Row, Why, difference
from autopay.installation.witness import Seen, Witness

log = structlog.get_logger()

ROW = """
    select uid::text as uid, identity, files, seen_at, quarantined_at, why, copy, database_identity() as live from installation
"""
# Never earlier than before, whatever the clocks of several machines say.
BEAT = """
    update installation set identity = database_identity(), files = %(files)s,
           seen_at = greatest(seen_at + interval '1 microsecond', %(machine)s) returning uid::text as uid, seen_at as at
"""
BEGIN = "update installation set quarantined_at = %(machine)s, why = %(why)s where quarantined_at is null"
# The witnesses of all machines are behind this moment, so that none of them takes the restored books for older ones.
LIFT = """
    update installation set quarantined_at = null, why = '', identity = database_identity(), files = %(files)s, copy = copy or %(copy)s,
           seen_at = greatest(seen_at + interval '1 microsecond', %(seen)s::timestamptz + interval '1 microsecond', %(machine)s),
           uid = case when %(copy)s then gen_random_uuid() else uid end
    where quarantined_at is not null returning uid::text as uid, seen_at as at
"""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a process is: what it knows of the server's files (empty for a server of one's own) and what it remembers."""

    files: str
    witness: Witness


@dataclass(frozen=True, slots=True)
class Quarantine:
    """`since`: when it was noticed. `known_until`: the last heartbeat before, up to which these books surely know what was sent."""

    since: datetime
    why: Why
    known_until: datetime | None

    @property
    def said(self) -> str:
        return SAID[self.why]


def watch(db: Database, place: Place, machine: datetime) -> Quarantine | None:
    """At the start of a worker, before its first claim, and then every minute. `machine`: the instant on the machine's clock."""
    with db.transaction() as tx:
        row = _row(tx, "for no key update")
        found = None if row.quarantined_at else difference(row, place.files, place.witness.read())
        if found:
            tx.run(BEGIN, machine=machine, why=found)
            log.error("quarantine_begun", why=found)
        seen = None if found or row.quarantined_at else tx.one(Seen, BEAT, files=place.files, machine=machine)
    if seen:
        place.witness.write(seen)  # after the commit: the books are never behind it, except when an older state was put back
        return None
    return Quarantine(row.quarantined_at or machine, found or Why(row.why), row.seen_at)


def look(db: Database, place: Place, machine: datetime) -> Quarantine | None:
    """The same without writing anything."""
    with db.transaction() as tx:
        row = _row(tx)
    if row.quarantined_at:
        return Quarantine(row.quarantined_at, Why(row.why), row.seen_at)
    found = difference(row, place.files, place.witness.read())
    return Quarantine(machine, found, row.seen_at) if found else None


def begin(db: Database, machine: datetime) -> None:
    """By hand, for a restore that nothing gives away, such as a whole machine set back to an earlier moment."""
    with db.transaction() as tx:
        tx.run(BEGIN, machine=machine, why=Why.ASKED)


def lift(db: Database, place: Place, machine: datetime, *, copy: bool = False) -> None:
    """From here on the books are at work here. A copy becomes an installation of its own, which mails nobody."""
    before = place.witness.read()
    with db.transaction() as tx:
        seen = tx.one(Seen, LIFT, files=place.files, machine=machine, seen=before.at if before else None, copy=copy)
    if seen:
        place.witness.write(seen)


def may_send(db: Database) -> bool:
    with db.transaction() as tx:
        return tx.value("select sending_allowed()") is True


def is_copy(db: Database) -> bool:
    with db.transaction() as tx:
        return bool(tx.value("select copy from installation"))


def _row(tx: Tx, lock: str = "") -> Row:
    row = tx.one(Row, ROW + lock)
    if row is None:
        raise LookupError("the table installation is empty: its row was made by a migration and must not be deleted")
    return row
