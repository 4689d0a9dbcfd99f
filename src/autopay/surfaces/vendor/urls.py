"""Addresses of the vendor's console."""

from django.urls import path

from autopay.surfaces.shared import house_page
from autopay.surfaces.shared.house_urls import house_urls
from autopay.surfaces.vendor import (
    account,
    account_prices,
    accounts,
    bills,
    new_account,
    past,
    price_change,
    prices,
    runs,
    terms,
)
from autopay.surfaces.vendor.entrance import CONSOLE

app_name = "vendor"
urlpatterns = [
    path("accounts/", accounts.accounts, name="accounts"),
    path("accounts/<uuid:uid>/", account.account, name="account"),
    path("accounts/<uuid:uid>/payments/", account.payments, name="payments"),
    path("accounts/<uuid:uid>/changes/", account.changes, name="changes"),
    path("bills/<uuid:uid>/", bills.bill, name="bill"),
    path("bills/<uuid:uid>/void", bills.void, name="void"),
    path("bills/<uuid:uid>/refund", bills.refund, name="refund"),
    path("bills/<uuid:uid>/record", bills.record, name="record"),
    path("runs/", runs.tonight, name="runs"),
    path("runs/month/", runs.month, name="month"),
    path("runs/next-month/", runs.next_month, name="next_month"),
    path("runs/past/", past.past, name="past"),
    path("prices/", prices.prices, name="prices"),
    path("prices/new", prices.new_product, name="new_product"),
    path("prices/<uuid:uid>/", prices.product, name="product"),
    path("prices/<uuid:uid>/name", prices.rename, name="rename_product"),
    path("prices/<uuid:uid>/change", price_change.change, name="change_price"),
    path("accounts/new", new_account.new_account, name="new_account"),
    path("accounts/<uuid:uid>/prices/", account_prices.account_prices, name="account_prices"),
    path("accounts/<uuid:uid>/bill-day", account_prices.account_bill_day, name="account_bill_day"),
    path("settings/", CONSOLE.view(house_page.house), name="settings"),
    *house_urls(CONSOLE),
    path("settings/terms/", terms.terms, name="terms"),
    path("settings/terms/<slug:kind>/<int:number>", terms.version, name="terms_version"),
    path("settings/terms/<slug:kind>/new", terms.write, name="write_terms"),
    path("settings/terms/<slug:kind>/<slug:language>/<int:number>", terms.version, name="terms_version_in"),
    path("settings/terms/<slug:kind>/<slug:language>/new", terms.write, name="write_terms_in"),
]
