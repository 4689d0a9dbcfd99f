"""Pages for the staff of one kind of biller: an agency's have an office, a vendor's a console. Each does not learn of the other's."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import Http404, HttpRequest, HttpResponseBase

from autopay.surfaces.shared.visitor import STAFF, P, View, Visitor, for_roles


def for_staff_of(kind: str) -> Callable[[View[P]], Callable[..., HttpResponseBase]]:
    """A view for staff of a biller of this kind; what each role may do in it, the permission table decides."""

    def decorate(view: View[P]) -> Callable[..., HttpResponseBase]:
        @wraps(view)
        def entered(request: HttpRequest, visitor: Visitor, *args: Any, **kwargs: Any) -> HttpResponseBase:
            with visitor.reading() as tx:
                if tx.value("select kind from biller") != kind:
                    raise Http404
            return view(request, visitor, *args, **kwargs)

        page = for_roles(*STAFF)(entered)
        page.in_english = True  # type: ignore[attr-defined]  # for shared/language.py
        return page

    return decorate
