"""The demo's landing page and gallery."""

from django.apps import AppConfig


class Demo(AppConfig):
    name = "autopay.surfaces.demo"
    label = "surfaces_demo"
