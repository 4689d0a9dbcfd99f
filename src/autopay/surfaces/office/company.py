"""Settings: the company-wide Auto-bill visits, with a look at what a change would do before it is made (V22, V25)."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from autopay.charging.charge import Why
from autopay.charging.obstacle import OBSTACLE_OF_ALL
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


# Everybody as they would stand after the change, by the engine's rule (charging/obstacle.py). All payers of an agency are patients.
STAND = "select a.switch, count(*) as number from agreement a group by 1"
OWN = """
    select p.id, p.uid, p.name from payer p join agreement a on a.payer_id = p.id
    where p.kind = 'patient' and a.switch = %(switch)s order by p.sort_key, p.id limit %(limit)s
"""
STUCK = f"""
    with stuck as materialized (
        select a.payer_id, {OBSTACLE_OF_ALL} as why
        from agreement a left join method m on m.payer_id = a.payer_id and m.is_default where a.switch = 'follow'),
    named as (
        select p.id, p.uid, p.name, s.why, count(*) over (partition by s.why) as number,
               row_number() over (partition by s.why order by p.sort_key, p.id) as nth
        from stuck s cross join lateral (select * from payer p where p.id = s.payer_id offset 0) p where s.why is not null)
    select id, uid, name, why, number from named where nth <= %(limit)s order by number desc, why, nth
"""
LISTED = 50


@dataclass(frozen=True, slots=True)
class _Stuck:
    id: int
    uid: UUID
    name: str
    why: str
    number: int


def look_ahead(tx: Tx, house: Biller, to_on: bool) -> Preview:
    """Every patient as they would stand after the change, decided by the engine's own rule; of each group the first by name."""
    stand: dict[str, int] = {row["switch"]: row["number"] for row in tx.all(dict[str, Any], STAND)}
    switch = "off" if to_on else "on"
    own = stand.get(switch, 0)
    groups = [Group(_stays(to_on, own), own, tx.all(Named, OWN, switch=switch, limit=LISTED))]
    stuck = tx.all(_Stuck, STUCK, limit=LISTED) if to_on else []
    for (why, number), these in groupby(stuck, key=lambda each: (each.why, each.number)):
        groups.append(Group(_cannot(why, number), number, [Named(each.id, each.uid, each.name) for each in these]))
    left, kept = _open_sum(tx), [group for group in groups if group.number]
    return Preview(to_on, stand.get("follow", 0), kept, left.count, Money(left.minor, house.currency))


def _stays(to_on: bool, n: int) -> str:
    if to_on:
        return ngettext("%(n)s stays off: own setting", "%(n)s stay off: own setting", n) % {"n": n}
    return ngettext("%(n)s stays on: own setting", "%(n)s stay on: own setting", n) % {"n": n}


def _cannot(why: str, n: int) -> str:
    return _("%(n)s turn on but cannot be charged: %(why)s") % {"n": n, "why": obstacle_in_words(Why(why))}


@dataclass(frozen=True, slots=True)
class OpenSum:
    count: int
    minor: int


def _open_sum(tx: Tx) -> OpenSum:
    open_sum = tx.one(
        OpenSum,
        """select count(*) as count, coalesce(sum(total - captured + returned - elsewhere), 0)::bigint as minor from invoice
           where voided_at is null and total > captured - returned + elsewhere""",
    )
    return open_sum or OpenSum(0, 0)
