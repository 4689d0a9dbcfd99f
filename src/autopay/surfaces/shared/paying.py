"""Pay Now for every surface: which methods are offered, what is confirmed, and how a payment is followed to its end (V7, A53)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.http import HttpRequest
from django.utils.translation import gettext as _

from autopay.charging.pay_now import Wish, pay_now
from autopay.database import Tx
from autopay.money import Money, MoneyError
from autopay.refusal import Refusal
from autopay.surfaces.shared.invoices import Invoice
from autopay.surfaces.shared.visitor import Visitor
from autopay.surfaces.shared.wallet import Saved, saved_methods
from autopay.tenancy import WebDatabase


@dataclass(frozen=True, slots=True)
class Till:
    """What stands to be paid: one payer's invoices (ids), their open sum, and the saved methods, the default first."""

    payer: int
    invoices: tuple[int, ...]
    amount: Money
    methods: list[Saved]


@dataclass(frozen=True, slots=True)
class Share:
    """What of a payment goes to one bill."""

    bill: Invoice
    amount: Money

    @property
    def left(self) -> Money:
        return self.bill.open_money - self.amount


def oldest_first(bills: Iterable[Invoice], minor: int) -> list[Share]:
    """As the engine splits it at the claim (charging/send.py): the oldest bill first, until `minor` is used up."""
    shares = []
    for bill in sorted(bills, key=lambda each: each.id):
        part = min(minor, bill.open)
        minor -= part
        if part > 0:
            shares.append(Share(bill, Money(part, bill.currency)))
    return shares


def till(tx: Tx, payer: int, invoices: tuple[int, ...], amount: Money) -> Till:
    return Till(payer, invoices, amount, saved_methods(tx, [payer]))


def confirm(request: HttpRequest, visitor: Visitor, counter: Till) -> None:
    """Write the due charge the person confirmed. Raises Refusal, in words, when it is not what they saw."""
    chosen = _chosen(counter.methods, request.POST.get("method", ""))
    seen = _amount(request.POST.get("amount", ""), counter.amount.currency)
    if seen != counter.amount:
        raise Refusal("changed", _("Things changed since you opened this page. Nothing was charged. Please look again."))
    wish = Wish(counter.payer, counter.invoices, counter.amount.minor, chosen.id)
    pay_now(WebDatabase(), visitor.biller, wish, visitor.by)


def _chosen(methods: list[Saved], wanted: str) -> Saved:
    found = next((each for each in methods if str(each.uid) == wanted), None)
    if found is None:
        raise Refusal("no_method", _("Please choose a card or bank account."))
    return found


def _amount(text: str, currency: str) -> Money | None:
    try:
        return Money.parse(text, currency)
    except MoneyError:
        return None
