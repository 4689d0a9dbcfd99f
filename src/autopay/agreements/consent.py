"""The payer's authorization, recorded when a method is saved (V28, rules E2 to E5). Without it a switch charges nobody."""

from __future__ import annotations

from dataclasses import dataclass

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
    consent: int = tx.value(
        """insert into consent (biller_id, payer_id, method_id, terms_id, text, sha256, channel, artefact, signed_by, ip, user_agent,
                                range_minor, at)
           select m.biller_id, m.payer_id, m.id, t.id, t.text, t.sha256, %(channel)s, %(artefact)s, %(signed_by)s, %(ip)s::inet,
                  %(user_agent)s, %(range_minor)s::bigint, %(now)s
           from method m join payer p on p.id = m.payer_id
           join lateral (select * from terms where biller_id = m.biller_id and language = 'en'
                             and kind = case p.kind when 'account' then 'account_' else 'visit_' end || m.kind
                         order by version desc limit 1) t on true
           where m.id = %(method)s returning id""",
        method=method,
        now=by.at,
        **{name: getattr(signature, name) for name in Signature.__slots__},
    )
    note(tx, biller, by, "consent recorded", ("consent", consent), method=method, channel=signature.channel)
    return consent


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
