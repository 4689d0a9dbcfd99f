"""Receipts, for everybody who pays."""

from django.apps import AppConfig


class Receipts(AppConfig):
    name = "autopay.surfaces.receipts"
    label = "surfaces_receipts"
