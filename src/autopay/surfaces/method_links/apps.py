"""A payer adds a card or bank account by a single-use link, and agrees."""

from django.apps import AppConfig


class MethodLinks(AppConfig):
    name = "autopay.surfaces.method_links"
    label = "surfaces_method_links"
