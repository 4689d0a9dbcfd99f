"""Say yes to bills above the account's limit, on every account screen (A55)."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest
from django.utils.translation import gettext as _

from autopay.charging.approve import approve
from autopay.refusal import Refusal
from autopay.sentences import refused
from autopay.surfaces.shared.visitor import Visitor
from autopay.tenancy import WebDatabase


def say_yes(request: HttpRequest, visitor: Visitor) -> None:
    """`minor` is the amount the page showed."""
    seen = request.POST.get("minor", "")
    try:
        approve(WebDatabase(), visitor.biller, visitor.payer or 0, int(seen) if seen.isdecimal() else 0, visitor.by)
    except Refusal as refusal:
        messages.warning(request, refused(refusal))
    else:
        messages.success(request, _("You said yes to this bill. It is charged when it is due."))
