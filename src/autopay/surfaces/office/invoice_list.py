"""Invoices of the agency: by what became of them, or by number. Each filter starts from an index of its own."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy

from autopay.charging.charge import IN_FLIGHT
from autopay.database import Tx
from autopay.parties.permissions import Act
from autopay.surfaces.office.entrance import for_staff
from autopay.surfaces.shared.biller import biller
from autopay.surfaces.shared.invoices import OPEN, Invoice, invoice_badge, invoices_of
from autopay.surfaces.shared.pages import PAGE, page_number, pager
from autopay.surfaces.shared.payers import PAYER, Payer
from autopay.surfaces.shared.payment import Badge
from autopay.surfaces.shared.visitor import Visitor

COUNTED = 500
"""Nobody needs to know how many more."""
FLYING = "', '".join(sorted(IN_FLIGHT))
PARTS = "from charge c join charge_part part on part.charge_id = c.id join invoice i on i.id = part.invoice_id"
SHOWN = {
    "": "select i.id, i.number from invoice i",
    "open": f"select i.id, i.number from invoice i where {OPEN}",
    "failed": f"""select i.id, i.number from invoice i where {OPEN} and i.blocked = '' and
                  (select c.state from charge_part p join charge c on c.id = p.charge_id where p.invoice_id = i.id and c.state <> 'withdrawn'
                   order by c.id desc limit 1) in ('failed', 'returned')""",
    "processing": f"select i.id, i.number {PARTS} where c.state in ('{FLYING}')",
    "held": f"""select i.id, i.number {PARTS} where c.state = 'due' and i.why_until is not null and {OPEN}
                union select i.id, i.number from invoice i where i.blocked <> ''""",
    "paid": """select i.id, i.number from invoice i
               where i.voided_at is null and i.total > 0 and i.total <= i.captured - i.returned + i.elsewhere""",
}
WORDS = {
    "": gettext_lazy("All"),
    "open": gettext_lazy("Open"),
    "failed": gettext_lazy("Failed"),
    "processing": gettext_lazy("Processing"),
    "held": gettext_lazy("Held"),
    "paid": gettext_lazy("Paid"),
}


@dataclass(frozen=True, slots=True)
class Row:
    invoice: Invoice
    badge: Badge
    patient: Payer


@for_staff
def invoice_list(request: HttpRequest, visitor: Visitor) -> HttpResponse:
    """A number that is one opens that invoice."""
    visitor.must_be_allowed(Act.SEE_PAYERS)
    show = request.GET.get("show", "")
    wanted = {"show": show if show in SHOWN else "", "number": request.GET.get("number", "").strip().lstrip("#")}
    page = page_number(request.GET.get("page", ""))
    with visitor.reading() as tx:
        house = biller(tx)
        if wanted["number"]:
            number = int(wanted["number"]) if wanted["number"].isdecimal() and len(wanted["number"]) < 18 else -1
            found = tx.value("select uid from invoice where number = %(number)s", number=number)
            if found is not None:
                return redirect("office:invoice", found)
            ids, total = [], 0
        else:
            sql = SHOWN[wanted["show"]]
            ids = tx.column(f"select id from ({sql}) i order by number desc limit {PAGE} offset %(skip)s", skip=(page - 1) * PAGE)
            total = int(tx.value(f"select count(*) from (select from ({sql}) i order by number desc limit {COUNTED}) n"))
        rows = _rows(tx, ids, visitor)
    context = {"visitor": visitor, "biller": house, "rows": rows, "wanted": wanted, "shows": WORDS.items()}
    more = {"more": len(ids) == PAGE and (total > page * PAGE or total == COUNTED)}
    return render(request, "office/invoices.html", context | pager(total, page, wanted) | more)


def _rows(tx: Tx, ids: list[int], visitor: Visitor) -> list[Row]:
    bills = invoices_of(tx, ids)
    payers = [each.payer for each in bills.values()]
    named = {each.id: each for each in tx.all(Payer, f"{PAYER} where id = any(%(ids)s::bigint[])", ids=payers)}
    return [Row(bills[each], invoice_badge(bills[each], visitor.now), named[bills[each].payer]) for each in ids]
