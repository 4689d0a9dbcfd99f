"""Which text somebody agrees to now, in their language.

A Spanish text is the translation of one English version. It is in force while that version is: a new English text is shown in English,
and said to be, until its own translation is published.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from autopay.database import Tx

IN_FORCE = """
    select distinct on (t.kind) t.id, t.kind, t.language, t.version, t.translates, t.text, t.sha256, t.published_at
    from terms t
    where t.kind = any(%(kinds)s::text[]) and (t.language = 'en' or (t.language = %(language)s and t.translates = (
        select max(e.version) from terms e where e.biller_id = t.biller_id and e.kind = t.kind and e.language = 'en')))
    order by t.kind, t.language = 'en', t.version desc
"""
OF_ACCOUNTS = ("account_card", "account_bank")


@dataclass(frozen=True, slots=True)
class Terms:
    """One text in force; exactly this is recorded as agreed to. `translates`: the English version it is the translation of."""

    id: int
    kind: str
    language: str
    version: int
    translates: int | None
    text: str
    sha256: str
    published_at: datetime

    @property
    def bank(self) -> bool:
        return self.kind.endswith("_bank")

    @property
    def name(self) -> str:
        """`account_card 3`, in Spanish `account_card es 3`."""
        return " ".join([self.kind, *([] if self.language == "en" else [self.language]), str(self.version)])


def in_force(tx: Tx, language: str, kinds: Iterable[str] = OF_ACCOUNTS) -> list[Terms]:
    """Of each kind one: in this language where it is in force, else in English."""
    return tx.all(Terms, IN_FORCE, kinds=list(kinds), language=language)


def terms_in_force(tx: Tx, language: str = "en", kinds: Iterable[str] = OF_ACCOUNTS) -> str:
    return names_of(in_force(tx, language, kinds))


def names_of(texts: Iterable[Terms]) -> str:
    """Names the texts a page shows, so that a Submit can be told from one that showed others."""
    return ", ".join(sorted(each.name for each in texts))


def language_of(names: str) -> str:
    """In which language a page showed the texts that it names so."""
    return next((word for word in names.replace(",", " ").split() if len(word) == 2 and word.isalpha()), "en")
