"""Service Center Classic, Practice Mate and EHR 24/7: one set of pages, three skins."""

from django.apps import AppConfig


class Classic(AppConfig):
    name = "autopay.surfaces.classic"
    label = "surfaces_classic"
