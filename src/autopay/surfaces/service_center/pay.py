"""Pay the open balance once, from the wallet (A53): enrolled or not, it changes no setting."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from autopay.parties.permissions import Act
from autopay.refusal import Refusal
from autopay.surfaces.service_center.views import for_practices, page_of
from autopay.surfaces.shared.account import Account, account
from autopay.surfaces.shared.paying import Till, confirm, till
from autopay.surfaces.shared.visitor import Visitor


@for_practices
def pay(request: HttpRequest, visitor: Visitor) -> HttpResponse:
    visitor.must_be_allowed(Act.PAY_OWN)
    with visitor.reading() as tx:
        shown, page = account(tx, visitor), page_of(tx, visitor)
        counter = till(tx, shown.practice.id, tuple(each.id for each in shown.payable), shown.to_pay)
    if not counter.invoices:
        messages.info(request, _("There is nothing to pay right now."))
        return redirect("service_center:pay_bill")
    if request.method == "POST":
        return _confirmed(request, visitor, counter, shown)
    return render(request, "service_center/pay.html", page | {"till": counter})


def _confirmed(request: HttpRequest, visitor: Visitor, counter: Till, shown: Account) -> HttpResponse:
    try:
        confirm(request, visitor, counter)
    except Refusal as refusal:
        messages.warning(request, _(refusal.text))
        return redirect("service_center:pay_bill")
    return redirect("service_center:bill", shown.payable[0].uid)
