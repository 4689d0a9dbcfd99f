"""Products and Data Sheets in the new Service Center (A50)."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from autopay.surfaces.service_center.views import for_practices, page_of
from autopay.surfaces.shared.product_pages import change_page, products_page
from autopay.surfaces.shared.visitor import Visitor


@for_practices
def products(request: HttpRequest, visitor: Visitor) -> HttpResponse:
    """What the account uses, at which price, from which document; each can be dropped, others added."""
    return render(request, "service_center/products.html", _read(visitor))


@for_practices
def data_sheets(request: HttpRequest, visitor: Visitor) -> HttpResponse:
    """The price list that the terms name, with its documents."""
    return render(request, "service_center/data_sheets.html", _read(visitor))


@for_practices
def change_product(request: HttpRequest, visitor: Visitor, uid: UUID) -> HttpResponse:
    with visitor.reading() as tx:
        page = page_of(tx, visitor)
    return change_page(request, visitor, uid, page | {"template": "service_center/change_product.html"})


def _read(visitor: Visitor) -> dict[str, object]:
    with visitor.reading() as tx:
        return page_of(tx, visitor) | products_page(tx, visitor)
