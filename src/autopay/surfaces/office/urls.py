"""Addresses of the office."""

from django.urls import path

from autopay.surfaces.office import (
    adding,
    company,
    contacts,
    dashboard,
    invoice_list,
    invoices,
    methods,
    new_patient,
    overview,
    patient,
    patients,
    payments,
    requests,
    switching,
    visits,
    worklist,
)
from autopay.surfaces.office.entrance import OFFICE
from autopay.surfaces.shared import house_page
from autopay.surfaces.shared.house_urls import house_urls

app_name = "office"
urlpatterns = [
    path("", patients.home, name="home"),
    path("dashboard/", dashboard.dashboard, name="dashboard"),
    path("payments/", payments.payments, name="payments"),
    path("patients/", patients.patients, name="patients"),
    path("patients/new", new_patient.new_patient, name="new_patient"),
    path("patients/<uuid:uid>/contacts", contacts.add, name="add_contact"),
    path("patients/<uuid:uid>/contacts/<uuid:contact>", contacts.change, name="contact"),
    path("patients/<uuid:uid>/", patient.billing, name="patient"),
    path("patients/<uuid:uid>/changes/", patient.changes, name="changes"),
    path("patients/<uuid:uid>/overview/", overview.overview, name="overview"),
    path("patients/<uuid:uid>/auto-bill", switching.switch, name="switch"),
    path("patients/<uuid:uid>/auto-bill/card", switching.which_card, name="which_card"),
    path("patients/<uuid:uid>/methods/add", adding.add, name="add_method"),
    path("patients/<uuid:uid>/methods/link", adding.link, name="method_link"),
    path("papers/<uuid:uid>", adding.paper, name="paper"),
    path("patients/<uuid:uid>/visits/", visits.visits, name="visits"),
    path("patients/<uuid:uid>/visits/new", visits.complete, name="visit"),
    path("visits/<uuid:uid>/invoice", visits.invoice, name="invoice_visit"),
    path("methods/<uuid:uid>/default", methods.default, name="default"),
    path("methods/<uuid:uid>/remove", methods.remove, name="remove"),
    path("patients/<uuid:uid>/requests/", requests.requests, name="requests"),
    path("requests/<uuid:uid>/done", requests.done, name="request_done"),
    path("worklist/", worklist.worklist, name="worklist"),
    path("invoices/", invoice_list.invoice_list, name="invoice_list"),
    path("invoices/<uuid:uid>/", invoices.invoice, name="invoice"),
    path("invoices/<uuid:uid>/void", invoices.void, name="void"),
    path("invoices/<uuid:uid>/refund", invoices.refund, name="refund"),
    path("invoices/<uuid:uid>/record", invoices.record, name="record"),
    path("settings/", company.settings, name="settings"),
    path("settings/auto-bill", company.auto_bill, name="auto_bill"),
    path("settings/contact/", OFFICE.view(house_page.house), name="house"),
    *house_urls(OFFICE),
]
