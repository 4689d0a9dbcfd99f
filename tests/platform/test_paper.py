"""Papers: what a person wrote stays text, every sign is printed or shown as missing, and the same paper is the same bytes."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from autopay.paper import UNPRINTABLE, Attachment, Facts, Heading, Paper, Quote, Sum, Table, Text, pdf, printable

AT = datetime(2026, 5, 21, 16, 12, tzinfo=UTC)
EVIL = (
    '#panic("run")',
    '$ x $ #read("/etc/passwd")',
    "*b* _i_ `r` = h @ref <label> \\ // /* [c] #{ 1 / 0 }",
    '"); #panic("',
    "\x00\x07\u202e",
)


def paper(text: str) -> Paper:
    """With `text` in every place a text can have."""
    blocks = (
        Sum(text, text),
        Facts([(text, text)]),
        Facts([(text, text)], code=True),
        Table([text, text], [[text, text], [text, text]], (1, 0), (1,), total=True, small=True),
        Heading(text),
        Heading(text, 3),
        Text(text, soft=True),
        Quote(text),
    )
    return Paper(text, text, "en", AT, blocks, ("ok", text), text)


@pytest.mark.parametrize("text", EVIL)
def test_what_a_person_wrote_never_becomes_markup(text: str) -> None:
    assert pdf(paper(text), Attachment("evidence.json", text, text)).startswith(b"%PDF-1.7")


def test_every_sign_that_counts_as_printable_is_in_the_fonts() -> None:
    """PDF/UA refuses a sign that shows as nothing, so making the paper is the proof."""
    everything = "".join(sign for sign in map(chr, range(0x3000)) if printable(sign) == sign and sign != "\n")
    assert len(everything) > 1000
    assert pdf(paper(everything)).startswith(b"%PDF-1.7")


@pytest.mark.parametrize(
    "name", ["Zoë Núñez-Łoś", "Nguyễn Thị Hạnh", "Ελένη", "Ольга Щербак", "Ægir Þórðarson", "9:12 a.\u00a0m."]
)
def test_accents_and_alphabets_are_printed(name: str) -> None:
    assert printable(name) == name
    assert pdf(paper(name))


def test_what_the_fonts_do_not_have_is_shown_as_missing_and_stops_nothing() -> None:
    assert printable("张伟 😀 ok") == f"{UNPRINTABLE * 2} {UNPRINTABLE} ok"
    assert printable("9:12\u202fa") == "9:12\u00a0a"
    assert printable("e\u0301") == "é"
    assert pdf(paper("张伟 😀\u0627"))


def test_the_same_paper_twice_is_the_same_bytes_tagged_and_titled() -> None:
    made = pdf(paper("Receipt"))
    assert made == pdf(paper("Receipt"))
    for mark in (b"/StructTreeRoot", b"/Marked true", b"/Lang(en)", b"pdfuaid"):
        assert mark in made
    assert pdf(Paper("a", "b", "es", AT, ())).count(b"/Lang(es)") == 1
