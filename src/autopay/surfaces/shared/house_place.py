"""Where a biller's staff look at settings: an agency's office or a vendor's console. One set of views, two frames."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any, Concatenate

from django.http import HttpRequest, HttpResponseBase

from autopay.parties.models import Role
from autopay.surfaces.shared.staff import for_staff_of
from autopay.surfaces.shared.visitor import P, Visitor


class Names:
    """`names.people` in a template is the full name of that address in this place."""

    def __init__(self, space: str) -> None:
        self._space = space

    def __getitem__(self, name: str) -> str:
        return f"{self._space}:{name}"


@dataclass(frozen=True, slots=True)
class HousePlace:
    """`kind` of biller, `space` of its addresses, the templates around (`frame`) and above (`tabs`) its settings, who else is invited."""

    kind: str
    space: str
    frame: str
    tabs: str
    outside: tuple[Role, ...]
    house: str = "settings"
    """The name of the page with name and contact data."""

    def name(self, address: str) -> str:
        return f"{self.space}:{address}"

    @property
    def page(self) -> dict[str, object]:
        return {"place": self, "frame": self.frame, "tabs": self.tabs, "names": Names(self.space)}

    def view(self, shared: Callable[Concatenate[HttpRequest, Visitor, HousePlace, P], HttpResponseBase]) -> Callable[..., Any]:
        """The shared view as this place has it: for its kind of staff."""

        @wraps(shared)
        def here(request: HttpRequest, visitor: Visitor, *args: Any, **kwargs: Any) -> HttpResponseBase:
            return shared(request, visitor, self, *args, **kwargs)

        return for_staff_of(self.kind)(here)
