"""Products and Data Sheets of an account, in each of its houses: what it uses, at which price from where, and changing it (A50)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from autopay import words
from autopay.billing.selection import Choice, Chosen, Offer, Shelf, choose, shelf
from autopay.database import Tx
from autopay.money import Money
from autopay.parties.permissions import Act
from autopay.refusal import Refusal
from autopay.sentences import refused
from autopay.surfaces.shared.account import Account
from autopay.surfaces.shared.prices import prices
from autopay.surfaces.shared.products import Product
from autopay.surfaces.shared.visitor import Visitor
from autopay.tenancy import WebDatabase

ON, OFF = "on", "off"


@dataclass(frozen=True, slots=True)
class Used:
    """A line of the page: one product, what it costs a month, and what the next bill does with it."""

    offer: Offer
    currency: str
    bill_on: date

    @property
    def unit(self) -> Money:
        return Money(self.offer.price or 0, self.currency)

    @property
    def amount(self) -> Money:
        return Money(self.offer.quantity * (self.offer.price or 0), self.currency)

    @property
    def source(self) -> str:
        return words.price_source(self.offer.source)

    @property
    def link(self) -> str:
        """Where the document can be read, if it is an address."""
        return self.offer.document if self.offer.document.startswith("https://") else ""

    @property
    def ends(self) -> bool:
        return self.offer.used_today and not self.offer.used_on(self.bill_on)

    @property
    def begins(self) -> bool:
        return not self.offer.used_today and self.offer.used_on(self.bill_on)


def products_page(tx: Tx, visitor: Visitor) -> dict[str, object]:
    stands = shelf(tx, visitor.payer or 0, visitor.now)
    lines = [Used(each, stands.account.currency, stands.bill_on) for each in stands.offers]
    mine = [each for each in lines if each.offer.used_today or each.offer.used_on(stands.bill_on)]
    return {
        "mine": mine,
        "others": [each for each in lines if each not in mine and each.offer.price is not None],
        "bill_on": stands.bill_on,
        "bill_total": _money(stands, stands.total()),
        "prices": prices(tx, visitor.payer or 0, stands.today),
        "may_choose": visitor.may(Act.PRODUCTS_OWN),
    }


def change_page(request: HttpRequest, visitor: Visitor, uid: UUID, page: dict[str, object]) -> HttpResponse:
    """Say what the next bill becomes and from when; a POST of exactly that changes it. `page` names its template."""
    visitor.must_be_allowed(Act.PRODUCTS_OWN)
    if request.method == "POST":
        return _changed(request, visitor, uid, str(page["products_url"]))
    with visitor.reading() as tx:
        stands = shelf(tx, visitor.payer or 0, visitor.now)
    product = stands.find(uid)
    if product is None or (product.selection is None and product.price is None):
        raise Http404
    return render(request, str(page["template"]), page | _proposal(stands, product, page))


def _proposal(stands: Shelf, product: Offer, page: dict[str, object]) -> dict[str, object]:
    wanted = not product.used_on(stands.bill_on)
    after = stands.total_if(product, wanted)
    account, house = page["account"], page["product"]
    assert isinstance(account, Account)
    assert isinstance(house, Product)
    return {
        "line": Used(product, stands.account.currency, stands.bill_on),
        "wanted": wanted,
        "to": ON if wanted else OFF,
        "title": _title(product, wanted),
        "sentence": _sentence(stands, after),
        "seen": after,
        "bill_on": stands.bill_on,
        "owed": Money(sum(each.open for each in account.bills), stands.account.currency),
        "leaves": not wanted and product.used_today,
        "stand_here": house.slug == product.code or (house.slug == "classic" and product.code == "service-center"),
        "last": not wanted and not any(each.used_on(stands.bill_on) for each in stands.offers if each.id != product.id),
    }


def _title(product: Offer, wanted: bool) -> str:
    if wanted:
        text = _("Keep %(product)s?") if product.used_today else _("Add %(product)s?")
    else:
        text = _("Drop %(product)s?") if product.used_today else _("Do not add %(product)s?")
    return text % {"product": product.name}


def _sentence(stands: Shelf, after: int) -> str:
    now = stands.total()
    said = {"day": words.short_day(stands.bill_on), "amount": _in_words(stands, after), "before": _in_words(stands, now)}
    if not after:
        return _("From %(day)s on no new bill comes, instead of one of %(before)s a month.") % said
    if not now:
        return _("From your bill of %(day)s: %(amount)s.") % said
    return _("From your bill of %(day)s: %(amount)s instead of %(before)s.") % said


def _changed(request: HttpRequest, visitor: Visitor, uid: UUID, back: str) -> HttpResponse:
    try:
        chosen = choose(WebDatabase(), visitor.biller, _choice(request, visitor, uid), visitor.by)
    except Refusal as refusal:
        messages.warning(request, refused(refusal))
        return redirect(back)
    messages.success(request, _said(chosen, wanted=request.POST.get("to") == ON))
    return redirect(back)


def _choice(request: HttpRequest, visitor: Visitor, uid: UUID) -> Choice:
    """What the form said; Http404 for a form of nobody's making."""
    try:
        on, minor = date.fromisoformat(request.POST.get("from", "")), int(request.POST.get("seen", ""))
    except ValueError:
        raise Http404 from None
    if request.POST.get("to") not in (ON, OFF):
        raise Http404
    return Choice(visitor.payer or 0, uid, request.POST["to"] == ON, on, minor)


def _said(chosen: Chosen, wanted: bool) -> str:
    told: dict[str, object] = {
        "product": chosen.product,
        "day": words.day(chosen.bill_on),
        "amount": words.money(Money(chosen.minor, chosen.currency)),
    }
    told["reference"] = chosen.reference or 0
    if wanted:
        text = _("%(product)s is on your bill of %(day)s, which comes to %(amount)s.")
    elif chosen.minor:
        text = _("%(product)s is not on your bill of %(day)s, which comes to %(amount)s.")
    else:
        text = _("%(product)s is not billed from %(day)s on, and no other product is.")
    return " ".join([text % told, _("Reference P-%(reference)d.") % told if chosen.reference else ""]).strip()


def _money(stands: Shelf, minor: int) -> Money:
    return Money(minor, stands.account.currency)


def _in_words(stands: Shelf, minor: int) -> str:
    return words.money(_money(stands, minor))
