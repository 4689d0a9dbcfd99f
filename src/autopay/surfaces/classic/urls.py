"""Addresses of this surface."""

from django.urls import URLPattern

app_name = "classic"
urlpatterns: list[URLPattern] = []
