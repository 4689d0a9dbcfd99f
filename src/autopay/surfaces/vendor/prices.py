"""Products and prices: the Data Sheet, a product with its history, a new product, another name (A61, A50)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from autopay.billing.models import Price
from autopay.billing.products import add_product, rename_product
from autopay.database import Tx
from autopay.money import Money
from autopay.parties.create import sort_key
from autopay.parties.permissions import Act
from autopay.refusal import Refusal
from autopay.surfaces.shared.biller import Biller, biller
from autopay.surfaces.shared.fields import Form, text
from autopay.surfaces.shared.visitor import Visitor
from autopay.surfaces.vendor.entrance import for_vendors
from autopay.tenancy import WebDatabase

PRODUCTS = """
    select p.id, p.uid, p.code, p.name, price.minor, price.since, price.document,
           (select count(*) from selection s where s.product_id = p.id and s.since <= %(today)s and (s.until is null or s.until > %(today)s))
               as accounts,
           (select count(distinct n.payer_id) from price n where n.product_id = p.id and n.payer_id is not null
                and n.since <= %(today)s and (n.until is null or n.until > %(today)s)) as negotiated,
           coming.minor as next_minor, coming.since as next_since
    from product p
    left join lateral (select * from price l where l.product_id = p.id and l.source = 'data_sheet' and l.since <= %(today)s
                       and (l.until is null or l.until > %(today)s) limit 1) price on true
    left join lateral (select * from price l where l.product_id = p.id and l.source = 'data_sheet' and l.since > %(today)s
                       and l.until is distinct from l.since order by l.since limit 1) coming on true
    where %(uid)s::uuid is null or p.uid = %(uid)s::uuid order by p.name, p.id
"""
HISTORY = """
    select price.source, price.minor, price.since, price.until, price.document, a.name as account, a.uid as account_uid,
           p.uid as product_uid, p.name as product
    from price join product p on p.id = price.product_id left join payer a on a.id = price.payer_id
    where (%(product)s::bigint is null or price.product_id = %(product)s::bigint)
      and (%(payer)s::bigint is null or price.payer_id = %(payer)s::bigint)
    order by price.source <> 'data_sheet', a.sort_key, p.name, price.since desc, price.id desc
"""


ACCOUNTS = """
    select p.uid, p.name, p.external_id,
           (select count(*) from price n where n.payer_id = p.id and (n.until is null or n.until > n.since)) as negotiated
    from payer p where p.kind = 'account' and (p.sort_key like %(like)s or lower(p.external_id) like %(like)s)
    order by p.sort_key, p.id limit %(limit)s
