"""Who is asking, for which biller, in which role. Every view starts here; the permission table decides the rest."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from functools import wraps
from typing import Any, Concatenate, ParamSpec

from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponseBase

from autopay.database import Tx
from autopay.journal.write import By
from autopay.parties.models import Membership, Role, User
from autopay.parties.permissions import Act, may
from autopay.running import clock
from autopay.surfaces.shared.client_address import network_of_client
from autopay.tenancy import tenant_transaction

STAFF = (Role.OWNER, Role.BILLING_MANAGER, Role.FRONT_DESK, Role.AUDITOR)
P = ParamSpec("P")


@dataclass(frozen=True, slots=True)
class Visitor:
    """One membership of the person logged in: it names the tenant. `payer` and `contact` are ids, set as the role needs them."""

    user: int
    name: str
    role: Role
    biller: int
    payer: int | None
    contact: int | None
    now: datetime
    """The business instant at which this page is made."""
    network: str = "unknown"

    @property
    def actor(self) -> str:
        """As the journal names them."""
        return f"user:{self.user}"

    @property
    def by(self) -> By:
        return By(self.actor, self.now, self.network)

    def may(self, act: Act) -> bool:
        return may(self.role, act)

    def must_be_allowed(self, act: Act) -> None:
        if not self.may(act):
            raise PermissionDenied(act)

    def reading(self) -> AbstractContextManager[Tx]:
        return tenant_transaction(self.biller)


View = Callable[Concatenate[HttpRequest, Visitor, P], HttpResponseBase]


def for_roles(*roles: Role) -> Callable[[View[P]], Callable[..., HttpResponseBase]]:
    """A view for people with one of these roles; anybody else does not learn that the page exists."""

    def decorate(view: View[P]) -> Callable[..., HttpResponseBase]:
        @wraps(view)
        def entered(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            return view(request, visitor(request, roles), *args, **kwargs)

        return login_required(entered)

    return decorate


def visitor(request: HttpRequest, roles: tuple[Role, ...]) -> Visitor:
    """The membership chosen in this session if it fits, else the first that does; Http404 if there is none."""
    mine = [each for each in memberships(request) if each.role in roles]
    if not mine:
        raise Http404
    chosen = request.session.get("membership")
    return _visitor(request, next((each for each in mine if each.pk == chosen), mine[0]))


def memberships(request: HttpRequest) -> list[Membership]:
    """Of the person logged in."""
    return memberships_of(request.user)


def memberships_of(user: User | AnonymousUser) -> list[Membership]:
    """Read once for each object, which is once for a request."""
    if isinstance(user, AnonymousUser):
        return []
    known: list[Membership] | None = vars(user).get("_memberships_known")
    if known is None:
        known = list(Membership.objects.filter(user_id=user.pk).order_by("id"))
        vars(user)["_memberships_known"] = known
    return known


def _visitor(request: HttpRequest, membership: Membership) -> Visitor:
    user = request.user
    name = user.get_full_name() or user.email  # type: ignore[union-attr]  # memberships belong to a logged-in user
    role = Role(membership.role)
    return Visitor(
        membership.user_id,
        name,
        role,
        membership.biller_id,
        membership.payer_id,
        membership.contact_id,
        clock().now(),
        network_of_client(request),
    )
