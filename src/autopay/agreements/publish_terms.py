"""Publish a new version of a text, and say who agreed to which (A64, A57, rules E5, C9).

Who agreed keeps what they agreed to: a consent holds its own copy. The new version is what is agreed to from now on.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from autopay.agreements.terms import METHODS, House, Part, filled, missing, unknown_placeholders
from autopay.database import Database, Tx
from autopay.journal.write import By, note
from autopay.refusal import Refusal

LONGEST = 20_000
VERSIONS = """
    select t.id, t.kind, t.version, t.published_at, t.sha256, t.text,
           t.version = max(t.version) over (partition by t.kind) as in_force,
           count(distinct c.payer_id) filter (where e.consent_id is null and c.id is not null) as agreed,
           count(distinct c.payer_id) filter (where e.consent_id is not null) as ended
    from terms t left join consent c on c.terms_id = t.id left join consent_end e on e.consent_id = c.id
    where t.language = 'en' and t.kind = any(%(kinds)s::text[])
    group by t.id order by t.kind desc, t.version desc
"""


@dataclass(frozen=True, slots=True)
class Version:
    """`agreed`: payers whose consent to this very text holds; `ended`: whose consent to it was replaced or ended."""

    id: int
    kind: str
    version: int
    published_at: datetime
    sha256: str
    text: str
    in_force: bool
    agreed: int
    ended: int


@dataclass(frozen=True, slots=True)
class Draft:
    """A text as it would be published. `missing`: required parts it does not hold; `unknown`: placeholders nobody fills in."""

    kind: str
    text: str
    missing: tuple[Part, ...]
    unknown: tuple[str, ...]

    @property
    def complete(self) -> bool:
        return not self.missing and not self.unknown and 0 < len(self.text) <= LONGEST


def versions(tx: Tx) -> list[Version]:
    return tx.all(Version, VERSIONS, kinds=list(METHODS))


def terms_in_force(tx: Tx, kinds: Iterable[str] = METHODS) -> str:
    """Names the texts a page shows, so that a Submit can be told from one that showed others."""
    latest = "select kind || ' ' || max(version) from terms where language = 'en' and kind = any(%(kinds)s::text[]) group by kind"
    return ", ".join(sorted(tx.column(latest, kinds=list(kinds))))


def drafted(tx: Tx, kind: str, template: str) -> Draft:
    """What `template` comes to with the biller's name and contact data of this moment."""
    house = tx.one(House, "select name, phone, email from biller") or House("", "", "")
    text = filled(kind, template.replace("\r\n", "\n").strip(), house)
    return Draft(kind, text, tuple(missing(kind, text, house)), tuple(unknown_placeholders(text)))


def publish_text(db: Database, biller: int, draft: Draft, seen: int, by: By) -> int:
    """Put the text of a draft into force; returns its version. `seen` is the version the person's page knew as the last.

    Raises Refusal for a text that is not complete, that is in force already, or where somebody else published meanwhile.
    """
    with db.transaction(biller) as tx:
        tx.run("select id from biller where id = %(biller)s for no key update", biller=biller)
        again = drafted(tx, draft.kind, draft.text)
        if not again.complete:
            raise Refusal("incomplete", "This text does not say everything it must. It was not published.")
        last = tx.record(
            "select version, sha256 from terms where kind = %(kind)s and language = 'en' order by version desc limit 1",
            kind=draft.kind,
        ) or {"version": 0, "sha256": ""}
        sha256 = hashlib.sha256(again.text.encode()).hexdigest()
        if last["sha256"] == sha256:
            raise Refusal("same", "This text is in force already. Nothing was published.")
        if last["version"] != seen:
            raise Refusal("changed", "Another version was published meanwhile. Please look again.")
        made = tx.record(
            """insert into terms (biller_id, kind, language, version, text, sha256, published_at)
               values (%(biller)s, %(kind)s, 'en', %(version)s, %(text)s, %(sha256)s, %(now)s) returning id, version""",
            biller=biller,
            kind=draft.kind,
            version=seen + 1,
            text=again.text,
            sha256=sha256,
            now=by.at,
        )
        assert made is not None
        note(tx, biller, by, "terms published", ("terms", made["id"]), kind=draft.kind, version=made["version"], sha256=sha256)
    return int(made["version"])
