"""Where a link in a mail leads: after the log-in, to the page of that payment or bill in the house of whoever opens it (A54, V40)."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect

from autopay.parties.models import Membership
from autopay.surfaces.receipts.cancellation import PAYER
from autopay.surfaces.shared.products import products
from autopay.surfaces.shared.seen import seen
from autopay.surfaces.shared.visitor import memberships
from autopay.tenancy import tenant_transaction

THEIRS = """
    select p.kind = 'account' as account, i.uid as invoice
    from invoice i
    join payer p on p.id = i.payer_id
    where {which} and (p.id = %(payer)s or exists (
        select from contact_patient cp where cp.contact_id = %(contact)s and cp.payer_id = p.id))
    order by i.number limit 1
"""
OF_PAYMENT = THEIRS.format(
    which="i.id in (select part.invoice_id from charge_part part join charge c on c.id = part.charge_id where c.uid = %(uid)s)"
)
OF_BILL = THEIRS.format(which="i.uid = %(uid)s")


@dataclass(frozen=True, slots=True)
class _Theirs:
    account: bool
    invoice: UUID


@dataclass(frozen=True, slots=True)
class _Place:
    """`product` is the first an account has; a patient has the portal."""

    product: str | None
    invoice: UUID


@login_required
def receipt(request: HttpRequest, uid: UUID) -> HttpResponse:
    place = _enter(request, uid)
    if place.product is None:
        return redirect("receipts:portal", uid)
    if place.product == "service-center":
        return redirect("receipts:service_center", uid)
    return redirect("receipts:classic", place.product, uid)


@login_required
def pay(request: HttpRequest, uid: UUID) -> HttpResponse:
    place = _enter(request, uid)
    if place.product is None:
        return redirect("patient_portal:pay", place.invoice)
    if place.product == "service-center":
        return redirect("service_center:pay")
    return redirect("classic:pay", place.product)


@login_required
def bill(request: HttpRequest, uid: UUID) -> HttpResponse:
    place = _enter(request, uid, OF_BILL)
    if place.product is None:
        return redirect("patient_portal:invoice", uid)
    if place.product == "service-center":
        return redirect("service_center:bill", uid)
    return redirect("classic:bill", place.product, uid)


@login_required
def cancellation(request: HttpRequest, reference: int) -> HttpResponse:
    whose = seen(request, lambda tx: tx.value(PAYER, reference=reference))
    with tenant_transaction(whose.biller) as tx:
        product = products(tx, whose.payer)[0].slug
    if product == "service-center":
        return redirect("receipts:service_center_cancellation", reference)
    return redirect("receipts:classic_cancellation", product, reference)


def _enter(request: HttpRequest, uid: UUID, which: str = OF_PAYMENT) -> _Place:
    """Through the first of their memberships that may see this; it is the chosen one from then on."""
    for membership in memberships(request):
        place = _place(membership, uid, which)
        if place:
            request.session["membership"] = membership.pk
            return place
    raise Http404


def _place(membership: Membership, uid: UUID, which: str) -> _Place | None:
    with tenant_transaction(membership.biller_id) as tx:
        found = tx.one(_Theirs, which, uid=uid, payer=membership.payer_id, contact=membership.contact_id)
        if found is None:
            return None
        return _Place(products(tx, membership.payer_id or 0)[0].slug if found.account else None, found.invoice)
