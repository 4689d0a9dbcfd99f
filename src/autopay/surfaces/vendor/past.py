"""A day after it happened: due = charged + on its way + held + refused, each class with its bills (A63)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from autopay import sentences, words
from autopay.charging.completeness import Item, Proof, prove_in
from autopay.database import Tx
from autopay.money import Money
from autopay.parties.permissions import Act
from autopay.sentences import Story, because
from autopay.surfaces.shared.biller import Biller, biller
from autopay.surfaces.shared.pages import PAGE, page_number, pager
from autopay.surfaces.shared.visitor import Visitor
from autopay.surfaces.vendor.entrance import for_vendors

CLASSES: dict[str, tuple[str, str, Promise]] = {
    "charged": ("ok", "circle-check", gettext_lazy("Charged")),
    "on its way": ("info", "loader-circle", gettext_lazy("On its way")),
    "held": ("warn", "hand", gettext_lazy("Held")),
    "refused": ("off", "circle-minus", gettext_lazy("Refused")),
    "unexplained": ("bad", "circle-alert", gettext_lazy("Unexplained")),
}
REASONS: dict[str, Promise] = {
    "paid": gettext_lazy("Paid."),
    "paid elsewhere": gettext_lazy("Paid another way: the office recorded the payment."),
    "voided": gettext_lazy("The bill was taken back."),
    "sending": gettext_lazy("It is being sent."),
    "pending": gettext_lazy("The bank payment is on its way."),
    "unknown": gettext_lazy("The payment company did not answer. We are asking it."),
    "needs_payer": gettext_lazy("The bank wants the payer to confirm the payment."),
    "charged": gettext_lazy("A charge is due and waits to be sent."),
    "waits for the worker": gettext_lazy("A charge is due and waits to be sent."),
    "no decision was stored": gettext_lazy("It fell due, and nobody decided about it."),
    "the ledger does not agree": gettext_lazy("The ledger and the bill say different amounts."),
}
RECENT = """
    select distinct due_on from invoice where kind = 'monthly' and due_on <= %(today)s order by due_on desc limit 6
"""
NAMED = """
    select i.id, i.uid, p.uid as payer, p.name from invoice i join payer p on p.id = i.payer_id where i.id = any(%(invoices)s::bigint[])
"""


@dataclass(frozen=True, slots=True)
class Class:
    """One class of a day: its sum, and each reason with its own."""

    name: str
    tone: str
    icon: str
    word: str
    count: int
    amount: Money
    reasons: list[tuple[str, int, Money]]


@dataclass(frozen=True, slots=True)
class _Named:
    id: int
    uid: UUID
    payer: UUID
    name: str


@dataclass(frozen=True, slots=True)
class Row:
    named: _Named
    number: int
    amount: Money
    reason: str


@for_vendors
def past(request: HttpRequest, visitor: Visitor) -> HttpResponse:
    visitor.must_be_allowed(Act.REPORTS)
    with visitor.reading() as tx:
        house = biller(tx)
        today = house.today(visitor)
        recent = tx.column(RECENT, today=today)
        typed = request.GET.get("on", "")
        on, problem = _day(typed, today) if typed else (recent[0] if recent else today, "")
        context = {"visitor": visitor, "biller": house, "tab": "past", "recent": recent, "typed": typed, "problem": problem}
        if on is not None:
            proof, items = prove_in(tx, visitor.biller, on)
            context |= _proved(proof, house) | _opened(tx, request, proof, items)
    return render(request, "vendor/past.html", context | {"on": on, "today": today}, status=422 if problem else 200)


def _day(text: str, today: date) -> tuple[date | None, str]:
    try:
        on = date.fromisoformat(text)
    except ValueError:
        return None, _("Please give a date, like 2026-05-21.")
    if on > today:
        return None, _("That day has not come yet. Look at this month instead.")
    return on, ""


def _proved(proof: Proof, house: Biller) -> dict[str, object]:
    classes = [_class(proof, name, house) for name in CLASSES if name != "unexplained" or _has(proof, name)]
    due = Money(proof.due_minor, house.currency)
    parts = " + ".join(f"{words.money(each.amount)} {each.word.lower()}" for each in classes)
    return {"proof": proof, "due": due, "classes": classes, "equation": f"{words.money(due)} {_('due')} = {parts}"}


def _has(proof: Proof, name: str) -> bool:
    return any(each.verdict == name for each in proof.sums)


def _class(proof: Proof, name: str, house: Biller) -> Class:
    tone, icon, word = CLASSES[name]
    mine = [each for each in proof.sums if each.verdict == name]
    reasons = [(reason_in_words(each.reason), each.count, Money(each.minor, house.currency)) for each in mine]
    total = Money(sum(each.minor for each in mine), house.currency)
    return Class(name, tone, icon, str(word), sum(each.count for each in mine), total, reasons)


def _opened(tx: Tx, request: HttpRequest, proof: Proof, items: Sequence[Item]) -> dict[str, object]:
    """The bills of one class, or of all, a page at a time."""
    wanted = request.GET.get("class", "")
    mine = [each for each in items if each.verdict[0] == wanted] if wanted in CLASSES else list(items)
    page = page_number(request.GET.get("page", ""))
    shown = mine[(page - 1) * PAGE : page * PAGE]
    named = {each.id: each for each in tx.all(_Named, NAMED, invoices=[each.invoice for each in shown])}
    rows = [_row(each, named[each.invoice]) for each in shown]
    return {"wanted": wanted, "rows": rows} | pager(len(mine), page, {"on": proof.on.isoformat(), "class": wanted})


def _row(item: Item, named: _Named) -> Row:
    return Row(named, item.number, Money(item.minor, item.currency), reason_in_words(item.verdict[1]))


def reason_in_words(reason: str) -> str:
    """Of a class: a word of the proof's own, of auto-pay's decision, or of the bank."""
    return str(REASONS.get(reason, "")) or sentences.why(Story(reason, visit=False)) or because(reason)
