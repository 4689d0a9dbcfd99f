"""Where the link of a mail leads when a bill is above the account's limit: say yes, without a log-in, to exactly that amount (A55).

The link is signed here and can do nothing else. It shows payee, amount, date and last four, as the mail did (rule H4).
"""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from autopay.charging.approve import Asked, approve, read_ticket
from autopay.journal.write import By
from autopay.refusal import Refusal
from autopay.running import clock
from autopay.sentences import refused
from autopay.surfaces.shared.biller import Biller, biller
from autopay.surfaces.shared.coming import Coming, coming
from autopay.surfaces.shared.language import read_in
from autopay.surfaces.shared.standing import standings
from autopay.tenancy import WebDatabase, tenant_transaction

ACTOR = "link in a mail"


@dataclass(frozen=True, slots=True)
class Page:
    biller: Biller
    payer: int
    language: str
    held: Coming | None
    """None once there is nothing to say yes to."""


def approval(request: HttpRequest, ticket: str) -> HttpResponse:
    asked = read_ticket(ticket)
    page = _read(asked) if asked else None
    if asked is None or page is None:
        return render(request, "approvals/too_late.html", status=404)
    read_in(request, page.language)
    if request.method == "POST":
        _say_yes(request, asked, page)
        return redirect("approval", ticket)
    return render(request, "approvals/approval.html", {"biller": page.biller, "held": page.held, "asked": asked})


def _read(asked: Asked) -> Page | None:
    now = clock().now()
    with tenant_transaction(asked.biller) as tx:
        row = tx.record("select id, language from payer where uid = %(uid)s", uid=asked.payer)
        if row is None:
            return None
        payer: int = row["id"]
        house = biller(tx)
        found = coming(tx, standings(tx, [payer])[payer], house.today_at(now), house.currency)
    return Page(house, payer, row["language"], found if found and found.needs_ok else None)


def _say_yes(request: HttpRequest, asked: Asked, page: Page) -> None:
    try:
        approve(WebDatabase(), asked.biller, page.payer, asked.minor, By(ACTOR, clock().now()))
    except Refusal as refusal:
        messages.warning(request, refused(refusal))
    else:
        messages.success(request, _("Thank you. You said yes to this bill."))
