"""What one account pays for what it uses, where each price comes from, and on which day it is billed (A50, A61, A64)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from autopay import words
from autopay.billing.bill import PRICE
from autopay.billing.bill_day import BillDay, bill_day, change_bill_day
from autopay.billing.models import Price
from autopay.database import Tx
from autopay.money import Money
from autopay.parties.permissions import Act
from autopay.refusal import Refusal
from autopay.surfaces.shared.biller import Biller, biller
from autopay.surfaces.shared.fields import Form, whole
from autopay.surfaces.shared.page_seen import seen
from autopay.surfaces.shared.payers import find_payer
from autopay.surfaces.shared.visitor import Visitor
from autopay.surfaces.vendor.entrance import for_vendors
from autopay.surfaces.vendor.price_change import Practice
from autopay.surfaces.vendor.prices import history
from autopay.tenancy import WebDatabase

USED = f"""
    select product.uid, product.name, s.quantity, price.minor, price.source, price.document
    from selection s join product on product.id = s.product_id
    left join lateral ({PRICE.format(product="s.product_id", payer="s.payer_id", on="%(on)s")}) price on true
    where s.payer_id = %(payer)s and s.since <= %(on)s and (s.until is null or s.until > %(on)s) order by product.name
"""
OTHERS = """
    select p.uid, p.name from product p
    where not exists (select from selection s where s.product_id = p.id and s.payer_id = %(payer)s
                      and s.since <= %(on)s and (s.until is null or s.until > %(on)s)) order by p.name
"""


@dataclass(frozen=True, slots=True)
class Used:
    """A product of the account's next bill. `minor` per unit; None: no price is known, so it will not be on the bill."""

    uid: UUID
    name: str
    quantity: int
    minor: int | None
    source: str | None
    document: str | None

    @property
    def price(self) -> Money | None:
        return None if self.minor is None else Money(self.minor)

    @property
    def amount(self) -> Money:
        return Money((self.minor or 0) * self.quantity)

    @property
    def origin(self) -> str:
        return Price.Source(self.source).label if self.source else ""


@dataclass(frozen=True, slots=True)
class Other:
    uid: UUID
    name: str


class BillDayForm(Form):
    day = whole(gettext_lazy("Bill day"), 1, 31, gettext_lazy("1 to 31. In shorter months it is the last day."))


@for_vendors
def account_prices(request: HttpRequest, visitor: Visitor, uid: UUID) -> HttpResponse:
    visitor.must_be_allowed(Act.SEE_PAYERS)
    with visitor.reading() as tx:
        house, practice = biller(tx), find_practice(tx, uid)
        days, on = _days(tx, house, practice, visitor)
        used = tx.all(Used, USED, payer=practice.id, on=on)
        page = {"used": used, "others": tx.all(Other, OTHERS, payer=practice.id, on=on)}
        page |= {"payer": find_payer(tx, uid), "negotiated": history(tx, house.today(visitor), payer=practice.id)}
    page |= {"visitor": visitor, "biller": house, "practice": practice, "next_bill": on, "days": days}
    page |= {"total": Money(sum(each.amount.minor for each in used)), "may_change": visitor.may(Act.PRICES)}
    return render(request, "vendor/account_prices.html", page)


@for_vendors
def account_bill_day(request: HttpRequest, visitor: Visitor, uid: UUID) -> HttpResponse:
    """A changed day holds from next month on, so that every month has one bill (decision 18)."""
    visitor.must_be_allowed(Act.PRICES)
    with visitor.reading() as tx:
        house, practice = biller(tx), find_practice(tx, uid)
        days, on = _days(tx, house, practice, visitor)
    form = BillDayForm(request.POST if request.method == "POST" else None, initial={"day": days.then})
    if form.is_bound and form.is_valid():
        if request.POST.get("seen") != seen(days):
            messages.warning(request, _("Things changed since you opened this page. Nothing was saved. Please look again."))
            return redirect("vendor:account_bill_day", uid)
        try:
            since = change_bill_day(WebDatabase(), visitor.biller, practice.id, form.cleaned_data["day"], days, visitor.by)
        except Refusal as refusal:
            form.refused(refusal)
        else:
            told = {"account": practice.name, "n": form.cleaned_data["day"], "day": words.day(since)}
            messages.success(
                request, _("%(account)s is billed on day %(n)s from %(day)s on. This month's bill stays on its day.") % told
            )
            return redirect("vendor:account_prices", uid)
    page = {"visitor": visitor, "biller": house, "practice": practice, "form": form, "days": days, "next_bill": on}
    return render(request, "vendor/bill_day.html", page | {"seen": seen(days)}, status=422 if form.errors else 200)


def find_practice(tx: Tx, uid: UUID) -> Practice:
    found = tx.one(Practice, "select id, uid, name from payer where uid = %(uid)s and kind = 'account'", uid=uid)
    if found is None:
        raise Http404
    return found


def _days(tx: Tx, house: Biller, practice: Practice, visitor: Visitor) -> tuple[BillDay, date]:
    """The bill day, and the day of the next bill."""
    today = house.today(visitor)
    days = bill_day(tx, practice.id, today)
    if days is None:
        raise Http404
    return days, days.after(today)
