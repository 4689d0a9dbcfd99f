"""Addresses of the new Service Center."""

from django.urls import path

from autopay.surfaces.service_center import autopay_settings, pay, products, views

app_name = "service_center"
urlpatterns = [
    path("", views.home, name="home"),
    path("account-management/", views.account_management, name="account_management"),
    path("account-management/pay-bill/", views.pay_bill, name="pay_bill"),
    path("account-management/pay-bill/approve", views.approve, name="approve"),
    path("account-management/pay-bill/pay", pay.pay, name="pay"),
    path("account-management/autopay-settings/", autopay_settings.autopay_settings, name="autopay_settings"),
    path("account-management/autopay-settings/cancel", autopay_settings.cancel_autopay, name="cancel_autopay"),
    path("account-management/products/", products.products, name="products"),
    path("account-management/products/data-sheets/", products.data_sheets, name="data_sheets"),
    path("account-management/products/<uuid:uid>/", products.change_product, name="change_product"),
    path("account-management/history/", views.history, name="history"),
    path("account-management/bills/<uuid:uid>/", views.bill, name="bill"),
]
