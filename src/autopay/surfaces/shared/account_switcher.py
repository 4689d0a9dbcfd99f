"""Somebody who owns several accounts goes from one to another and stays on the same page (screens 2)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.urls import Resolver404, resolve, reverse
from django.views.decorators.http import require_POST

from autopay.parties.models import Membership, Role
from autopay.surfaces.shared.preferences import back_to
from autopay.surfaces.shared.products import NEW, Product, products
from autopay.surfaces.shared.visitor import memberships
from autopay.tenancy import tenant_transaction

HOUSES = ("service_center", "classic", "receipts")
INSTEAD = {"change_product": "products", "bill": "history", "receipts": "history"}
"""Pages about one thing of one account, and the page of the other account that lists such things."""


@dataclass(frozen=True, slots=True)
class Mine:
    membership: int
    name: str
    biller: str
    current: bool


@dataclass(frozen=True, slots=True)
class _Named:
    id: int
    name: str
    biller: str


def accounts_of(request: HttpRequest) -> list[Mine]:
    """Empty for whoever has one account, or none: there is nothing to switch."""
    mine = [each for each in memberships(request) if each.role == Role.ACCOUNT_OWNER]
    if len(mine) < 2:
        return []
    chosen = request.session.get("membership")
    current = next((each for each in mine if each.pk == chosen), mine[0])
    named = {each.id: each for biller in {each.biller_id for each in mine} for each in _named(biller, mine)}
    several = len({each.biller_id for each in mine}) > 1
    accounts = [
        Mine(each.pk, named[each.payer_id].name, named[each.payer_id].biller if several else "", each == current)
        for each in mine
        if each.payer_id in named
    ]
    return sorted(accounts, key=lambda each: (each.name.casefold(), each.membership))


def _named(biller: int, mine: Iterable[Membership]) -> list[_Named]:
    with tenant_transaction(biller) as tx:
        sql = "select p.id, p.name, b.name as biller from payer p join biller b on b.id = p.biller_id where p.id = any(%(ids)s::bigint[])"
        return tx.all(_Named, sql, ids=[each.payer_id for each in mine if each.biller_id == biller])


@require_POST
@login_required
def switch_account(request: HttpRequest) -> HttpResponse:
    """The chosen account from now on, on the page where the person stands. Somebody else's is not found."""
    wanted = request.POST.get("membership", "")
    mine = memberships(request)
    chosen = next((each for each in mine if str(each.pk) == wanted and each.role == Role.ACCOUNT_OWNER), None)
    if chosen is None:
        raise Http404
    request.session["membership"] = chosen.pk
    with tenant_transaction(chosen.biller_id) as tx:
        doors = products(tx, chosen.payer_id or 0)
    return HttpResponseRedirect(same_page(back_to(request), doors)) if doors else redirect("home")


def same_page(address: str, doors: list[Product]) -> str:
    """The page at `address` in a house that the account has; what is about one thing of the other account becomes its list."""
    try:
        place = resolve(address.partition("?")[0])
    except Resolver404:
        return doors[0].url
    house = place.namespaces[0] if place.namespaces else ""
    if house not in HOUSES:
        return doors[0].url
    name = INSTEAD.get(house) or INSTEAD.get(place.url_name or "") or place.url_name or "pay_bill"
    slug = place.kwargs.get("slug", NEW)
    if slug not in {door.slug for door in doors}:
        return doors[0].url
    return reverse(f"service_center:{name}") if slug == NEW else reverse(f"classic:{name}", args=[slug])
