"""What a patient, or who pays for them, asked the office for (V13, V26). Marking it done changes nothing else: the change is made under
Billing."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from autopay.parties.answer import answer
from autopay.parties.ask import requests_of
from autopay.parties.permissions import Act
from autopay.refusal import Refusal
from autopay.sentences import refused
from autopay.surfaces.office.entrance import for_staff
from autopay.surfaces.office.frame import frame
from autopay.surfaces.shared.visitor import Visitor
from autopay.tenancy import WebDatabase


def asked_in_words(kind: str) -> str:
    said = {"on": _("asks to turn Auto-Pay on"), "off": _("asks to turn Auto-Pay off"), "card": _("asks to use another card")}
    return said.get(kind, kind)


@for_staff
def requests(request: HttpRequest, visitor: Visitor, uid: UUID) -> HttpResponse:
    visitor.must_be_allowed(Act.SEE_PAYERS)
    with visitor.reading() as tx:
        found = frame(tx, visitor, uid)
        asked = requests_of(tx, [found.patient.id])
    rows = [(each, asked_in_words(each.kind)) for each in asked]
    return render(request, "office/requests.html", found.page | {"rows": rows})


@require_POST
@for_staff
def done(request: HttpRequest, visitor: Visitor, uid: UUID) -> HttpResponse:
    """Pressed twice, the second is told that it is done."""
    visitor.must_be_allowed(Act.METHODS)
    sql = "select r.id, p.uid from request r join payer p on p.id = r.payer_id where r.uid = %(uid)s"
    with visitor.reading() as tx:
        known = tx.record(sql, uid=uid)
    if known is None:
        raise Http404
    try:
        answer(WebDatabase(), visitor.biller, known["id"], visitor.user, visitor.by)
        messages.success(request, _("The request is marked as done."))
    except Refusal as refusal:
        messages.warning(request, refused(refusal))
    if request.POST.get("from") == "worklist":
        return redirect("/office/worklist/?kind=requests")
    return redirect("office:requests", known["uid"])
