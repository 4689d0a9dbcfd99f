"""A payer's authorization on paper or on a recording: the office attaches the file, the payer is who signed or spoke (V28).

What a file is, its content says, not its name. It is kept with its hash in a table that nothing changes; the hash stands in the consent,
so that the journal's chain seals it.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from autopay.agreements.consent import Signature, record_consent
from autopay.database import Database, Tx
from autopay.journal.write import By, note
from autopay.refusal import Refusal

LARGEST = 10 * 1024 * 1024
WRONG_KIND = "Please choose a PDF, JPEG or PNG file, or an MP3, M4A or WAV recording, of at most 10 MB."
MP3_FRAMES = (b"\xff\xfb", b"\xff\xfa", b"\xff\xf3", b"\xff\xf2")
ENDINGS = {
    "application/pdf": "pdf",
    "image/jpeg": "jpg",
    "image/png": "png",
    "audio/mpeg": "mp3",
    "audio/mp4": "m4a",
    "audio/wav": "wav",
}


@dataclass(frozen=True, slots=True)
class Attachment:
    """`signed_by` is the person who signed or spoke. `range_minor`: what they agreed to be charged without notice, minor units (E6)."""

    name: str
    content: bytes
    signed_by: str
    range_minor: int | None = None


@dataclass(frozen=True, slots=True)
class Kept:
    """A file on record, without its content."""

    id: int
    uid: UUID
    payer: int
    method: int
    name: str
    media: str
    sha256: str
    at: datetime
    by: str
    channel: str
    signed_by: str
    ended: bool


KEPT = """
    select p.id, p.uid, p.payer_id as payer, c.method_id as method, p.name, p.media, p.sha256, p.at, p.by, c.channel, c.signed_by,
           exists (select from consent_end e where e.consent_id = c.id) as ended
    from paper p join consent c on c.id = p.consent_id
"""


def media_of(content: bytes) -> str:
    """By its first bytes; empty for what is none of the six kinds."""
    if content.startswith(b"%PDF-"):
        return "application/pdf"
    if content.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if content.startswith(b"ID3") or content.startswith(MP3_FRAMES):
        return "audio/mpeg"
    if content[4:8] == b"ftyp" and content[8:11] in (b"M4A", b"M4B", b"mp4", b"iso"):
        return "audio/mp4"
    return "audio/wav" if content.startswith(b"RIFF") and content[8:12] == b"WAVE" else ""


def attach(db: Database, biller: int, method: int, attachment: Attachment, by: By) -> int:
    """Keep the file and record the consent it proves, for a method the payer saved. Returns the consent.

    The same file for the same method twice is one consent. Raises Refusal named after what is wrong.
    """
    media = media_of(attachment.content)
    if not media or not 0 < len(attachment.content) <= LARGEST:
        raise Refusal("file", WRONG_KIND)
    if not attachment.signed_by:
        raise Refusal("signed_by", "Please say who signed or spoke.")
    sha256 = hashlib.sha256(attachment.content).hexdigest()
    with db.transaction(biller) as tx:
        payer = tx.value("select payer_id from method where id = %(id)s and state = 'usable' for update", id=method)
        if payer is None:
            raise Refusal("method_gone", "This card or bank account is not saved any more.")
        if known := _known(tx, method, sha256):
            return known
        name = _clean(attachment.name, media)
        signature = Signature(
            attachment.signed_by,
            "recording" if media.startswith("audio/") else "paper",
            f"{name}, SHA-256 {sha256}",
            range_minor=attachment.range_minor,
        )
        consent = record_consent(tx, biller, method, signature, by)
        tx.run(
            """insert into paper (biller_id, payer_id, consent_id, name, media, sha256, content, at, by)
               values (%(biller)s, %(payer)s, %(consent)s, %(name)s, %(media)s, %(sha256)s, %(content)s, %(now)s, %(actor)s)""",
            biller=biller,
            payer=payer,
            consent=consent,
            name=name,
            media=media,
            sha256=sha256,
            content=attachment.content,
            now=by.at,
            actor=by.actor,
        )
        note(tx, biller, by, f"{signature.channel} attached", ("payer", payer), method=method, sha256=sha256)
    return consent


def papers_of(tx: Tx, payer: int) -> list[Kept]:
    """Newest first."""
    return tx.all(Kept, KEPT + " where p.payer_id = %(payer)s order by p.id desc", payer=payer)


def open_paper(db: Database, biller: int, uid: UUID, by: By) -> tuple[Kept, bytes] | None:
    """The file itself, for staff; that somebody looked is written down."""
    with db.transaction(biller) as tx:
        kept = tx.one(Kept, KEPT + " where p.uid = %(uid)s", uid=uid)
        if kept is None:
            return None
        content: bytes = tx.value("select content from paper where id = %(id)s", id=kept.id)
        note(tx, biller, by, "paper opened", ("payer", kept.payer), sha256=kept.sha256)
    return kept, bytes(content)


def _known(tx: Tx, method: int, sha256: str) -> int | None:
    """A consent of this very file that holds still: the form was sent twice."""
    known: int | None = tx.value(
        """select c.id from paper p join consent c on c.id = p.consent_id
           where c.method_id = %(method)s and p.sha256 = %(sha256)s
             and not exists (select from consent_end e where e.consent_id = c.id)""",
        method=method,
        sha256=sha256,
    )
    return known


def _clean(name: str, media: str) -> str:
    """A name that can stand anywhere: plain letters, and the ending its content has."""
    stem = re.sub(r"[^A-Za-z0-9 ._-]+", "_", name.rpartition("/")[2].rpartition("\\")[2]).rpartition(".")[0].strip(" ._-")
    return f"{stem[:80] or 'paper'}.{ENDINGS[media]}"
