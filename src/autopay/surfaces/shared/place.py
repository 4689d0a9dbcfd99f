"""Where an account looks at a page: one of its products, with its frame and its addresses. One set of views, four skins (A6)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from django.http import Http404, HttpResponseBase
from django.views.decorators.cache import never_cache

from autopay.database import Tx
from autopay.parties.models import Role
from autopay.parties.permissions import Act
from autopay.surfaces.shared.account import Account, account
from autopay.surfaces.shared.cancelling import cancelled
from autopay.surfaces.shared.products import NEW, address, products
from autopay.surfaces.shared.visitor import P, View, Visitor, for_roles


def for_accounts(view: View[P]) -> Callable[..., HttpResponseBase]:
    """For the owner of an account. The browser keeps no copy: after the back button a page is asked for again, and nobody who comes
    to the same computer later sees what was owed."""
    return never_cache(for_roles(Role.ACCOUNT_OWNER)(view))


@dataclass(frozen=True, slots=True)
class Place:
    """`page` is what every template of the product needs, `frame` in it the template around it."""

    slug: str
    account: Account
    page: dict[str, object]

    def url(self, name: str, *args: object) -> str:
        """The address of a page of the same account in this product."""
        return address(self.slug, name, *args)


def place_of(tx: Tx, visitor: Visitor, slug: str) -> Place:
    """A product the account does not have is not found (A6)."""
    visitor.must_be_allowed(Act.SEE_OWN)
    found = products(tx, visitor.payer or 0)
    current = next((each for each in found if each.slug == slug), None)
    if current is None:
        raise Http404
    mine = account(tx, visitor)
    page = {
        "visitor": visitor,
        "account": mine,
        "biller": mine.biller,
        "products": found,
        "product": current,
        "account_uid": mine.practice.uid,
        "cancelled": cancelled(tx, visitor.biller, mine.practice.id),
        "prices_url": address(slug, "data_sheets"),
        "products_url": address(slug, "products"),
        "frame": "service_center/base.html" if slug == NEW else "classic/base.html",
        "classic": slug != NEW,
    }
    return Place(slug, mine, page)
