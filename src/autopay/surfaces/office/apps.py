"""The office of an agency."""

from django.apps import AppConfig


class Office(AppConfig):
    name = "autopay.surfaces.office"
    label = "surfaces_office"
