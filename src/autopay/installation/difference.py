"""Is this the installation that was at work last, in the same place and not older? Facts in, the reason for a quarantine out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from autopay.installation.files import differ
from autopay.installation.witness import Seen


class Why(StrEnum):
    SERVER = "server"
    DATABASE = "database"
    TIMELINE = "timeline"
    MACHINE = "machine"
    FILES = "files"
    OLDER = "older"
    OTHER = "other"
    ASKED = "asked"


SAID = {
    Why.SERVER: "these books were at work on another PostgreSQL server before",
    Why.DATABASE: "these books were at work in another database before: this one was restored or copied",
    Why.TIMELINE: "the server was recovered to an earlier moment, or a standby took over",
    Why.MACHINE: "the database's files were at work on another machine before",
    Why.FILES: "the database's files are not those that were at work before: they were restored or copied",
    Why.OLDER: "these books are older than this machine has seen them: an earlier state was put back",
    Why.OTHER: "this machine worked with the books of another installation in this place",
    Why.ASKED: "somebody said that these books were restored",
}


@dataclass(frozen=True, slots=True)
class Row:
    """The row `installation`, and beside it what the database is now: `live`."""

    uid: str
    identity: str
    files: str
    seen_at: datetime | None
    quarantined_at: datetime | None
    why: str
    copy: bool
    live: str


def difference(row: Row, files: str, seen: Seen | None) -> Why | None:
    """None where all is as it was, or where nobody was at work yet. `files` as `files_of` says now, empty for a server of one's own."""
    if row.identity and row.identity != row.live:
        server, timeline, _ = zip(row.identity.split("."), row.live.split("."), strict=True)
        return Why.SERVER if server[0] != server[1] else Why.TIMELINE if timeline[0] != timeline[1] else Why.DATABASE
    machine, file = differ(row.files, files)
    if machine or file:
        return Why.MACHINE if machine else Why.FILES
    if seen and seen.uid != row.uid:
        return Why.OTHER
    if seen and (row.seen_at is None or seen.at > row.seen_at):
        return Why.OLDER
    return None
