"""The sealer: one per tenant, after the commits, it numbers the entries and chains them by hash (design 4.14, rule U1)."""

from __future__ import annotations

import hashlib
import json
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from autopay.database import Database, Tx

GENESIS = "0" * 64
LOOK_BACK = 10_000
"""Ids this far behind the last sealed one are looked at again: some draw theirs a moment before their transaction has a number."""

# Entries commit out of order. Those of transactions younger than the oldest that still writes wait for it: an older one of that may come yet.
UNSEALED = """
    select e.id, e.at, e.actor, e.action, e.object, e.object_id, e.data from journal_entry e
    where e.biller_id = %(biller)s and e.id > %(after)s and age(e.xmin) > age(pg_snapshot_xmin(pg_current_snapshot())::xid)
      and not exists (select from journal_seal s where s.entry_id = e.id and s.entry_id > %(after)s)
    order by e.id limit %(limit)s
"""
AT_ONCE = 4000
"""Entries one call chains at most."""


@dataclass(frozen=True, slots=True)
class Line:
    id: int
    at: datetime
    actor: str
    action: str
    object: str
    object_id: int
    data: Any

    def canonical(self, seq: int, before: str) -> bytes:
        """The bytes that are hashed: stable JSON of the entry, its number and the hash before it.

        The instant is written in UTC, whatever zone the reading session is in. evidence/verify.py does the same by itself.
        """
        data = json.loads(self.data) if isinstance(self.data, str) else self.data
        fields = [
            before,
            seq,
            self.id,
            self.at.astimezone(UTC).isoformat(),
            self.actor,
            self.action,
            self.object,
            self.object_id,
            data,
        ]
        return json.dumps(fields, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


@dataclass(frozen=True, slots=True)
class Head:
    seq: int
    hash: str
    entry: int


def seal(db: Database, biller: int, limit: int = AT_ONCE) -> int:
    """Chain what is not chained yet; returns how many. A second sealer of the same tenant finds the lock taken and does nothing."""
    with db.transaction() as tx:
        if not tx.value("select pg_try_advisory_xact_lock(hashtext('journal seal'), %(biller)s::int)", biller=biller % 2**31):
            return 0
        head = _head(tx, biller)
        lines = tx.all(Line, UNSEALED, biller=biller, after=head.entry - LOOK_BACK, limit=limit)
        seals, before = [], head.hash
        for seq, line in enumerate(lines, head.seq + 1):
            before = hashlib.sha256(line.canonical(seq, before)).hexdigest()
            seals.append((seq, line.id, before))
            if seq % 50 == 0:
                time.sleep(0)  # a claim may be waiting for the interpreter
        tx.run(
            """insert into journal_seal (biller_id, seq, entry_id, hash)
               select %(biller)s, * from unnest(%(seqs)s::bigint[], %(entries)s::bigint[], %(hashes)s::text[])""",
            biller=biller,
            seqs=[s[0] for s in seals],
            entries=[s[1] for s in seals],
            hashes=[s[2] for s in seals],
        )
    return len(lines)


def verify(db: Database, biller: int) -> str | None:
    """Walk the whole chain; None if it holds, else a sentence naming the first number that does not."""
    before = GENESIS
    with db.transaction(biller) as tx:
        rows = tx.all(
            dict[str, Any],
            """select s.seq, s.hash, e.id, e.at, e.actor, e.action, e.object, e.object_id, e.data
               from journal_seal s left join journal_entry e on e.id = s.entry_id where s.biller_id = %(biller)s order by s.seq""",
            biller=biller,
        )
    for expected, row in enumerate(rows, 1):
        seq, sealed = row.pop("seq"), row.pop("hash")
        if seq != expected:
            return f"entry {expected} is missing from the chain"
        before = hashlib.sha256(Line(**row).canonical(seq, before)).hexdigest() if row["id"] else ""
        if before != sealed:
            return f"entry {seq} is not what was sealed"
    return None


def _head(tx: Tx, biller: int) -> Head:
    head = tx.one(
        Head, "select seq, hash, entry_id as entry from journal_seal where biller_id = %(b)s order by seq desc limit 1", b=biller
    )
    return head or Head(0, GENESIS, 0)
