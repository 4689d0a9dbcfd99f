"""Papers to keep: a receipt, a cancellation, the proof of an account's autopay as PDF (A54, A33, A57). Set by typst from paper.typ.

All that is said comes as data: no text of a person can become markup. Every paper is PDF/UA-1: tagged, with its language and title.
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import typst

TEMPLATE = Path(__file__).with_name("paper.typ")
SCRIPTS = ("LATIN ", "GREEK ", "CYRILLIC ")
"""What typst's own fonts print throughout; system fonts would make the same paper differ from machine to machine."""
UNPRINTABLE = "\N{WHITE SQUARE}"
SPACES = str.maketrans(dict.fromkeys("\u2009\u202f", "\u00a0"))
"""Narrow spaces, as some languages write times with, are not in the fonts."""


@dataclass(frozen=True, slots=True)
class Sum:
    """The one figure the paper is about."""

    label: str
    amount: str


@dataclass(frozen=True, slots=True)
class Facts:
    """Label and value, line by line; with `code` the values are hashes and the like."""

    rows: Sequence[tuple[str, str]]
    code: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """`numbers`: columns set to the right; `widths`: shares of the line, 0 for as wide as needed; `total`: the last row is one."""

    heads: Sequence[str]
    rows: Sequence[Sequence[str]]
    widths: Sequence[int]
    numbers: Sequence[int] = ()
    total: bool = False
    small: bool = False


@dataclass(frozen=True, slots=True)
class Heading:
    text: str
    level: int = 2


@dataclass(frozen=True, slots=True)
class Text:
    text: str
    soft: bool = False


@dataclass(frozen=True, slots=True)
class Quote:
    """Word for word, as it was agreed to."""

    text: str


Block = Sum | Facts | Table | Heading | Text | Quote


@dataclass(frozen=True, slots=True)
class Paper:
    """`sender`: whose paper it is. `badge`: (tone, word), tones as on the screens. `foot` stands on every page."""

    sender: str
    title: str
    language: str
    made: datetime
    blocks: Sequence[Block]
    badge: tuple[str, str] = ("", "")
    foot: str = ""


@dataclass(frozen=True, slots=True)
class Attachment:
    """A JSON file that the PDF carries, byte for byte."""

    name: str
    text: str
    about: str


def pdf(paper: Paper, attachment: Attachment | None = None) -> bytes:
    """The same paper twice is the same bytes."""
    blocks = [{"kind": type(each).__name__.lower(), **asdict(each)} for each in paper.blocks]
    made = [paper.made.year, paper.made.month, paper.made.day]
    said = {**asdict(paper), "blocks": blocks, "made": made, "attached": attachment and [attachment.name, attachment.about]}
    inputs = {"paper": json.dumps(printable(said))} | ({"attachment": attachment.text} if attachment else {})
    made_of = typst.compile(
        str(TEMPLATE),
        sys_inputs=inputs,
        format="pdf",
        pdf_standards=["ua-1"],
        ignore_system_fonts=True,
        timestamp=int(paper.made.timestamp()),
    )
    if not isinstance(made_of, bytes):
        raise TypeError("typst made no single PDF")
    return made_of


def printable(value: Any) -> Any:
    """Characters the fonts do not have become a square: a paper of PDF/UA may not contain a sign that shows as nothing."""
    if isinstance(value, str):
        return "".join(each if _prints(each) else UNPRINTABLE for each in unicodedata.normalize("NFC", value).translate(SPACES))
    if isinstance(value, dict):
        return {name: printable(each) for name, each in value.items()}
    return [printable(each) for each in value] if isinstance(value, list | tuple) else value


def _prints(each: str) -> bool:
    if (
        each == "\n"
        or " " <= each <= "~"
        or each in "\u00a0\u2010\u2011\u2013\u2014\u2018\u2019\u201c\u201d\u2026\u2022€·¿¡«»°©®™ªº§½¼¾±×"
    ):
        return True
    return (
        (each < "\u0500" or "\u1e00" <= each < "\u1f00")
        and unicodedata.category(each)[0] == "L"
        and unicodedata.name(each, "").startswith(SCRIPTS)
    )
