"""Patients: search, filter, and how each one stands (screens 3.8). A vendor's staff see accounts the same way."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _

from autopay.database import Tx
from autopay.money import Money
from autopay.parties.create import sort_key
from autopay.parties.permissions import Act
from autopay.surfaces.shared.alerts import alerts
from autopay.surfaces.shared.biller import Biller, biller
from autopay.surfaces.shared.standing import Standing, standings
from autopay.surfaces.shared.visitor import STAFF, Visitor, for_roles

for_staff = for_roles(*STAFF)
PAGE = 50
OPEN = "i.voided_at is null and i.total > i.captured - i.returned + i.elsewhere"
LAST_FAILED = """exists (
    select from charge_part p join charge c on c.id = p.charge_id
    where p.invoice_id = i.id and c.state in ('failed', 'returned')
    and not exists (select from charge_part l join charge d on d.id = l.charge_id
                    where l.invoice_id = i.id and d.id > c.id and d.state <> 'withdrawn'))"""
BALANCES = {
    "open": f"and exists (select from invoice i where i.payer_id = payer.id and {OPEN})",
    "failed": f"and exists (select from invoice i where i.payer_id = payer.id and {OPEN} and {LAST_FAILED})",
}
FIND = """
    select id from payer where kind = %(kind)s and (sort_key like %(like)s or lower(email) like %(like)s) {balance} order by sort_key, id
"""
ROWS = f"""
    select p.id, p.uid, p.name, p.email, coalesce(o.minor, 0) as open, coalesce(o.number, 0) as open_invoices, coalesce(o.failed, 0) as failed
    from payer p
    left join lateral (
        select sum(i.total - i.captured + i.returned - i.elsewhere)::bigint as minor, count(*) as number,
               count(*) filter (where {LAST_FAILED}) as failed
        from invoice i where i.payer_id = p.id and {OPEN}) o on true
    where p.id = any(%(ids)s::bigint[]) order by p.sort_key, p.id
"""


@dataclass(frozen=True, slots=True)
class Row:
    id: int
    uid: UUID
    name: str
    email: str
    open: int
    open_invoices: int
    failed: int


@dataclass(frozen=True, slots=True)
class Listed:
    row: Row
    standing: Standing
    balance: Money


AUTO_PAY = {"": _("All"), "on": _("On"), "stuck": _("On, cannot charge"), "off": _("Off"), "follow": _("Never set")}
BALANCE = {"": _("All"), "open": _("Open"), "failed": _("Failed")}


@for_staff
def home(request: HttpRequest, visitor: Visitor) -> HttpResponse:
    return redirect("office:patients")


@for_staff
def patients(request: HttpRequest, visitor: Visitor) -> HttpResponse:
    visitor.must_be_allowed(Act.SEE_PAYERS)
    wanted = {name: request.GET.get(name, "") for name in ("q", "autopay", "balance")}
    page = int(request.GET.get("page", "1")) if request.GET.get("page", "1").isdecimal() else 1
    with visitor.reading() as tx:
        house = biller(tx)
        ids = _found(tx, house, wanted)
        listed = _listed(tx, house, ids[(page - 1) * PAGE : page * PAGE])
        told = alerts(tx, visitor)
        any_at_all = bool(ids) or bool(tx.value("select exists (select from payer)"))
    return render(
        request,
        "office/patients.html",
        {"visitor": visitor, "biller": house, "listed": listed, "wanted": wanted, "found": len(ids), "any": any_at_all}
        | {"alerts": told}
        | {"autopays": AUTO_PAY.items(), "balances": BALANCE.items(), "page": page, "more": len(ids) > page * PAGE},
    )


def _found(tx: Tx, house: Biller, wanted: dict[str, str]) -> list[int]:
    """Ids in the order of the list. Whether auto-pay can charge is the engine's decision, so it is asked, not put into SQL."""
    pattern = f"%{_plain(wanted['q'])}%"
    sql = FIND.format(balance=BALANCES.get(wanted["balance"], ""))
    ids = tx.column(sql, kind="account" if house.vendor else "patient", like=pattern)
    if wanted["autopay"] not in AUTO_PAY or not wanted["autopay"]:
        return ids
    stands = standings(tx, ids)
    return [each for each in ids if _fits(stands[each], wanted["autopay"])]


def _fits(standing: Standing, wanted: str) -> bool:
    return {
        "on": standing.on,
        "stuck": standing.on and not standing.able,
        "off": not standing.on,
        "follow": standing.switch == "follow",
    }[wanted]


def _listed(tx: Tx, house: Biller, ids: list[int]) -> list[Listed]:
    stands = standings(tx, ids)
    return [Listed(row, stands[row.id], Money(row.open, house.currency)) for row in tx.all(Row, ROWS, ids=ids)]


def _plain(text: str) -> str:
    """As names are stored for sorting, with the wildcards of LIKE taken literally."""
    return sort_key(text.strip()).replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
