"""The console of a vendor: its accounts, prices, runs and its own house."""

from django.apps import AppConfig


class Vendor(AppConfig):
    name = "autopay.surfaces.vendor"
    label = "surfaces_vendor"
