"""The Spanish of whatever a payer reads is whole: every text is there, says the same things, and is what the program loads."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from babel.messages.catalog import Message

from tests.tidy.catalog import MO, PO, compiled, hidden, kept, payer_facing, placeholders, redrawn, translated
from tests.tidy.drawn import ROOT

ANEW = "draw it anew: REDRAW=1 .venv/bin/pytest tests/tidy/test_spanish.py, then translate what is empty in django.po"
SAME = {"Total", "PDF", "ACH", "CVV", "MSA", "SOW", "SHA-256"}
"""Words that are the same in both languages."""
INFORMAL = re.compile(r"\b(tú|tu|tus|te|ti|contigo|haz|puedes|debes|tienes|escribe|elige|inténtalo)\b", re.IGNORECASE)
GENDERED = re.compile(r"\b(bienvenid[oa]|inscrito|registrado|suscrito|seguro de que|enterado|estimad[oa])\b", re.IGNORECASE)


def messages() -> list[Message]:
    return [each for each in kept() if each.id]


def test_the_spanish_catalog_has_every_text_of_the_code_and_no_other() -> None:
    """REDRAW=1 takes new texts in, keeps translations, and compiles."""
    if os.environ.get("REDRAW"):
        PO.write_bytes(redrawn())
        MO.write_bytes(compiled())
    assert redrawn() == PO.read_bytes(), ANEW


def test_every_text_a_payer_can_read_is_translated() -> None:
    assert [each.id for each in messages() if not translated(each)] == [], ANEW


def test_what_the_program_loads_is_what_is_written_down() -> None:
    assert compiled() == MO.read_bytes(), ANEW


def test_a_translation_has_the_placeholders_of_its_text() -> None:
    differing = []
    for each in messages():
        texts = each.id if isinstance(each.id, tuple) else (each.id,)
        said = each.string if isinstance(each.string, tuple) else (each.string,)
        differing += [spoken for spoken in said if placeholders(spoken) != placeholders(texts[-1])]
    assert differing == []


def test_no_text_was_left_in_english() -> None:
    left = [each.id for each in messages() if each.id == each.string and each.id not in SAME]
    assert left == []


@pytest.mark.parametrize("wrong", [INFORMAL, GENDERED], ids=["says usted", "says nothing about who reads"])
def test_the_spanish(wrong: re.Pattern[str]) -> None:
    said = [spoken for each in messages() for spoken in (each.string if isinstance(each.string, tuple) else (each.string,))]
    assert [each for each in said if wrong.search(each)] == []


@pytest.mark.parametrize("path", payer_facing(), ids=lambda path: str(path.relative_to(ROOT / "src")))
def test_no_text_hides_from_the_catalog(path: Path) -> None:
    if path.suffix == ".py":
        assert hidden(path) == []