"""
ACCOUNTS_SHOWN = 20


@dataclass(frozen=True, slots=True)
class Found:
    """`negotiated`: how many MSA and SOW prices it has or had."""

    uid: UUID
    name: str
    external_id: str
    negotiated: int


@dataclass(frozen=True, slots=True)
class Product:
    """With its list price of today and the next one planned, in minor units; `negotiated`: accounts with an MSA or SOW price."""

    id: int
    uid: UUID
    code: str
    name: str
    minor: int | None
    since: date | None
    document: str | None
    accounts: int
    negotiated: int
    next_minor: int | None
    next_since: date | None

    @property
    def price(self) -> Money | None:
        return None if self.minor is None else Money(self.minor)

    @property
    def next_price(self) -> Money | None:
        return None if self.next_minor is None else Money(self.next_minor)


@dataclass(frozen=True, slots=True)
class _Row:
    source: str
    minor: int
    since: date
    until: date | None
    document: str
    account: str | None
    account_uid: UUID | None
    product_uid: UUID
    product: str


@dataclass(frozen=True, slots=True)
class Dated:
    """One price of the history. `state`: now, planned, over, or never (replaced before it began)."""

    row: _Row
    state: str

    @property
    def price(self) -> Money:
        return Money(self.row.minor)

    @property
    def source(self) -> str:
        return Price.Source(self.row.source).label


class ProductForm(Form):
    name = text(gettext_lazy("Name"), 120, help_text=gettext_lazy("As it stands on bills."))
    code = text(
        gettext_lazy("Code"),
        40,
        help_text=gettext_lazy("Small letters, digits and hyphens. It never changes; files name the product by it."),
        autocapitalize="none",
        spellcheck="false",
    )


class NameForm(Form):
    name = text(
        gettext_lazy("Name"), 120, help_text=gettext_lazy("From the next bill on. Bills that were issued keep the old name.")
    )


@for_vendors
def prices(request: HttpRequest, visitor: Visitor) -> HttpResponse:
    """Everybody on the staff may read it; the buttons are there for who may press them."""
    visitor.must_be_allowed(Act.SEE_PAYERS)
    with visitor.reading() as tx:
        house = biller(tx)
        found = tx.all(Product, PRODUCTS, today=house.today(visitor), uid=None)
        wanted = request.GET.get("q", "").strip()
        accounts = tx.all(Found, ACCOUNTS, like=f"%{_plain(wanted)}%", limit=ACCOUNTS_SHOWN)
    page = {"products": found, "wanted": wanted, "accounts": accounts, "all_shown": len(accounts) < ACCOUNTS_SHOWN}
    return render(request, "vendor/prices.html", _page(visitor, house) | page)


@for_vendors
def product(request: HttpRequest, visitor: Visitor, uid: UUID) -> HttpResponse:
    visitor.must_be_allowed(Act.SEE_PAYERS)
    with visitor.reading() as tx:
        house, found = biller(tx), find_product(tx, visitor, uid)
        dated = history(tx, house.today(visitor), product=found.id)
    page = {
        "product": found,
        "listed": [d for d in dated if not d.row.account],
        "negotiated": [d for d in dated if d.row.account],
    }
    return render(request, "vendor/product.html", _page(visitor, house) | page)


@for_vendors
def new_product(request: HttpRequest, visitor: Visitor) -> HttpResponse:
    visitor.must_be_allowed(Act.PRICES)
    form = ProductForm(request.POST or None)
    if form.is_bound and form.is_valid():
        try:
            made = add_product(WebDatabase(), visitor.biller, form.cleaned_data["name"], form.cleaned_data["code"], visitor.by)
        except Refusal as refusal:
            form.refused(refusal)
        else:
            messages.success(request, _("The product was added. It is on no bill before it has a price."))
            return redirect("vendor:product", made)
    with visitor.reading() as tx:
        page = _page(visitor, biller(tx))
    return render(request, "vendor/new_product.html", page | {"form": form}, status=422 if form.errors else 200)


@for_vendors
def rename(request: HttpRequest, visitor: Visitor, uid: UUID) -> HttpResponse:
    visitor.must_be_allowed(Act.PRICES)
    with visitor.reading() as tx:
        house, found = biller(tx), find_product(tx, visitor, uid)
    form = NameForm(request.POST if request.method == "POST" else None, initial={"name": found.name})
    if form.is_bound and form.is_valid():
        try:
            rename_product(WebDatabase(), visitor.biller, found.id, form.cleaned_data["name"], visitor.by)
        except Refusal as refusal:
            form.refused(refusal)
        else:
            messages.success(request, _("The product is called %(name)s now.") % {"name": form.cleaned_data["name"]})
            return redirect("vendor:product", uid)
    page = _page(visitor, house) | {"product": found, "form": form}
    return render(request, "vendor/rename_product.html", page, status=422 if form.errors else 200)


def find_product(tx: Tx, visitor: Visitor, uid: UUID) -> Product:
    found = tx.one(Product, PRODUCTS, today=biller(tx).today(visitor), uid=uid)
    if found is None:
        raise Http404
    return found


def history(tx: Tx, today: date, product: int | None = None, payer: int | None = None) -> list[Dated]:
    return [Dated(row, _state(row, today)) for row in tx.all(_Row, HISTORY, product=product, payer=payer)]


def _state(row: _Row, today: date) -> str:
    if row.until == row.since:
        return "never"
    if row.since > today:
        return "planned"
    return "now" if row.until is None or row.until > today else "over"


def _plain(text: str) -> str:
    """As names are stored for sorting, with the wildcards of LIKE taken literally."""
    return sort_key(text).replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def _page(visitor: Visitor, house: Biller) -> dict[str, object]:
    return {"visitor": visitor, "biller": house, "may_change": visitor.may(Act.PRICES)}
