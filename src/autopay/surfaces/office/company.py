"""Settings: the company-wide Auto-bill visits, with a look at what a change would do before it is made (V22, V25)."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from autopay.charging.charge import ChargeNow
from autopay.charging.switch import set_company
from autopay.database import Tx
from autopay.money import Money
from autopay.parties.permissions import Act
from autopay.surfaces.office.entrance import for_staff
from autopay.surfaces.shared.biller import Biller, biller
from autopay.surfaces.shared.log import company_log
from autopay.surfaces.shared.standing import Standing, obstacle_in_words, standings
from autopay.surfaces.shared.visitor import Visitor
from autopay.tenancy import WebDatabase


@dataclass(frozen=True, slots=True)
class Named:
    id: int
    uid: UUID
    name: str


@dataclass(frozen=True, slots=True)
class Group:
    """Some patients and what the change means for them."""

    text: str
    patients: list[Named]


@dataclass(frozen=True, slots=True)
class Preview:
    to_on: bool
    turned: int
    groups: list[Group]
    open_invoices: int
    open: Money

    @property
    def seen(self) -> str:
        """What the person looked at; when it no longer fits, nothing is changed."""
        return "-".join(str(number) for number in (self.turned, *(len(group.patients) for group in self.groups)))


@for_staff
def settings(request: HttpRequest, visitor: Visitor) -> HttpResponse:
    with visitor.reading() as tx:
        house = biller(tx)
        on = tx.value('select "on" from company_switch')
        logged = company_log(tx, visitor.biller)
    page = {"visitor": visitor, "biller": house, "on": on, "log": logged}
    page |= {"may_switch": visitor.may(Act.SWITCH_COMPANY), "may_settings": visitor.may(Act.STAFF)}
    return render(request, "office/settings.html", page)


@for_staff
def auto_bill(request: HttpRequest, visitor: Visitor) -> HttpResponse:
    """GET shows what would change, POST changes it if that is still so."""
    visitor.must_be_allowed(Act.SWITCH_COMPANY)
    wanted = (request.POST if request.method == "POST" else request.GET).get("to", "")
    if wanted not in ("on", "off"):
        raise Http404
    with visitor.reading() as tx:
        house = biller(tx)
        now_on = tx.value('select "on" from company_switch')
        preview = look_ahead(tx, house, wanted == "on")
    if now_on == preview.to_on:
        return redirect("office:settings")
    if request.method == "POST":
        if request.POST.get("seen") == preview.seen:
            return _switched(request, visitor, preview)
        messages.warning(request, _("The numbers changed. Please look again."))
    return render(request, "office/auto_bill.html", {"visitor": visitor, "biller": house, "preview": preview})


def _switched(request: HttpRequest, visitor: Visitor, preview: Preview) -> HttpResponse:
    withdrawn = set_company(WebDatabase(), visitor.biller, preview.to_on, visitor.by)
    said = (
        _("Auto-bill visits is on for the whole company.")
        if preview.to_on
        else _("Auto-bill visits is off for the whole company.")
    )
    if withdrawn:
        said += " " + ngettext("%(n)s charge was taken back.", "%(n)s charges were taken back.", withdrawn) % {"n": withdrawn}
    messages.success(request, said + " " + _("Nothing was charged."))
    return redirect("office:settings")


def look_ahead(tx: Tx, house: Biller, to_on: bool) -> Preview:
    """Every patient as they would stand after the change, decided by the engine's own rule."""
    named = {
        each.id: each for each in tx.all(Named, "select id, uid, name from payer where kind = 'patient' order by sort_key, id")
    }
    after = {each.payer: replace(each, company_on=to_on) for each in standings(tx, named).values()}
    follow = [each for each in after.values() if each.switch == "follow"]
    own = [each for each in after.values() if each.switch == ("off" if to_on else "on")]
    stuck = [each for each in follow if to_on and not isinstance(each.decision(), ChargeNow)]
    groups = [_group(named, own, _stays(to_on, len(own))), *_by_obstacle(named, stuck)]
    left = _open_sum(tx)
    kept = [group for group in groups if group.patients]
    return Preview(to_on, len(follow), kept, left.count, Money(left.minor, house.currency))


def _stays(to_on: bool, n: int) -> str:
    if to_on:
        return ngettext("%(n)s stays off: own setting", "%(n)s stay off: own setting", n) % {"n": n}
    return ngettext("%(n)s stays on: own setting", "%(n)s stay on: own setting", n) % {"n": n}


def _by_obstacle(named: dict[int, Named], stuck: list[Standing]) -> list[Group]:
    counted = Counter(each.obstacle for each in stuck)
    return [
        _group(
            named,
            [each for each in stuck if each.obstacle == why],
            _("%(n)s turn on but cannot be charged: %(why)s") % {"n": n, "why": obstacle_in_words(why)},
        )
        for why, n in counted.most_common()
    ]


def _group(named: dict[int, Named], these: list[Standing], text: str) -> Group:
    wanted = {each.payer for each in these}
    return Group(text, [each for each in named.values() if each.id in wanted])


@dataclass(frozen=True, slots=True)
class OpenSum:
    count: int
    minor: int


def _open_sum(tx: Tx) -> OpenSum:
    open_sum = tx.one(
        OpenSum,
        """select count(*) as count, coalesce(sum(total - captured + returned - elsewhere), 0)::bigint as minor from invoice
           where kind = 'visit' and voided_at is null and total > captured - returned + elsewhere""",
    )
    return open_sum or OpenSum(0, 0)
