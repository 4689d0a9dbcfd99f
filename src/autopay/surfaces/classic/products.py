"""Products and Data Sheets in the classic screens, under Manage Office (A50)."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from autopay.surfaces.classic.views import for_practices, page_of
from autopay.surfaces.shared.product_pages import change_page, products_page
from autopay.surfaces.shared.visitor import Visitor


@for_practices
def products(request: HttpRequest, visitor: Visitor, slug: str) -> HttpResponse:
    """What the account uses, at which price, from which document; each can be dropped, others added."""
    return render(request, "classic/products.html", _read(visitor, slug))


@for_practices
def data_sheets(request: HttpRequest, visitor: Visitor, slug: str) -> HttpResponse:
    """The price list that the terms name, with its documents."""
    return render(request, "classic/data_sheets.html", _read(visitor, slug))


@for_practices
def change_product(request: HttpRequest, visitor: Visitor, slug: str, uid: UUID) -> HttpResponse:
    with visitor.reading() as tx:
        page = page_of(tx, visitor, slug)[1]
    return change_page(request, visitor, uid, page | {"template": "classic/change_product.html"})


def _read(visitor: Visitor, slug: str) -> dict[str, object]:
    with visitor.reading() as tx:
        return page_of(tx, visitor, slug)[1] | products_page(tx, visitor)
