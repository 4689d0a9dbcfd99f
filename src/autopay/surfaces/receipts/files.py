"""What can be kept: receipts, cancellations and the proof of an account's autopay, as files (A54, A33, A57).

One address each, whoever asks: the payer, who pays for them, the biller's staff. Others do not learn that it exists.
"""

from __future__ import annotations

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

from autopay.evidence.as_json import document, written
from autopay.evidence.as_pdf import paper_of
from autopay.evidence.gather import gather
from autopay.paper import pdf
from autopay.running import clock
from autopay.surfaces.receipts import cancellation as cancelled
from autopay.surfaces.receipts import paper
from autopay.surfaces.receipts.receipt import receipt
from autopay.surfaces.shared.download import download
from autopay.surfaces.shared.seen import seen
from autopay.tenancy import WebDatabase, tenant_transaction

CHARGED = "select payer_id from charge where uid = %(uid)s"
ACCOUNT = "select id from payer where uid = %(uid)s and kind = 'account'"


@require_safe
@login_required
def receipt_pdf(request: HttpRequest, uid: UUID) -> HttpResponse:
    whose, now = seen(request, lambda tx: tx.value(CHARGED, uid=uid)), clock().now()
    with tenant_transaction(whose.biller) as tx:
        told = receipt(tx, uid, [whose.payer], now)
    return download(pdf(paper.paper(told, get_language() or "en", now)), f"receipt-{told.number}.pdf")


@require_safe
@login_required
def cancellation_pdf(request: HttpRequest, reference: int) -> HttpResponse:
    whose = seen(request, lambda tx: tx.value(cancelled.PAYER, reference=reference))
    with tenant_transaction(whose.biller) as tx:
        told = cancelled.cancellation(tx, reference, whose.payer)
    return download(pdf(cancelled.paper(told, get_language() or "en", told.at)), f"cancellation-{told.reference}.pdf")


@require_safe
@login_required
def proof(request: HttpRequest, uid: UUID, ending: str) -> HttpResponse:
    """`ending`: json or pdf."""
    whose = seen(request, lambda tx: tx.value(ACCOUNT, uid=uid))
    made = document(gather(WebDatabase(), whose.biller, whose.payer), clock().now())
    content = paper_of(made) if ending == "pdf" else written(made).encode()
    return download(content, f"autopay-proof-{uid}.{ending}")
