"""Addresses every surface uses."""

from django.urls import path

from autopay.surfaces.shared.preferences import set_theme

urlpatterns = [path("preferences/theme", set_theme, name="set_theme")]
