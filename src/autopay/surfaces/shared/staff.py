"""Pages for the staff of one kind of biller: an agency's have an office, a vendor's a console. Each does not learn of the other's."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, wraps
from typing import Any

from django.db import connection
from django.http import Http404, HttpRequest, HttpResponseBase

from autopay.surfaces.shared.visitor import STAFF, P, View, Visitor, for_roles
from autopay.tenancy import tenant_transaction


@cache
def _kind_of(_database: str, biller: int) -> str:
    """What never changes is asked once."""
    with tenant_transaction(biller) as tx:
        kind: str = tx.value("select kind from biller")
    return kind


def for_staff_of(kind: str) -> Callable[[View[P]], Callable[..., HttpResponseBase]]:
    """A view for staff of a biller of this kind; what each role may do in it, the permission table decides."""

    def decorate(view: View[P]) -> Callable[..., HttpResponseBase]:
        @wraps(view)
        def entered(request: HttpRequest, visitor: Visitor, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if _kind_of(str(connection.settings_dict["NAME"]), visitor.biller) != kind:
                raise Http404
            return view(request, visitor, *args, **kwargs)

        page = for_roles(*STAFF)(entered)
        page.in_english = True  # type: ignore[attr-defined]  # for shared/language.py
        return page

    return decorate
