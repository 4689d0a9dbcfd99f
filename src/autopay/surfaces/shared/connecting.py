"""The connection to the payment company: what it is, new keys, disconnect and connect, with a look at what that stops (A64, rule Z1)."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from autopay.charging.charge import IN_FLIGHT
from autopay.conf import conf
from autopay.database import Tx
from autopay.money import Money
from autopay.parties.permissions import Act
from autopay.processors.accounts import Keys
from autopay.processors.connection import Connection, connection, replace_keys, set_connected
from autopay.refusal import Refusal
from autopay.sentences import refused
from autopay.surfaces.shared.biller import Biller, biller
from autopay.surfaces.shared.fields import Form, text
from autopay.surfaces.shared.fields import secret as hidden
from autopay.surfaces.shared.house_place import HousePlace
from autopay.surfaces.shared.page_seen import seen
from autopay.surfaces.shared.visitor import Visitor
from autopay.tenancy import WebDatabase

WAITING = f"""
    select count(*) filter (where c.state = 'due') as due, count(*) filter (where c.state in ('{"', '".join(sorted(IN_FLIGHT))}')) as moving,
           (select count(*) from refund where state = 'due') as refunds,
           (select count(*) from agreement a join payer p on p.id = a.payer_id join company_switch company on company.biller_id = p.biller_id
            where a.switch = 'on' or (p.kind = 'patient' and a.switch = 'follow' and company."on")) as enrolled,
           coalesce((select sum(i.total - i.captured + i.returned - i.elsewhere) from charge d join charge_part part on part.charge_id = d.id
                     join invoice i on i.id = part.invoice_id where d.state = 'due'), 0)::bigint as minor
    from charge c where c.state = 'due' or c.state in ('{"', '".join(sorted(IN_FLIGHT))}')
"""


@dataclass(frozen=True, slots=True)
class Waiting:
    """What is on its way or due now; `minor` is what the due charges are about, in minor units."""

    due: int
    moving: int
    refunds: int
    enrolled: int
    minor: int

    @property
    def amount(self) -> Money:
        return Money(self.minor)


class KeysForm(Form):
    publishable = text(gettext_lazy("Publishable key"), 200, autocomplete="off", spellcheck="false")
    secret = hidden(
        gettext_lazy("Secret key"), help_text=gettext_lazy("Stored encrypted, never shown again. A restricted key (rk_) is best.")
    )
    webhook = hidden(
        gettext_lazy("Webhook signing secret"),
        required=False,
        help_text=gettext_lazy("Empty: the one that is stored stays."),
    )


def processor(request: HttpRequest, visitor: Visitor, place: HousePlace) -> HttpResponse:
    visitor.must_be_allowed(Act.STAFF)
    with visitor.reading() as tx:
        house, now, waiting = _all(tx)
    page = place.page | {"visitor": visitor, "biller": house, "now": now, "waiting": waiting}
    return render(request, "house/processor.html", page | {"webhook_address": f"{conf().site_url}/webhooks/{house.id}"})


def keys(request: HttpRequest, visitor: Visitor, place: HousePlace) -> HttpResponse:
    """The address the keys are used at is not asked: a page must not be able to send them elsewhere."""
    visitor.must_be_allowed(Act.STAFF)
    with visitor.reading() as tx:
        house, now, _waiting = _all(tx)
    form = KeysForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        given = form.cleaned_data
        base = now.api_base if now else conf().sandbox_url if conf().demo else ""
        new = Keys(base, given["publishable"].strip(), given["secret"].strip(), given["webhook"].strip())
        try:
            replace_keys(WebDatabase(), visitor.biller, new, visitor.by, conf().secret, demo=conf().demo)
        except Refusal as refusal:
            form.refused(refusal)
        else:
            messages.success(
                request, _("The new keys are stored. Workers use them within a minute. Keep the old ones valid until then.")
            )
            return redirect(place.name("processor"))
    page = place.page | {"visitor": visitor, "biller": house, "now": now, "form": form}
    return render(request, "house/keys.html", page, status=422 if form.errors else 200)


def switch(request: HttpRequest, visitor: Visitor, place: HousePlace) -> HttpResponse:
    """Disconnect, or connect again: first what stops or starts, then the deed, if the numbers are still those."""
    visitor.must_be_allowed(Act.STAFF)
    with visitor.reading() as tx:
        house, now, waiting = _all(tx)
    if now is None:
        return redirect(place.name("keys"))
    looked = seen(now.connected, waiting)
    if request.method == "POST":
        if request.POST.get("seen") == looked:
            return _switched(request, visitor, place, not now.connected)
        messages.warning(request, _("The numbers changed. Please look again."))
    page = place.page | {"visitor": visitor, "biller": house, "now": now, "waiting": waiting, "seen": looked}
    return render(request, "house/connection.html", page)


def _switched(request: HttpRequest, visitor: Visitor, place: HousePlace, on: bool) -> HttpResponse:
    try:
        set_connected(WebDatabase(), visitor.biller, on, visitor.by)
    except Refusal as refusal:
        messages.warning(request, refused(refusal))
        return redirect(place.name("processor"))
    said = (
        _("Connected. Charges that waited are made from the next night on.")
        if on
        else _("Disconnected. Charges wait; nothing is lost.")
    )
    messages.success(request, said)
    return redirect(place.name("processor"))


def _all(tx: Tx) -> tuple[Biller, Connection | None, Waiting]:
    return biller(tx), connection(tx), tx.one(Waiting, WAITING) or Waiting(0, 0, 0, 0, 0)
