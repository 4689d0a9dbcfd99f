"""History as a page with filter and pages, and as a file for a spreadsheet (A56)."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable

from django.http import HttpRequest, HttpResponse
from django.utils.text import slugify
from django.utils.translation import gettext as _

from autopay.database import Tx
from autopay.parties.models import Role
from autopay.parties.permissions import Act
from autopay.surfaces.shared.account import account
from autopay.surfaces.shared.biller import biller
from autopay.surfaces.shared.history import FILTERS, Row, history
from autopay.surfaces.shared.visitor import Visitor, for_roles

PAGE = 25
FARTHEST = 10_000
FORMULA = ("=", "+", "-", "@", "\t", "\r")


def history_page(request: HttpRequest, tx: Tx, visitor: Visitor) -> dict[str, object]:
    show, number = _show(request), _number(request)
    rows = history(tx, visitor.payer or 0, show, visitor.now, biller(tx), (PAGE + 1, PAGE * (number - 1)))
    return {
        "rows": rows[:PAGE],
        "show": show,
        "filters": _filters(),
        "page_number": number,
        "newer": number - 1,
        "older": number + 1 if len(rows) > PAGE else 0,
    }


def _filters() -> list[tuple[str, str]]:
    return [("", _("All")), ("bills", _("Bills")), ("payments", _("Payments")), ("holds", _("Holds and refunds"))]


def _show(request: HttpRequest) -> str:
    show = request.GET.get("show", "")
    return show if show in FILTERS else ""


def _number(request: HttpRequest) -> int:
    asked = request.GET.get("page", "")
    return min(max(int(asked), 1), FARTHEST) if asked.isascii() and asked.isdecimal() and len(asked) < 9 else 1


@for_roles(Role.ACCOUNT_OWNER)
def history_file(request: HttpRequest, visitor: Visitor) -> HttpResponse:
    """All of it, in the filter that stands, whatever the page."""
    visitor.must_be_allowed(Act.SEE_OWN)
    with visitor.reading() as tx:
        mine = account(tx, visitor)
        rows = history(tx, mine.practice.id, _show(request), visitor.now, mine.biller)
    answer = HttpResponse(csv_text(rows), content_type="text/csv; charset=utf-8; header=present")
    name = f"history-{slugify(mine.practice.name) or 'account'}-{mine.biller.today(visitor).isoformat()}.csv"
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


def csv_text(rows: Iterable[Row]) -> str:
    """RFC 4180: commas, quotes where needed, CRLF. Amounts are never negative; what each is says its word. A card is its last four."""
    out = io.StringIO()
    write = csv.writer(out, lineterminator="\r\n")
    write.writerow(
        [_("Date"), _("What"), _("Invoices"), _("Amount"), _("Currency"), _("Status"), _("Why"), _("Paid with"), _("Reference")]
    )
    for row in rows:
        amount = (str(row.amount.decimal), row.amount.currency) if row.amount else ("", "")
        numbers = " ".join(str(number) for number, _uid in row.bills)
        cells = [row.on.isoformat(), row.what, numbers, *amount, row.badge.word, row.why, row.method, row.reference]
        write.writerow([harmless(cell) for cell in cells])
    return out.getvalue()


def harmless(cell: str) -> str:
    """A cell that a spreadsheet would calculate becomes text: names are what others typed."""
    return f"'{cell}" if cell.startswith(FORMULA) else cell
