"""Publish a new version of a text, and say who agreed to which (A64, A57, rules E5, C9).

Who agreed keeps what they agreed to: a consent holds its own copy. The new version is what is agreed to from now on.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime

from autopay.agreements.terms import METHODS, House, Part, filled, missing, unknown_placeholders
from autopay.database import Database, Tx
from autopay.journal.write import By, note
from autopay.refusal import Refusal

LONGEST = 20_000
VERSIONS = """
    select t.id, t.kind, t.language, t.version, t.translates, t.published_at, t.sha256, t.text,
           t.version = max(t.version) over (partition by t.kind) and (t.translates is null or t.translates = (
               select max(e.version) from terms e where e.kind = t.kind and e.language = 'en')) as in_force,
           count(distinct c.payer_id) filter (where e.consent_id is null and c.id is not null) as agreed,
           count(distinct c.payer_id) filter (where e.consent_id is not null) as ended
    from terms t left join consent c on c.terms_id = t.id left join consent_end e on e.consent_id = c.id
    where t.language = %(language)s and t.kind = any(%(kinds)s::text[])
    group by t.id order by t.kind desc, t.version desc
"""


@dataclass(frozen=True, slots=True)
class Version:
    """`agreed`: payers whose consent to this very text holds; `ended`: whose consent to it was replaced or ended.

    `translates` is the English version a Spanish one is the translation of; it is in force no longer than that one.
    """

    id: int
    kind: str
    language: str
    version: int
    translates: int | None
    published_at: datetime
    sha256: str
    text: str
    in_force: bool
    agreed: int
    ended: int


@dataclass(frozen=True, slots=True)
class Draft:
    """A text as it would be published. `missing`: required parts it does not hold; `unknown`: placeholders nobody fills in.

    `translates`: of a Spanish text, the English version that was in force when it was drafted.
    """

    kind: str
    text: str
    missing: tuple[Part, ...]
    unknown: tuple[str, ...]
    language: str = "en"
    translates: int | None = None

    @property
    def complete(self) -> bool:
        return not self.missing and not self.unknown and 0 < len(self.text) <= LONGEST


def versions(tx: Tx, language: str = "en") -> list[Version]:
    return tx.all(Version, VERSIONS, kinds=list(METHODS), language=language)


def drafted(tx: Tx, kind: str, template: str, language: str = "en") -> Draft:
    """What `template` comes to with the biller's name and contact data of this moment."""
    house = tx.one(House, "select name, phone, email from biller") or House("", "", "")
    text = filled(kind, template.replace("\r\n", "\n").strip(), house, language)
    english = None if language == "en" else _last(tx, kind, "en").version
    return Draft(kind, text, tuple(missing(kind, text, house, language)), tuple(unknown_placeholders(text)), language, english)


@dataclass(frozen=True, slots=True)
class _Last:
    version: int
    sha256: str
    translates: int | None


def _last(tx: Tx, kind: str, language: str) -> _Last:
    sql = """select version, sha256, translates from terms where kind = %(kind)s and language = %(language)s
             order by version desc limit 1"""
    return tx.one(_Last, sql, kind=kind, language=language) or _Last(0, "", None)


def publish_text(db: Database, biller: int, draft: Draft, seen: int, by: By) -> int:
    """Put the text of a draft into force; returns its version. `seen` is the version the person's page knew as the last.

    Raises Refusal for a text that is not complete, that is in force already, or where somebody else published meanwhile: a translation
    is of the English version its writer saw.
    """
    with db.transaction(biller) as tx:
        tx.run("select id from biller where id = %(biller)s for no key update", biller=biller)
        again = drafted(tx, draft.kind, draft.text, draft.language)
        if not again.complete:
            raise Refusal("incomplete", "This text does not say everything it must. It was not published.")
        last, sha256 = _last(tx, draft.kind, draft.language), hashlib.sha256(again.text.encode()).hexdigest()
        if (last.sha256, last.translates) == (sha256, again.translates):
            raise Refusal("same", "This text is in force already. Nothing was published.")
        if last.version != seen or draft.translates != again.translates:
            raise Refusal("changed", "Another version was published meanwhile. Please look again.")
        made = tx.record(
            """insert into terms (biller_id, kind, language, version, translates, text, sha256, published_at)
               values (%(biller)s, %(kind)s, %(language)s, %(version)s, %(translates)s, %(text)s, %(sha256)s, %(now)s)
               returning id, version""",
            biller=biller,
            kind=draft.kind,
            language=draft.language,
            version=seen + 1,
            translates=again.translates,
            text=again.text,
            sha256=sha256,
            now=by.at,
        )
        assert made is not None
        said = {"kind": draft.kind, "version": made["version"], "sha256": sha256}
        if draft.language != "en":
            said |= {"language": draft.language, "translates": again.translates}
        note(tx, biller, by, "terms published", ("terms", made["id"]), **said)
    return int(made["version"])
