"""Whose paper it is: found through the first of a person's memberships that may see that payer. Everybody else finds nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from django.http import Http404, HttpRequest

from autopay.database import Tx
from autopay.parties.models import Membership
from autopay.parties.permissions import Act, may
from autopay.surfaces.shared.visitor import memberships
from autopay.tenancy import tenant_transaction

CONTACT = "select exists (select from contact_patient where contact_id = %(contact)s and payer_id = %(payer)s)"


@dataclass(frozen=True, slots=True)
class Seen:
    biller: int
    payer: int


def seen(request: HttpRequest, payer_of: Callable[[Tx], int | None]) -> Seen:
    """`payer_of` is asked in each membership's tenant. Http404 if none of them has such a payer, or may see it."""
    for membership in memberships(request):
        with tenant_transaction(membership.biller_id) as tx:
            payer = payer_of(tx)
            if payer is not None and _sees(tx, membership, payer):
                return Seen(membership.biller_id, payer)
    raise Http404


def _sees(tx: Tx, membership: Membership, payer: int) -> bool:
    """The biller's staff by the permission table; a payer their own; a billing contact those they pay for."""
    if may(membership.role, Act.SEE_PAYERS):
        return True
    if not may(membership.role, Act.SEE_OWN):
        return False
    return membership.payer_id == payer or bool(tx.value(CONTACT, contact=membership.contact_id, payer=payer))
