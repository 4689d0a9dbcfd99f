"""Which files the bundled server works on: a copy of them, or the same disk in another machine, is told apart from a restart."""

from __future__ import annotations

import hashlib
from pathlib import Path

from autopay.embedded_postgres import Embedded

MACHINE = Path("/etc/machine-id")
IN_A_CONTAINER = (Path("/.dockerenv"), Path("/run/.containerenv"))
"""There the machine's number is the container's, and a new version is a new container: it says nothing."""


def files_of(home: Path) -> str:
    """`machine/file` of the server under `home`; a part that is not known is empty.

    The file is `pg_control`, by its number on the disk: PostgreSQL writes it in place for the life of a cluster, while a folder that was
    copied or unpacked has another. Moving the folder within a disk changes neither.
    """
    control = Embedded(home).data / "global" / "pg_control"
    return f"{_machine()}/{control.stat().st_ino if control.exists() else ''}"


def _machine() -> str:
    if not MACHINE.exists() or any(each.exists() for each in IN_A_CONTAINER):
        return ""
    return hashlib.sha256(MACHINE.read_bytes().strip()).hexdigest()[:16]


def differ(before: str, now: str) -> tuple[bool, bool]:
    """Whether the machine is another one, and whether the file is. What one of both does not know is no difference."""
    pairs = list(zip(before.split("/"), now.split("/"), strict=False)) if before and now else []
    machine, file = [bool(a and b and a != b) for a, b in pairs] or (False, False)
    return machine, file
