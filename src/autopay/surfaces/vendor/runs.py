"""Runs before they happen: tonight's, this month's and the next, who, how much, on what, who not and why (A63)."""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy

from autopay.charging.forecast import Span, forecast, next_night
from autopay.money import Money
from autopay.parties.permissions import Act
from autopay.surfaces.shared.biller import Biller, biller
from autopay.surfaces.shared.pages import PAGE, page_number, pager
from autopay.surfaces.shared.visitor import Visitor
from autopay.surfaces.vendor.entrance import for_vendors
from autopay.surfaces.vendor.expected import CHARGED, HELD, LEFT, Said, in_words

SHOW = {
    "": gettext_lazy("All"),
    CHARGED: gettext_lazy("Will be charged"),
    HELD: gettext_lazy("Held"),
    LEFT: gettext_lazy("Not charged"),
}


@dataclass(frozen=True, slots=True)
class Total:
    amount: Money
    accounts: int


@for_vendors
def tonight(request: HttpRequest, visitor: Visitor) -> HttpResponse:
    return _run(request, visitor, "tonight")


@for_vendors
def month(request: HttpRequest, visitor: Visitor) -> HttpResponse:
    return _run(request, visitor, "month")


@for_vendors
def next_month(request: HttpRequest, visitor: Visitor) -> HttpResponse:
    return _run(request, visitor, "next")


def _run(request: HttpRequest, visitor: Visitor, tab: str) -> HttpResponse:
    """A later span is worked out from the next night on, because what is taken on one day is gone on the next."""
    visitor.must_be_allowed(Act.REPORTS)
    with visitor.reading() as tx:
        house, night = biller(tx), next_night(tx, visitor.biller)
        span = _span(night, tab)
        expected = forecast(tx, visitor.biller, Span(night, span.last), visitor.now)
        said = in_words(tx, [each for each in expected if tab != "next" or each.on >= span.first])
    wanted = request.GET.get("show", "")
    listed = [each for each in said if each.kind == wanted] if wanted in (CHARGED, HELD, LEFT) else said
    page = page_number(request.GET.get("page", ""))
    context = {
        "visitor": visitor,
        "biller": house,
        "tab": tab,
        "span": span,
        "totals": {kind: _total(said, kind, house) for kind in (CHARGED, HELD, LEFT)},
        "listed": listed[(page - 1) * PAGE : page * PAGE],
        "any": bool(said),
        "shows": SHOW.items(),
        "wanted": wanted,
    }
    return render(request, "vendor/runs.html", context | pager(len(listed), page, {"show": wanted}))


def _span(night: date, tab: str) -> Span:
    if tab == "tonight":
        return Span(night, night)
    if tab == "month":
        return Span(night, end_of_month(night))
    following = end_of_month(night) + timedelta(days=1)
    return Span(following, end_of_month(following))


def end_of_month(day: date) -> date:
    return day.replace(day=monthrange(day.year, day.month)[1])


def _total(said: list[Said], kind: str, house: Biller) -> Total:
    mine = [each for each in said if each.kind == kind]
    return Total(Money(sum(each.expected.minor for each in mine), house.currency), len({each.person.id for each in mine}))
