"""Addresses of receipts, and those that mails lead to."""

from django.urls import path

from autopay.surfaces.receipts import opened, views

app_name = "receipts"
urlpatterns = [
    path("portal/receipts/<uuid:uid>/", views.portal, name="portal"),
    path("service-center/receipts/<uuid:uid>/", views.service_center, name="service_center"),
    path("classic/<slug:slug>/receipts/<uuid:uid>/", views.classic, name="classic"),
    path("receipts/<uuid:uid>", opened.receipt, name="open"),
    path("bills/<uuid:uid>", opened.bill, name="open_bill"),
    path("receipts/<uuid:uid>/pay", opened.pay, name="open_pay"),
]
