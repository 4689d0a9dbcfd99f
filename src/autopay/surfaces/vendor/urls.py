"""Addresses of the vendor's console."""

from django.urls import path

from autopay.surfaces.vendor import account, accounts, bills, past, runs

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
]
