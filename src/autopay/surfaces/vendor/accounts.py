"""Accounts: search, filter, and how each one stands and why (A60)."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from autopay import words
from autopay.clock import local_date
from autopay.money import Money
from autopay.parties.permissions import Act
from autopay.surfaces.shared.alerts import alerts
from autopay.surfaces.shared.biller import biller
from autopay.surfaces.shared.pages import after, page_number, pager
from autopay.surfaces.shared.payers import Row, Search, any_at_all, found
from autopay.surfaces.shared.payment import Badge
from autopay.surfaces.shared.standing import Standing
from autopay.surfaces.shared.visitor import Visitor
from autopay.surfaces.vendor.entrance import for_vendors

ENROLLMENT = {
    "": gettext_lazy("All"),
    "on": gettext_lazy("Enrolled"),
    "stuck": gettext_lazy("Cannot charge"),
    "off": gettext_lazy("Not enrolled"),
}
BALANCE = {"": gettext_lazy("All"), "open": gettext_lazy("Open"), "failed": gettext_lazy("Failed"), "held": gettext_lazy("Held")}


@dataclass(frozen=True, slots=True)
class Listed:
    row: Row
    standing: Standing
    balance: Money

    @property
    def enrollment(self) -> Badge:
        return enrollment(self.standing)

    @property
    def why(self) -> str:
        return enrollment_why(self.standing)


@for_vendors
def accounts(request: HttpRequest, visitor: Visitor) -> HttpResponse:
    visitor.must_be_allowed(Act.SEE_PAYERS)
    wanted = {name: request.GET.get(name, "") for name in ("q", "enrollment", "balance")}
    page = page_number(request.GET.get("page", ""))
    begin = request.GET.get("after", "")
    search = Search(
        "account",
        wanted["q"],
        wanted["balance"],
        wanted["enrollment"] if wanted["enrollment"] in ENROLLMENT else "",
        after(begin),
    )
    with visitor.reading() as tx:
        house = biller(tx)
        matching = found(tx, search, page)
        told = alerts(tx, visitor)
        any_account = bool(matching.total) or any_at_all(tx, "account")
    return render(
        request,
        "vendor/accounts.html",
        {
            "visitor": visitor,
            "biller": house,
            "alerts": told,
            "listed": [Listed(row, standing, Money(row.open, house.currency)) for row, standing in matching.listed],
            "wanted": wanted,
            "any": any_account,
            "enrollments": ENROLLMENT.items(),
            "balances": BALANCE.items(),
        }
        | pager(
            matching.total,
            matching.page,
            wanted | ({"after": begin} if begin else {}),
            matching.onward if matching.beyond else None,
        ),
    )


def enrollment(standing: Standing) -> Badge:
    """The engine's own decision in three words: on, on but unable, off."""
    if standing.able:
        return Badge("ok", "circle-check", _("Enrolled"))
    if standing.on:
        return Badge("warn", "triangle-alert", _("Cannot charge"))
    return Badge("off", "circle-minus", _("Not enrolled"))


def enrollment_why(standing: Standing) -> str:
    if standing.able:
        return standing.method_words
    if standing.on:
        return _("Enrolled, but %(why)s") % {"why": standing.obstacle_words}
    if standing.number > 1:
        return _("Cancelled on %(day)s") % {"day": words.day(local_date(standing.since, standing.zone))}
    return _("Never enrolled")
