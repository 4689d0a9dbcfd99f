"""A signed message from a biller's processor: stored, then answered. What it means is asked of the processor later (rules M7, Z2)."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from autopay.conf import conf
from autopay.processors.accounts import Processors
from autopay.processors.inbox import receive
from autopay.processors.protocol import BadSignature
from autopay.tenancy import WebDatabase

LARGEST = 256 * 1024


@csrf_exempt
@require_POST
def webhook(request: HttpRequest, biller: int) -> HttpResponse:
    """200 once it is committed, 400 for whatever was not signed by this biller's processor; nothing is written then."""
    if int(request.headers.get("Content-Length") or 0) > LARGEST:
        return HttpResponse(status=413)
    db = WebDatabase()
    try:
        receive(db, biller, Processors(db, conf().secret)[biller], request.body, request.headers)
    except (BadSignature, LookupError):
        return HttpResponse("Not a signed message of this processor account.", status=400, content_type="text/plain")
    return HttpResponse("ok", content_type="text/plain")
