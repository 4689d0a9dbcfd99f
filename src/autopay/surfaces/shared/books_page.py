"""Books: what differs from the payment company's book, each with its next step. Read only: what was done is said on the command line."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from autopay import words
from autopay.database import Tx
from autopay.money import MINOR_DIGITS, Money
from autopay.parties.permissions import Act
from autopay.reconciliation.report import Open, open_differences
from autopay.surfaces.shared.biller import biller
from autopay.surfaces.shared.house_place import HousePlace
from autopay.surfaces.shared.pages import PAGE, page_number, pager
from autopay.surfaces.shared.visitor import Visitor

KINDS = {
    "missing_with_us": gettext_lazy("Missing with us"),
    "missing_with_them": gettext_lazy("Missing with them"),
    "wrong_amount": gettext_lazy("Another amount"),
    "wrong_currency": gettext_lazy("Another currency"),
    "wrong_fee": gettext_lazy("Another fee"),
    "duplicate": gettext_lazy("Twice"),
    "not_paid_out": gettext_lazy("Not paid out"),
    "unknown_line": gettext_lazy("Unknown line of a payout"),
    "payout_sum": gettext_lazy("Payout does not add up"),
}
COMPARED = 'select max("on") from reconciliation where done_at is not null and "on" < %(today)s'
BILL = {"office": "office:invoice", "vendor": "vendor:bill"}


@dataclass(frozen=True, slots=True)
class Row:
    each: Open
    kind: str
    ours: str
    theirs: str
    bill: str


def books(request: HttpRequest, visitor: Visitor, place: HousePlace) -> HttpResponse:
    """The oldest first. For whoever may read reports."""
    visitor.must_be_allowed(Act.REPORTS)
    page = page_number(request.GET.get("page", ""))
    with visitor.reading() as tx:
        house = biller(tx)
        count = tx.value("select count(*) from difference where resolved_at is null")
        found = open_differences(tx, visitor.biller, PAGE, (page - 1) * PAGE)
        bills = _bills(tx, [each.invoice for each in found if each.invoice])
        last: date | None = tx.value(COMPARED, today=house.today(visitor))
    rows = [Row(each, str(KINDS[each.kind]), *_amounts(each), _address(place, bills.get(each.invoice or 0))) for each in found]
    context = place.page | {
        "visitor": visitor,
        "biller": house,
        "rows": rows,
        "last": last,
        "may_settings": visitor.may(Act.STAFF),
    }
    return render(request, "house/books.html", context | pager(count, page, {}))


def _bills(tx: Tx, numbers: list[int]) -> dict[int, UUID]:
    found = tx.all(
        dict[str, object], "select number, uid from invoice where number = any(%(numbers)s::bigint[])", numbers=numbers
    )
    return {int(str(row["number"])): UUID(str(row["uid"])) for row in found}


def _address(place: HousePlace, bill: UUID | None) -> str:
    return reverse(BILL[place.space], args=[bill]) if bill else ""


def _amounts(each: Open) -> tuple[str, str]:
    return _amount(each.ours, each.currency), _amount(each.theirs, each.currency)


def _amount(minor: int | None, currency: str) -> str:
    """Theirs may be a currency we do not bill in: told in its minor units."""
    if minor is None:
        return _("nothing")
    return words.money(Money(minor, currency)) if currency in MINOR_DIGITS else f"{minor} {currency}"
