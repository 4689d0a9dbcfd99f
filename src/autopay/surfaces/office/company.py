"""Settings: the company-wide Auto-bill visits, with a look at what a change would do before it is made (V22, V25)."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from autopay.charging.charge import Why
from autopay.charging.obstacle import JOINS, OBSTACLE
from autopay.charging.switch import set_company
from autopay.database import Tx
from autopay.money import Money
from autopay.parties.permissions import Act
from autopay.surfaces.office.entrance import for_staff
from autopay.surfaces.shared.biller import Biller, biller
from autopay.surfaces.shared.standing import obstacle_in_words
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
    number: int
    patients: list[Named]
    """The first by name, LISTED at most."""

    @property
    def more(self) -> int:
        return self.number - len(self.patients)


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
        return "-".join(str(number) for number in (self.turned, *(group.number for group in self.groups)))


@for_staff
def settings(request: HttpRequest, visitor: Visitor) -> HttpResponse:
    with visitor.reading() as tx:
        house = biller(tx)
        on = tx.value('select "on" from company_switch')
    page = {"visitor": visitor, "biller": house, "on": on, "may_switch": visitor.may(Act.SWITCH_COMPANY)}
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


# Everybody as they would stand after the change, by the engine's rule (charging/obstacle.py): how many of each, and the first by name.
AFTER = f"""
    with stands as materialized (
        select p.id, p.sort_key, a.switch,
               case when a.switch = 'follow' and %(on)s then {OBSTACLE} end as why
        from payer p {JOINS} where p.kind = 'patient')
    select switch, why, count(*) as number from stands group by 1, 2 order by 3 desc, 2
"""
NAMED = f"""
    select p.id, p.uid, p.name from payer p {JOINS}
    where p.kind = 'patient' and a.switch = %(switch)s and (%(why)s::text is null or {OBSTACLE} = %(why)s)
    order by p.sort_key, p.id limit %(limit)s
"""
LISTED = 50


@dataclass(frozen=True, slots=True)
class _Sum:
    switch: str
    why: str | None
    number: int


def look_ahead(tx: Tx, house: Biller, to_on: bool) -> Preview:
    """Every patient as they would stand after the change, decided by the engine's own rule; of each group the first by name."""
    sums = tx.all(_Sum, AFTER, on=to_on)
    own = sum(each.number for each in sums if each.switch == ("off" if to_on else "on"))
    groups = [_group(tx, _stays(to_on, own), own, "off" if to_on else "on", None)]
    groups += [
        _group(tx, _cannot(each), each.number, each.switch, each.why) for each in sums if each.switch == "follow" and each.why
    ]
    left = _open_sum(tx)
    turned = sum(each.number for each in sums if each.switch == "follow")
    return Preview(to_on, turned, [group for group in groups if group.number], left.count, Money(left.minor, house.currency))


def _stays(to_on: bool, n: int) -> str:
    if to_on:
        return ngettext("%(n)s stays off: own setting", "%(n)s stay off: own setting", n) % {"n": n}
    return ngettext("%(n)s stays on: own setting", "%(n)s stay on: own setting", n) % {"n": n}


def _cannot(each: _Sum) -> str:
    return _("%(n)s turn on but cannot be charged: %(why)s") % {"n": each.number, "why": obstacle_in_words(Why(each.why))}


def _group(tx: Tx, text: str, number: int, switch: str, why: str | None) -> Group:
    patients = tx.all(Named, NAMED, switch=switch, why=why, limit=LISTED) if number else []
    return Group(text, number, patients)


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
