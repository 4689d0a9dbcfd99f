"""Addresses of the office."""

from django.urls import path

from autopay.surfaces.office import company, dashboard, invoices, methods, patient, patients, payments, visits

app_name = "office"
urlpatterns = [
    path("", patients.home, name="home"),
    path("dashboard/", dashboard.dashboard, name="dashboard"),
    path("payments/", payments.payments, name="payments"),
    path("patients/", patients.patients, name="patients"),
    path("patients/<uuid:uid>/", patient.billing, name="patient"),
    path("patients/<uuid:uid>/changes/", patient.changes, name="changes"),
    path("patients/<uuid:uid>/auto-bill", patient.switch, name="switch"),
    path("patients/<uuid:uid>/visits/new", visits.complete, name="visit"),
    path("methods/<uuid:uid>/default", methods.default, name="default"),
    path("methods/<uuid:uid>/remove", methods.remove, name="remove"),
    path("invoices/<uuid:uid>/", invoices.invoice, name="invoice"),
    path("invoices/<uuid:uid>/void", invoices.void, name="void"),
    path("invoices/<uuid:uid>/refund", invoices.refund, name="refund"),
    path("invoices/<uuid:uid>/record", invoices.record, name="record"),
    path("settings/", company.settings, name="settings"),
    path("settings/auto-bill", company.auto_bill, name="auto_bill"),
]
