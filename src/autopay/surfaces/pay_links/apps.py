"""Paying one bill from the link of a mail."""

from django.apps import AppConfig


class PayLinks(AppConfig):
    name = "autopay.surfaces.pay_links"
    label = "surfaces_pay_links"
