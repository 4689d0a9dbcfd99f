"""Change a price: type it, see which bills it changes, then make it (A61). Looking changes nothing; its address can be loaded again."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from autopay import words
from autopay.billing.models import Price
from autopay.billing.price_preview import Changed, Preview
from autopay.billing.prices import PriceChange, change_price, preview_price
from autopay.database import Tx
from autopay.money import Money
from autopay.parties.permissions import Act
from autopay.refusal import Refusal
from autopay.sentences import refused
from autopay.surfaces.shared.biller import Biller, biller
from autopay.surfaces.shared.fields import Form, MoneyField, choice, day, text
from autopay.surfaces.shared.visitor import Visitor
from autopay.surfaces.vendor.entrance import for_vendors
from autopay.surfaces.vendor.prices import Product, find_product
from autopay.tenancy import WebDatabase

SHOWN = 50
NEGOTIATED = (("msa", "MSA"), ("sow", "SOW"))


@dataclass(frozen=True, slots=True)
class Practice:
    id: int
    uid: UUID
    name: str


class PriceForm(Form):
    """A list price; for an account, an MSA or SOW price instead."""

    price = MoneyField(gettext_lazy("Price per month"), gettext_lazy("For one. Nothing but the number, like 96.00."))
    since = day(gettext_lazy("From"), help_text=gettext_lazy("Today or later. Bills from this day on have the new price."))
    document = text(
        gettext_lazy("Document"),
        200,
        required=False,
        help_text=gettext_lazy("The title of the Data Sheet or contract, for later."),
    )


class NegotiatedForm(PriceForm):
    source = choice(gettext_lazy("From"), NEGOTIATED, gettext_lazy("A SOW stands before an MSA, an MSA before the Data Sheet."))
    until = day(
        gettext_lazy("Until"),
        required=False,
        help_text=gettext_lazy("The first day without this price. Empty: until it is changed."),
    )
    ends = choice(
        gettext_lazy("What to do"),
        (("", gettext_lazy("Set a price")), ("yes", gettext_lazy("End the price, so that the next in line holds"))),
    )
    field_order = ("source", "ends", "price", "since", "until", "document")

    def __init__(self, *args: object, **more: object) -> None:
        super().__init__(*args, **more)  # type: ignore[arg-type]  # as Django's own
        self.fields["source"].label = _("Agreed in")
        self.fields["ends"].required = False
        if self.data.get("ends"):
            self.fields["price"] = forms.CharField(label=_("Price per month"), required=False, widget=self.fields["price"].widget)

    def clean_until(self) -> object:
        until, since = self.cleaned_data["until"], self.cleaned_data.get("since")
        if until and since and until <= since:
            raise ValidationError(_("A price ends after it begins."))
        return until


@for_vendors
def change(request: HttpRequest, visitor: Visitor, uid: UUID) -> HttpResponse:
    """GET shows the form, and below it what would change once it is filled in; POST makes that, if it is still so."""
    visitor.must_be_allowed(Act.PRICES)
    typed = request.POST if request.method == "POST" else request.GET
    with visitor.reading() as tx:
        house, product = biller(tx), find_product(tx, visitor, uid)
        practice = _practice(tx, typed.get("account", ""))
    form = _form(typed, practice, house, visitor)
    wish = _wish(form, product, practice) if form.is_bound and form.is_valid() else None
    if request.method == "POST" and wish:
        try:
            made = change_price(WebDatabase(), visitor.biller, wish, request.POST.get("seen", ""), visitor.by)
        except Refusal as refusal:
            messages.warning(request, refused(refusal))
        else:
            messages.success(request, _made(product, wish, made))
            return redirect("vendor:account_prices", practice.uid) if practice else redirect("vendor:product", uid)
    looked = _look(visitor, form, wish)
    page = {"visitor": visitor, "biller": house, "product": product, "practice": practice, "form": form, "wish": wish}
    shown = _shown(looked, wish) if looked and wish else {}
    return render(request, "vendor/change_price.html", page | shown, status=422 if form.errors else 200)


def _practice(tx: Tx, uid: str) -> Practice | None:
    """The account a price is negotiated for; Http404 for one that is not this biller's."""
    if not uid:
        return None
    try:
        found = tx.one(Practice, "select id, uid, name from payer where uid = %(uid)s and kind = 'account'", uid=UUID(uid))
    except ValueError:
        found = None
    if found is None:
        raise Http404
    return found


def _form(typed: object, practice: Practice | None, house: Biller, visitor: Visitor) -> PriceForm:
    kind = NegotiatedForm if practice else PriceForm
    filled = "price" in typed or "ends" in typed  # type: ignore[operator]  # a QueryDict
    return kind(typed) if filled else kind(initial={"since": house.today(visitor)} | dict(typed.items()))  # type: ignore[attr-defined, arg-type]


def _wish(form: PriceForm, product: Product, practice: Practice | None) -> PriceChange:
    given = form.cleaned_data
    source = Price.Source(given["source"]) if practice else Price.Source.DATA_SHEET
    minor, until = (None, None) if given.get("ends") else (given["price"], given.get("until"))
    payer = practice.id if practice else None
    return PriceChange(product.id, source, payer, minor, given["since"], until, given["document"])


def _look(visitor: Visitor, form: PriceForm, wish: PriceChange | None) -> Preview | None:
    if wish is None:
        return None
    try:
        return preview_price(WebDatabase(), visitor.biller, wish, visitor.by)
    except Refusal as refusal:
        form.refused(Refusal("price" if refusal.code == "minor" else refusal.code, refusal.template, **refusal.values))
        return None


@dataclass(frozen=True, slots=True)
class Bill:
    row: Changed
    before: Money
    after: Money


def _shown(preview: Preview, wish: PriceChange) -> dict[str, object]:
    bills = [Bill(each, Money(each.before), Money(each.after)) for each in preview.changed[:SHOWN]]
    sums = {"before": Money(preview.before), "after": Money(preview.after)}
    kept = [_kept(why, n) for why, n in sorted(preview.kept.items())]
    price = None if wish.minor is None else Money(wish.minor)
    return {
        "preview": preview,
        "bills": bills,
        "more": len(preview.changed) - len(bills),
        "sums": sums,
        "kept": kept,
        "price": price,
    }


def _kept(why: str, n: int) -> str:
    said = {
        "sow": ngettext("%(n)s bill stays: a SOW stands before it", "%(n)s bills stay: a SOW stands before it", n),
        "msa": ngettext("%(n)s bill stays: an MSA stands before it", "%(n)s bills stay: an MSA stands before it", n),
        "later": ngettext("%(n)s bill stays: this price has ended by then", "%(n)s bills stay: this price has ended by then", n),
        "same": ngettext("%(n)s bill stays: the amount is the same", "%(n)s bills stay: the amount is the same", n),
    }
    return said[why] % {"n": n}


def _made(product: Product, wish: PriceChange, made: Preview) -> str:
    told = {"product": product.name, "day": words.day(wish.since), "n": len(made.changed)}
    if wish.minor is None:
        said = _("The price of %(product)s ends on %(day)s.") % told
    else:
        told["price"] = words.money(Money(wish.minor))
        said = _("%(product)s costs %(price)s from %(day)s on.") % told
    return (
        said
        + " "
        + ngettext("%(n)s coming bill changes.", "%(n)s coming bills change.", len(made.changed)) % told
        + " "
        + _("Issued bills stay as they are.")
    )
