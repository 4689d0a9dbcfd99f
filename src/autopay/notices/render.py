"""A letter as text and as HTML: the same sentences in both."""

from __future__ import annotations

from django.template.loader import render_to_string
from django.utils.translation import get_language

from autopay.notices.facts import House
from autopay.notices.letter import Letter


def rendered(letter: Letter, house: House, site: str) -> tuple[str, str]:
    """(text, HTML). `site` is where this installation's pages are."""
    context = {"letter": letter, "house": house, "address": site + letter.link[1], "language": get_language()}
    return render_to_string("notices/mail.txt", context), render_to_string("notices/mail.html", context)
