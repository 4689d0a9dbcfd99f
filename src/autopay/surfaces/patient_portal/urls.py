"""Addresses of the Patient Portal."""

from django.urls import path

from autopay.surfaces.patient_portal import pay, views

app_name = "patient_portal"
urlpatterns = [
    path("billing/", views.billing, name="billing"),
    path("invoices/<uuid:uid>/", views.invoice, name="invoice"),
    path("invoices/<uuid:uid>/pay", pay.pay, name="pay"),
    path("invoices/<uuid:uid>/payment", pay.payment, name="payment"),
]
