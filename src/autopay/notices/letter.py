"""What a letter is: what happened, what comes next, the facts, where to go. The letters themselves are in letters.py and upcoming.py."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from autopay.parties.mail_address import Person


class Kind(StrEnum):
    RECEIPT = "receipt"
    COPY = "receipt copy"
    FAILED = "failed"
    ON_ITS_WAY = "on its way"
    SENT_BACK = "sent back"
    REFUNDED = "refunded"
    CANCELLED = "cancelled"
    CONSENT = "consent"
    METHOD_ADDED = "method added"
    METHOD_REMOVED = "method removed"
    BILL = "bill"
    NEEDS_OK = "needs ok"
    ANNOUNCED = "announced"
    INVITATION = "invitation"
    SAVING_PAUSED = "saving paused"
    METHOD_LINK = "method link"


@dataclass(frozen=True, slots=True)
class Letter:
    """`said` one after the other; `rows` as a list of facts; `link` its words and path on our site; `quoted` word for word."""

    subject: str
    head: str
    said: tuple[str, ...]
    rows: tuple[tuple[str, str], ...]
    link: tuple[str, str]
    quoted: str = ""


@dataclass(frozen=True, slots=True)
class Draft:
    """`about` is (table, id): with the kind it makes the notice unique (an expiry notice's kind says how many days ahead)."""

    kind: str
    about: tuple[str, int]
    person: Person
    letter: Letter
