"""Dashboard: a month against the one before it. Each figure leads to the rows behind it (screens 3.8)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from autopay import words
from autopay.clock import local_date
from autopay.money import Money
from autopay.parties.permissions import Act
from autopay.surfaces.office.bars import Pair, bars
from autopay.surfaces.office.entrance import for_staff
from autopay.surfaces.office.month import Figures, Looked, Month, Sum, look
from autopay.surfaces.shared.alerts import alerts
from autopay.surfaces.shared.biller import biller
from autopay.surfaces.shared.visitor import Visitor

WEEKS = (1, 8, 15, 22, 29)
"""First days of the parts of a month the bars stand for."""


@dataclass(frozen=True, slots=True)
class Tile:
    """`now` and `then` are written as people read them; empty `link`: there are no rows behind it."""

    title: str | Promise
    tone: str
    icon: str
    now: str
    then: str
    note: str
    link: str


def month_of(text: str, biller_id: int, zone: str, today: date) -> Month:
    """From an address, like 2026-05; what is no month that has begun is this one."""
    try:
        first = date.fromisoformat(f"{text}-01")
    except ValueError:
        first = today.replace(day=1)
    return Month(biller_id, min(first, today.replace(day=1)) if first.year > 2000 else today.replace(day=1), zone)


@for_staff
def dashboard(request: HttpRequest, visitor: Visitor) -> HttpResponse:
    visitor.must_be_allowed(Act.SEE_PAYERS)
    with visitor.reading() as tx:
        house = biller(tx)
        today = local_date(visitor.now, house.zone)
        month = month_of(request.GET.get("month", ""), house.id, house.zone, today)
        looked, told = look(tx, month, visitor.now), alerts(tx, visitor)
    pairs = _weeks(looked, month)
    page = {
        "visitor": visitor,
        "biller": house,
        "alerts": told,
        "month": month,
        "earlier": month.before,
        "later": month.end if month.end <= today else None,
        "tiles": _tiles(looked.chosen, looked.before, month, house.currency),
        "bars": bars(pairs, house.currency),
        "pairs": [(each, Money(each.now, house.currency), Money(each.then, house.currency)) for each in pairs],
        "back": (Money(looked.chosen.sent_back.minor, house.currency), Money(looked.before.sent_back.minor, house.currency)),
        "back_rows": rows_of(month, "back"),
        "empty": not looked.chosen.came_in.number,
        "coming": [(each, Money(each.minor, house.currency)) for each in looked.coming],
    }
    return render(request, "office/dashboard.html", page)


def _weeks(looked: Looked, month: Month) -> list[Pair]:
    """What came in, by parts of seven days; the last is what is left of the month."""
    pairs = []
    for first, behind in zip(WEEKS, (*WEEKS[1:], 32), strict=True):
        text = f"{first}–{min(behind - 1, (month.end - timedelta(days=1)).day)}"  # as people write a span
        within = {on: each.minor for on, each in looked.days.items() if first <= on.day < behind}
        now = sum(minor for on, minor in within.items() if on >= month.first)
        if first <= (month.end - timedelta(days=1)).day:
            pairs.append(Pair(text, now, sum(within.values()) - now))
    return pairs


def _tiles(now: Figures, then: Figures, month: Month, currency: str) -> list[Tile]:
    def money(title: Promise, look: tuple[str, str], sums: tuple[Sum, Sum], note: str, state: str) -> Tile:
        this, that = (words.money(Money(each.minor, currency)) for each in sums)
        return Tile(title, *look, this, that, note % {"n": sums[0].number}, rows_of(month, state))

    came, left, failed, held = (each.number for each in (now.came_in, now.left, now.failed, now.held))
    paid = ngettext("%(n)s payment", "%(n)s payments", came)
    owed = ngettext("%(n)s bill of this month is open now", "%(n)s bills of this month are open now", left)
    refused = ngettext("%(n)s charge", "%(n)s charges", failed)
    waits = ngettext("%(n)s bill waits for a day or a person", "%(n)s bills wait for a day or a person", held)
    share, of = (_percent(now.share), _percent(then.share)), _("of the payments of this month")
    return [
        money(gettext_lazy("Collected"), ("ok", "circle-check"), (now.came_in, then.came_in), paid, "captured"),
        money(gettext_lazy("Outstanding"), ("warn", "receipt-text"), (now.left, then.left), owed, "open"),
        money(gettext_lazy("Failed"), ("bad", "circle-x"), (now.failed, then.failed), refused, "failed"),
        money(gettext_lazy("Held"), ("off", "calendar-clock"), (now.held, then.held), waits, "held"),
        Tile(gettext_lazy("On Auto-Pay"), "info", "repeat", *share, of, rows_of(month, "automatic")),
        Tile(
            gettext_lazy("Days to payment"),
            "off",
            "clock",
            _days(now.median),
            _days(then.median),
            _("for half of them, or faster"),
            "",
        ),
    ]


def rows_of(month: Month, state: str) -> str:
    return f"{reverse('office:payments')}?month={month.first:%Y-%m}&state={state}"


def _percent(share: int | None) -> str:
    return "–" if share is None else f"{share}%"  # nothing to count


def _days(median: int | None) -> str:
    if not median:
        return "–" if median is None else _("Same day")
    return ngettext("%(n)s day", "%(n)s days", median) % {"n": median}
