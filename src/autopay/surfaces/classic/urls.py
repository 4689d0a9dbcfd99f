"""Addresses of the classic screens: Service Center Classic, Practice Mate and EHR 24/7 are one set of pages."""

from django.urls import path, register_converter
from django.urls.converters import SlugConverter

from autopay.surfaces.classic import enrollment, products, views
from autopay.surfaces.shared import pay_once, payment_page, wallet_page
from autopay.surfaces.shared.products import NEW


class ClassicProduct(SlugConverter):
    """Of views shared with the new Service Center, which has its own addresses for them."""

    regex = rf"(?!{NEW}\b){SlugConverter.regex}"


register_converter(ClassicProduct, "product")

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
    path("<product:slug>/pay", pay_once.pay, name="pay"),
    path("<product:slug>/pay/review", pay_once.review, name="review"),
    path("<product:slug>/payments/<uuid:uid>/", payment_page.payment, name="payment"),
    path("<product:slug>/wallet/", wallet_page.wallet, name="wallet"),
    path("<product:slug>/wallet/add", wallet_page.add, name="add_method"),
    path("<product:slug>/wallet/<uuid:uid>/remove", wallet_page.remove, name="remove_method"),
    path("<product:slug>/wallet/<uuid:uid>/look-again", wallet_page.look_again, name="look_again"),
]
