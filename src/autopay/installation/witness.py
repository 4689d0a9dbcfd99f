"""What this machine remembers of the books beside the database: if they are older than that, somebody has put an older state back."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import structlog

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Seen:
    """The installation, and the latest heartbeat of it that this machine saw."""

    uid: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Witness:
    """A file under AUTOPAY_HOME, one for each database it is used with."""

    path: Path

    def read(self) -> Seen | None:
        """None where there is none, or none that can be read: it is a second witness, the first is in the database."""
        try:
            told = json.loads(self.path.read_text())
            return Seen(str(told["uid"]), datetime.fromisoformat(told["at"]))
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, TypeError) as error:
            log.warning("witness_not_read", path=str(self.path), error=type(error).__name__)
            return None

    def write(self, seen: Seen) -> None:
        """Whole or not at all. A home that cannot be written to is told in the log and stops nothing."""
        fresh = self.path.with_suffix(f".{os.getpid()}")
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            fresh.write_text(json.dumps({"uid": seen.uid, "at": seen.at.isoformat()}))
            fresh.replace(self.path)
        except OSError as error:
            log.warning("witness_not_written", path=str(self.path), error=type(error).__name__)


def witness_of(home: Path, database: Mapping[str, object]) -> Witness:
    """`database`: the parts of its connection string."""
    where = "-".join(str(database.get(part, "")) for part in ("host", "port", "dbname"))
    return Witness(home / "witness" / f"{re.sub(r'[^A-Za-z0-9.]+', '-', where).strip('-')}.json")
