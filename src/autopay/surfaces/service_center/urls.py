"""Addresses of the new Service Center."""

from django.urls import path

from autopay.surfaces.service_center import autopay_settings, products, views
from autopay.surfaces.shared import pay_once, payment_page, wallet_page
from autopay.surfaces.shared.products import NEW

app_name = "service_center"
HERE = {"slug": NEW}
urlpatterns = [
    path("", views.home, name="home"),
    path("account-management/", views.account_management, name="account_management"),
    path("account-management/pay-bill/", views.pay_bill, name="pay_bill"),
    path("account-management/pay-bill/approve", views.approve, name="approve"),
    path("account-management/pay-bill/pay", pay_once.pay, HERE, name="pay"),
    path("account-management/pay-bill/review", pay_once.review, HERE, name="review"),
    path("account-management/payments/<uuid:uid>/", payment_page.payment, HERE, name="payment"),
    path("account-management/wallet/", wallet_page.wallet, HERE, name="wallet"),
    path("account-management/wallet/add", wallet_page.add, HERE, name="add_method"),
    path("account-management/wallet/<uuid:uid>/remove", wallet_page.remove, HERE, name="remove_method"),
    path("account-management/wallet/<uuid:uid>/look-again", wallet_page.look_again, HERE, name="look_again"),
    path("account-management/autopay-settings/", autopay_settings.autopay_settings, name="autopay_settings"),
    path("account-management/autopay-settings/cancel", autopay_settings.cancel_autopay, name="cancel_autopay"),
    path("account-management/products/", products.products, name="products"),
    path("account-management/products/data-sheets/", products.data_sheets, name="data_sheets"),
    path("account-management/products/<uuid:uid>/", products.change_product, name="change_product"),
    path("account-management/history/", views.history, name="history"),
    path("account-management/bills/<uuid:uid>/", views.bill, name="bill"),
]
