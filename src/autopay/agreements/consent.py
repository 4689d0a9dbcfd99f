"""The payer's authorization, recorded when a method is saved (V28, rules E2 to E5). Without it a switch charges nobody."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import UTC
from typing import Any

from autopay.agreements.in_force import in_force
from autopay.database import Tx
from autopay.journal.write import By, note


@dataclass(frozen=True, slots=True)
class Signature:
    """How the payer agreed. Paper and recordings need their artefact; `range_minor`: charge at or under this without notice (E6)."""

    signed_by: str
    channel: str = "online"
    artefact: str = ""
    ip: str | None = None
    user_agent: str = ""
    range_minor: int | None = None
    language: str = "en"
    """In which the payer read the text; English where that is in force in no other."""


def record_consent(tx: Tx, biller: int, method: int, signature: Signature, by: By) -> int:
    """Store the exact text in force, its hash, who, when, from where. An earlier consent for the same method ends."""
    tx.run(
        """insert into consent_end (biller_id, consent_id, at, by, why)
           select c.biller_id, c.id, %(now)s, %(actor)s, 'replaced' from consent c
           where c.method_id = %(method)s and not exists (select from consent_end e where e.consent_id = c.id)""",
        now=by.at,
        actor=by.actor,
        method=method,
    )
    kind: str = tx.value(
        """select case p.kind when 'account' then 'account_' else 'visit_' end || m.kind
           from method m join payer p on p.id = m.payer_id where m.id = %(method)s""",
        method=method,
    )
    (terms,) = in_force(tx, signature.language, [kind])
    consent: int = tx.value(
        """insert into consent (biller_id, payer_id, method_id, terms_id, text, sha256, channel, artefact, signed_by, ip, user_agent,
                                range_minor, at)
           select m.biller_id, m.payer_id, m.id, t.id, t.text, t.sha256, %(channel)s, %(artefact)s, %(signed_by)s, %(ip)s::inet,
                  %(user_agent)s, %(range_minor)s::bigint, %(now)s
           from method m join terms t on t.id = %(terms)s
           where m.id = %(method)s returning id""",
        method=method,
        terms=terms.id,
        now=by.at,
        **{name: getattr(signature, name) for name in Signature.__slots__},
    )
    kept = record(tx, consent)
    agreed = {name: kept[name] for name in ("kind", "brand", "last4", "channel")}
    note(tx, biller, by, "consent recorded", ("consent", consent), method=method, record=digest(kept), **agreed)
    return consent


RECORD = """
    select c.sha256, t.kind as terms, t.language, t.version, c.signed_by, c.channel, c.artefact, host(c.ip) as ip, c.user_agent,
           c.range_minor, c.at, m.kind, m.brand, m.last4
    from consent c join terms t on t.id = c.terms_id join method m on m.id = c.method_id
    where c.id = %(id)s
"""


def record(tx: Tx, consent: int) -> dict[str, Any]:
    """What was agreed to, by whom, when, from where and for which method, as it is kept. JSON values; the instant in UTC."""
    kept = tx.record(RECORD, id=consent) or {}
    return kept | {"at": kept["at"].astimezone(UTC).isoformat()}


def digest(kept: dict[str, Any]) -> str:
    """SHA-256 of a record's stable JSON. The journal's entry carries it, so that the chain seals every fact of a consent (A57)."""
    return hashlib.sha256(json.dumps(kept, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()).hexdigest()


def end_consent(tx: Tx, biller: int, method: int, by: By, why: str) -> None:
    """Revoked by the payer, by the bank, or because the method is gone."""
    ended = tx.column(
        """insert into consent_end (biller_id, consent_id, at, by, why)
           select c.biller_id, c.id, %(now)s, %(actor)s, %(why)s from consent c
           where c.method_id = %(method)s and not exists (select from consent_end e where e.consent_id = c.id)
           returning consent_id""",
        now=by.at,
        actor=by.actor,
        why=why,
        method=method,
    )
    for consent in ended:
        note(tx, biller, by, "consent ended", ("consent", consent), why=why)
