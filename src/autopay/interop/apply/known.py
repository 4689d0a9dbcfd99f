"""What was taken in before: the fingerprint of the last content seen for each identifier, and the row it became."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from autopay.database import Tx
from autopay.interop.records import Identity
from autopay.journal.write import By

PATIENT_REF = "patient_ref"
"""A source's reference to a patient, so that a later file of visits alone finds them."""

KNOWN = """
    select n.ord, r.fingerprint, r.object_id
    from unnest(%(sources)s::text[], %(ids)s::text[]) with ordinality as n (source, external_id, ord)
    cross join lateral (
        select fingerprint, object_id from imported_record
        where biller_id = %(biller)s and kind = %(kind)s and source = n.source and external_id = n.external_id limit 1) r
"""
"""`limit 1` in a lateral join keeps every look-up on the unique index, however stale the table's statistics are after a big import."""
REMEMBER = """
    insert into imported_record (biller_id, kind, source, external_id, fingerprint, object_id, run_id)
    select %(biller)s, %(kind)s, source, external_id, fingerprint, object, %(run)s
    from unnest(%(sources)s::text[], %(ids)s::text[], %(fingerprints)s::text[], %(objects)s::bigint[])
         as n (source, external_id, fingerprint, object)
    on conflict (biller_id, kind, source, external_id)
    do update set fingerprint = excluded.fingerprint, object_id = excluded.object_id, run_id = excluded.run_id
"""
POINT = """
    insert into imported_record (biller_id, kind, source, external_id, fingerprint, object_id, run_id)
    select %(biller)s, %(kind)s, %(source)s, ref, '', object, %(run)s from unnest(%(refs)s::text[], %(objects)s::bigint[]) as n (ref, object)
    on conflict (biller_id, kind, source, external_id)
    do update set object_id = case when imported_record.object_id = excluded.object_id then excluded.object_id end
    where imported_record.object_id is distinct from excluded.object_id
"""


@dataclass(frozen=True, slots=True)
class Target:
    """Whose books, by whom and when, in which run; `since` and `invoice`: which visits are invoiced."""

    biller: int
    by: By
    run: int
    source: str
    since: date | None = None
    """Visits on or after this local date are invoiced; without it none is."""


@dataclass(frozen=True, slots=True)
class Known:
    fingerprint: str
    object: int | None


def recall(tx: Tx, target: Target, kind: str, identities: Sequence[Identity]) -> dict[Identity, Known]:
    sources, ids = [each.source for each in identities], [each.external_id for each in identities]
    rows = tx.all(dict[str, Any], KNOWN, biller=target.biller, kind=kind, sources=sources, ids=ids)
    return {identities[row["ord"] - 1]: Known(row["fingerprint"], row["object_id"]) for row in rows}


def remember(tx: Tx, target: Target, kind: str, seen: Sequence[tuple[Identity, str, int | None]]) -> None:
    """(identity, fingerprint, row) of what is new or changed; identities are distinct."""
    if seen:
        tx.run(
            REMEMBER,
            biller=target.biller,
            kind=kind,
            run=target.run,
            sources=[identity.source for identity, _, _ in seen],
            ids=[identity.external_id for identity, _, _ in seen],
            fingerprints=[fingerprint for _, fingerprint, _ in seen],
            objects=[row for _, _, row in seen],
        )


def point(tx: Tx, target: Target, refs: dict[str, int]) -> None:
    """Remember which patient a reference means. One that meant another before means neither from now on."""
    kept = {ref: payer for ref, payer in refs.items() if len(ref) <= 255 and "?" not in ref}
    if kept:
        tx.run(
            POINT,
            biller=target.biller,
            kind=PATIENT_REF,
            source=target.source,
            run=target.run,
            refs=list(kept),
            objects=list(kept.values()),
        )


def link_identity(contact: Identity, patient_ref: str) -> Identity:
    """A contact is recorded once for each of its patients."""
    return Identity(contact.source, hashlib.sha256(f"{contact.external_id}\x1f{patient_ref}".encode()).hexdigest())
