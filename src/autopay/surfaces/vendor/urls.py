"""Addresses of the vendor's console."""

from django.urls import URLPattern

app_name = "vendor"
urlpatterns: list[URLPattern] = []
