"""Addresses of the Patient Portal."""

from django.urls import path

from autopay.surfaces.patient_portal import pay, payments, requests, several, views

app_name = "patient_portal"
urlpatterns = [
    path("billing/", views.billing, name="billing"),
    path("invoices/<uuid:uid>/", views.invoice, name="invoice"),
    path("requests/", requests.requests, name="requests"),
    path("pay/", several.choose, name="several"),
    path("pay/card", several.card, name="several_card"),
    path("pay/review", several.review, name="several_review"),
    path("payments/", payments.payments, name="payments"),
    path("invoices/<uuid:uid>/pay", pay.pay, name="pay"),
    path("invoices/<uuid:uid>/payment", pay.payment, name="payment"),
]
