"""What every surface uses."""

from django.apps import AppConfig


class Shared(AppConfig):
    name = "autopay.surfaces.shared"
    label = "surfaces_shared"
