"""`<c-tr>`, `<c-th>` and `<c-td>` become plain HTML when a template is loaded. As components they were most of the work of a long list:
each is rendered for itself, in a context of its own. The roles keep a table a table where it is shown as small cards (cotton/rows.html).
"""

from __future__ import annotations

import re
from typing import Any

from django.template import TemplateSyntaxError
from django_cotton.compiler_regex import CottonCompiler
from django_cotton.cotton_loader import Loader as CottonLoader

PLAIN = {"tr": 'tr role="row"', "th": 'th role="columnheader" scope="col"', "td": 'td role="cell"'}
OPENED = re.compile(r"<c-(tr|th|td)\b([^>]*)>")
CLOSED = re.compile(r"</c-(tr|th|td)>")
KIND = re.compile(r' kind="([^"]*)"')


def plain(html: str) -> str:
    """Raises TemplateSyntaxError where one is given anything but a kind."""
    return CLOSED.sub(r"</\1>", OPENED.sub(_opened, html))


def _opened(tag: re.Match[str]) -> str:
    name, given = tag.groups()
    if not given:
        return f"<{PLAIN[name]}>"
    kind = KIND.fullmatch(given)
    if kind is None:
        raise TemplateSyntaxError(f"<c-{name}> takes a kind and nothing else: {tag.group()}")
    return f'<{PLAIN[name]} class="{kind[1]}">'


class _Compiler(CottonCompiler):  # type: ignore[misc]  # untyped
    def process(self, html: str) -> str:
        compiled: str = super().process(plain(html))
        return compiled


class Loader(CottonLoader):  # type: ignore[misc]  # untyped
    """Components as everywhere, cells and rows without."""

    def __init__(self, engine: Any, dirs: Any = None) -> None:
        super().__init__(engine, dirs)
        self.cotton_compiler = _Compiler()
