"""An evidence file from its bytes: the JSON itself, or the PDF that carries it as its one attachment."""

from __future__ import annotations

import hashlib
import json
import re
import zlib
from typing import Any, NoReturn

SEAL = b"%autopay-evidence sha256 "
"""The last line of a PDF: a comment to its readers, and the hash of every byte before it."""
ATTACHED = re.compile(rb"\d+ 0 obj\s*<<([^\r\n]*?/Type\s*/EmbeddedFile\b.*?)>>\s*stream\r?\n", re.DOTALL)
LENGTH = re.compile(rb"/Length (\d+)")


class Broken(ValueError):
    """The file cannot be read as evidence; the message says why."""


def opened(content: bytes) -> Any:
    """The document in it. Raises Broken."""
    text = _attached(content) if content.startswith(b"%PDF-") else content
    try:
        return json.loads(text, object_pairs_hook=_once, parse_float=_no_number, parse_constant=_no_number)
    except (UnicodeDecodeError, json.JSONDecodeError, RecursionError):
        raise Broken("this is not an evidence file: neither its JSON nor its PDF") from None


def sealed_pdf(content: bytes) -> bytes:
    """A PDF with its last line, so that a change anywhere in it shows."""
    return content + b"\n" + SEAL + hashlib.sha256(content + b"\n").hexdigest().encode() + b"\n"


def _attached(content: bytes) -> bytes:
    before, seal, said = content.rpartition(SEAL)
    if not seal:
        raise Broken("the PDF has lost its last line, or is not an evidence file")
    if said != hashlib.sha256(before).hexdigest().encode() + b"\n":
        raise Broken("the PDF was changed after it was made")
    found = list(ATTACHED.finditer(content))
    if len(found) != 1:
        raise Broken(f"the PDF carries {len(found)} attachments instead of one")
    length = LENGTH.search(found[0][1])
    stream = content[found[0].end() : found[0].end() + int(length[1])] if length else b""
    try:
        return zlib.decompress(stream) if b"/FlateDecode" in found[0][1] else stream
    except zlib.error:
        raise Broken("the attachment of the PDF cannot be read") from None


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """A name said twice would let two readers see two files."""
    if len({name for name, _ in pairs}) != len(pairs):
        raise Broken("a name is said twice in one object of the JSON")
    return dict(pairs)


def _no_number(text: str) -> NoReturn:
    raise Broken(f"{text} is not a whole number: amounts are in minor units")
