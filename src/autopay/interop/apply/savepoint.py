"""A part of a transaction that can fail alone."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from autopay.database import Tx


@contextmanager
def savepoint(tx: Tx) -> Iterator[None]:
    """What runs inside is undone if it raises; what ran before in the same transaction stands."""
    tx.run("savepoint imported")
    try:
        yield
    except BaseException:
        tx.run("rollback to savepoint imported")
        tx.run("release savepoint imported")
        raise
    tx.run("release savepoint imported")
