"""The rows behind the dashboard's figures: payments, refusals, open and held bills of a month, and the charges of the days to come."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from autopay.clock import local_date
from autopay.database import Tx
from autopay.money import Money
from autopay.parties.permissions import Act
from autopay.surfaces.office.dashboard import month_of
from autopay.surfaces.office.entrance import for_staff
from autopay.surfaces.office.month import Month, Sum, ahead
from autopay.surfaces.shared.biller import biller
from autopay.surfaces.shared.invoices import OPEN
from autopay.surfaces.shared.pages import PAGE, page_number, pager
from autopay.surfaces.shared.payers import HELD
from autopay.surfaces.shared.visitor import Visitor

STATES: dict[str, Promise] = {
    "captured": gettext_lazy("Collected"),
    "open": gettext_lazy("Outstanding"),
    "failed": gettext_lazy("Failed"),
    "held": gettext_lazy("Held"),
    "back": gettext_lazy("Sent back"),
    "automatic": gettext_lazy("On Auto-Pay"),
    "coming": gettext_lazy("Coming charges"),
}
LEDGER = """select t."on", t.id, t.invoice_id as invoice, t.minor, t.kind from ledger_transfer t
            where t.kind in ({kinds}) and t."on" >= %(first)s and t."on" < %(end)s"""
CHARGED = """select (c.settled_at at time zone %(zone)s)::date as "on", c.id, null::bigint as invoice, c.minor, c.state as kind
             from charge c where c.settled_at >= %(from)s and c.settled_at < %(to)s and {which}"""
BILLS = f"""select i.issued_on as "on", i.id, i.id as invoice, i.total - i.captured + i.returned - i.elsewhere as minor, '{{kind}}' as kind
            from invoice i where {OPEN} and i.issued_on >= %(first)s and i.issued_on < %(end)s {{which}}"""
DUE = """select (greatest(c.run_at, %(now)s) at time zone %(zone)s)::date as "on", q.id, q.invoice_id as invoice,
                i.total - i.captured + i.returned - i.elsewhere as minor, 'coming' as kind
         from charge c join charge_part q on q.charge_id = c.id join invoice i on i.id = q.invoice_id
         where c.state = 'due' and c.run_at < %(until)s"""
SOURCES = {
    "captured": LEDGER.format(kinds="'captured', 'elsewhere'"),
    "back": LEDGER.format(kinds="'returned', 'refunded'"),
    "failed": CHARGED.format(which="c.state = 'failed'"),
    "automatic": CHARGED.format(which="c.state in ('paid', 'returned') and c.trigger <> 'pay_now'"),
    "open": BILLS.format(kind="open", which=""),
    "held": BILLS.format(kind="held", which=f"and {HELD}"),
    "coming": DUE,
}
# The page is cut out of the month first; only its rows are looked up.
ROWS = """
    select r."on", r.minor, r.kind, i.uid as invoice, i.number, p.uid as payer, p.name, i.currency
    from (select s.*, coalesce(s.invoice, (select q.invoice_id from charge_part q where q.charge_id = s.id order by q.id limit 1)) as bill
          from (select * from ({source}) s order by "on" desc, id desc limit %(limit)s offset %(offset)s) s offset 0) r
    cross join lateral (select * from invoice i where i.id = r.bill offset 0) i
    join payer p on p.id = i.payer_id order by r."on" desc, r.id desc
"""
SUMS = "select count(*) as number, coalesce(sum(minor), 0)::bigint as minor from ({source}) s"


@dataclass(frozen=True, slots=True)
class Row:
    on: date
    minor: int
    kind: str
    invoice: UUID
    number: int
    payer: UUID
    name: str
    currency: str

    @property
    def amount(self) -> Money:
        return Money(self.minor, self.currency)


def known(month: Month, visitor: Visitor) -> dict[str, object]:
    """Parameters of every source."""
    return month.bounds | {"zone": month.zone, "now": visitor.now, "until": ahead(visitor.now, month.zone)}


def total(tx: Tx, state: str, parameters: dict[str, object]) -> Sum:
    return tx.one(Sum, SUMS.format(source=SOURCES[state]), **parameters) or Sum()


@for_staff
def payments(request: HttpRequest, visitor: Visitor) -> HttpResponse:
    visitor.must_be_allowed(Act.SEE_PAYERS)
    state = request.GET.get("state", "")
    state = state if state in STATES else "captured"
    page = page_number(request.GET.get("page", ""))
    with visitor.reading() as tx:
        house = biller(tx)
        month = month_of(request.GET.get("month", ""), house.id, house.zone, local_date(visitor.now, house.zone))
        parameters = known(month, visitor)
        found = total(tx, state, parameters)
        cut = {"limit": PAGE, "offset": (page - 1) * PAGE}
        rows = tx.all(Row, ROWS.format(source=SOURCES[state]), **parameters, **cut)
    wanted = {"month": f"{month.first:%Y-%m}", "state": state}
    return render(
        request,
        "office/payments.html",
        {"visitor": visitor, "biller": house, "rows": rows, "month": month, "state": state, "states": STATES.items()}
        | {"title": STATES[state], "sum": Money(found.minor, house.currency)}
        | pager(found.number, page, wanted),
    )
