"""Addresses of the classic screens: Service Center Classic, Practice Mate and EHR 24/7 are one set of pages."""

from django.urls import path

from autopay.surfaces.classic import enrollment, products, views

app_name = "classic"
urlpatterns = [
    path("<slug:slug>/pay-bill/", views.pay_bill, name="pay_bill"),
    path("<slug:slug>/pay-bill/approve", views.approve, name="approve"),
    path("<slug:slug>/pay-bill/enroll", enrollment.enroll, name="enroll"),
    path("<slug:slug>/autopay-settings/", enrollment.autopay_settings, name="autopay_settings"),
    path("<slug:slug>/manage-office/", views.manage_office, name="manage_office"),
    path("<slug:slug>/products/", products.products, name="products"),
    path("<slug:slug>/products/data-sheets/", products.data_sheets, name="data_sheets"),
    path("<slug:slug>/products/<uuid:uid>/", products.change_product, name="change_product"),
    path("<slug:slug>/history/", views.history, name="history"),
    path("<slug:slug>/bills/<uuid:uid>/", views.bill, name="bill"),
    path("<slug:slug>/pay", views.pay, name="pay"),
]
