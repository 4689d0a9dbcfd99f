"""What an import takes in, whatever file it came from: patients, their contacts, completed visits, and what happened to their bills.

Only what billing needs is kept. Nothing clinical has a field here.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, fields
from datetime import date
from enum import StrEnum

LONGEST_SOURCE = 120
LONGEST_NAME = 160
LONGEST_IDENTITY = 280
"""Source and identifier together: what a debt is named by must fit its column with room for a prefix."""
LARGEST_MINOR = 10**11
"""A visit that costs more is a mistake in the file."""


class Unfit(ValueError):
    """A record that cannot be taken in; its text says why and what to mend, without names and without anything clinical."""


class Kind(StrEnum):
    """What is read, counted and refused."""

    PATIENT = "patient"
    CONTACT = "contact"
    VISIT = "visit"
    SHARE = "share"
    PAYMENT = "payment"
    ADJUSTMENT = "adjustment"
    VOID = "void"
    FILE = "file"


@dataclass(frozen=True, slots=True)
class Identity:
    """Who or what it is, where it came from: the source system and its identifier there."""

    source: str
    external_id: str

    def __post_init__(self) -> None:
        if not self.external_id:
            raise Unfit("has no identifier")
        if len(self.source) > LONGEST_SOURCE or len(self.source) + len(self.external_id) > LONGEST_IDENTITY:
            raise Unfit(f"has an identifier longer than {LONGEST_IDENTITY} characters")
        if not (self.source.isprintable() and self.external_id.isprintable()):
            storable(self.source + self.external_id, "identifier")


@dataclass(frozen=True, slots=True)
class Patient:
    """An empty field was not stated, and erases nothing. `language` is `en` or `es`."""

    identity: Identity
    name: str
    email: str = ""
    phone: str = ""
    language: str = ""


@dataclass(frozen=True, slots=True)
class Contact:
    """Who pays for the patient that `patient_ref` points to."""

    identity: Identity
    name: str
    email: str
    patient_ref: str


@dataclass(frozen=True, slots=True)
class Visit:
    """A completed visit: its local date at the biller's and the patient's share in minor units."""

    identity: Identity
    patient: Identity | None
    patient_ref: str
    on: date
    minor: int | None
    """None: the source states no share. A new visit then comes to nothing; a known one keeps what it came to."""


@dataclass(frozen=True, slots=True)
class FollowUp:
    """What happened to a visit's bill elsewhere. `minor`: what was paid, or what the bill comes to from now on."""

    kind: Kind
    identity: Identity
    visit: Identity | None
    invoice: int | None = None
    minor: int = 0
    on: date | None = None
    how: str = ""
    cancelled: bool = False
    """The source took the whole visit back: a visit not invoiced yet comes to nothing."""


Record = Patient | Contact | Visit | FollowUp


def fingerprint(record: Record) -> str:
    """Of everything a record says, except who it is: unchanged or changed is decided from it."""
    said = [repr(getattr(record, field.name)) for field in fields(record) if field.name != "identity"]
    return hashlib.sha256("\x1f".join(said).encode()).hexdigest()


def storable(text: str, what: str) -> str:
    """The text itself. Raises Unfit if a database cannot hold it: control characters, halves of a surrogate pair."""
    if not text.isprintable() and any(character < " " or "\ud800" <= character <= "\udfff" for character in text):
        raise Unfit(f"has a {what} with characters that cannot be stored")
    return text


def named(text: str) -> str:
    """A name as it is kept: one space between words. Raises Unfit if it is empty or too long."""
    name = " ".join(text.split())
    if not name:
        raise Unfit("has no name")
    if len(name) > LONGEST_NAME:
        raise Unfit(f"has a name longer than {LONGEST_NAME} characters")
    return storable(name, "name")
