"""Open an account for a practice (A64): who it is, when it is billed, for what. Nothing is charged by it."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from autopay.billing.open_account import NewAccount, open_account
from autopay.parties.permissions import Act
from autopay.refusal import Refusal
from autopay.surfaces.shared.biller import biller
from autopay.surfaces.shared.fields import Form, email, text, whole
from autopay.surfaces.shared.visitor import Visitor
from autopay.surfaces.vendor.entrance import for_vendors
from autopay.surfaces.vendor.prices import PRODUCTS, Product
from autopay.tenancy import WebDatabase


class AccountForm(Form):
    name = text(gettext_lazy("Name of the practice"), 160)
    external_id = text(
        gettext_lazy("Account number"), 120, help_text=gettext_lazy("Yours, as on your contract. No two accounts share one.")
    )
    email = email(
        gettext_lazy("Email"), help_text=gettext_lazy("Bills and notices go here until the account names another address.")
    )
    bill_day = whole(gettext_lazy("Bill day"), 1, 31, gettext_lazy("1 to 31. In shorter months it is the last day."))

    def __init__(self, *args: object, products: list[Product], **more: object) -> None:
        super().__init__(*args, **more)  # type: ignore[arg-type]  # as Django's own
        self.products = products
        for each in products:
            self.fields[f"product_{each.uid}"] = whole(each.name, 0, 9999)
            self.fields[f"product_{each.uid}"].required = False

    @property
    def quantities(self) -> list[object]:
        """The bound fields of the products, with each product."""
        return [(each, self[f"product_{each.uid}"]) for each in self.products]

    def account(self) -> NewAccount:
        given = self.cleaned_data
        wanted = {each.id: given.get(f"product_{each.uid}") or 0 for each in self.products}
        return NewAccount(
            " ".join(given["name"].split()),
            given["external_id"],
            given["email"].lower(),
            given["bill_day"],
            {product: n for product, n in wanted.items() if n},
        )


@for_vendors
def new_account(request: HttpRequest, visitor: Visitor) -> HttpResponse:
    """Sent twice it is one account: its number is taken then."""
    visitor.must_be_allowed(Act.PRICES)
    with visitor.reading() as tx:
        house = biller(tx)
        products = tx.all(Product, PRODUCTS, today=house.today(visitor), uid=None)
        usual: int = tx.value("select bill_day from biller")
    form = AccountForm(request.POST if request.method == "POST" else None, products=products, initial={"bill_day": usual})
    if form.is_bound and form.is_valid():
        try:
            made = open_account(WebDatabase(), visitor.biller, form.account(), visitor.by)
        except Refusal as refusal:
            form.refused(refusal)
        else:
            said = _("%(name)s has an account now. Nothing was charged. Its owner can be invited under Settings, People.")
            messages.success(request, said % {"name": form.cleaned_data["name"]})
            return redirect("vendor:account_prices", made)
    page = {"visitor": visitor, "biller": house, "form": form}
    return render(request, "vendor/new_account.html", page, status=422 if form.errors else 200)
