"""Cells and rows are plain HTML before a page is made."""

from __future__ import annotations

import pytest
from django.template import TemplateSyntaxError

from autopay.surfaces.shared.cells import plain


def test_rows_heads_and_cells_become_html_with_their_roles_and_everything_else_stays() -> None:
    assert (
        plain('<c-tr><c-th>Name</c-th><c-td kind="lead">{{ name }}<c-badge tone="ok">On</c-badge></c-td></c-tr>')
        == '<tr role="row"><th role="columnheader" scope="col">Name</th>'
        '<td role="cell" class="lead">{{ name }}<c-badge tone="ok">On</c-badge></td></tr>'
    )
    assert plain('<c-td kind="qty{% if n == 1 and not m %} alone{% endif %}"><thead>') == (
        '<td role="cell" class="qty{% if n == 1 and not m %} alone{% endif %}"><thead>'
    )


def test_a_cell_that_is_given_anything_else_is_refused() -> None:
    with pytest.raises(TemplateSyntaxError, match="takes a kind and nothing else"):
        plain('<c-td class="wide">')
