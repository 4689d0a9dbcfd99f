"""Who may enter the console: staff of a vendor. An agency's staff have an office instead."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import Http404, HttpRequest, HttpResponseBase

from autopay.surfaces.shared.visitor import STAFF, P, View, Visitor, for_roles


def for_vendors(view: View[P]) -> Callable[..., HttpResponseBase]:
    """A view for a vendor's staff; the permission table decides what each role may do in it."""

    @wraps(view)
    def entered(request: HttpRequest, visitor: Visitor, *args: Any, **kwargs: Any) -> HttpResponseBase:
        with visitor.reading() as tx:
            if tx.value("select kind from biller") != "vendor":
                raise Http404
        return view(request, visitor, *args, **kwargs)

    return for_roles(*STAFF)(entered)
