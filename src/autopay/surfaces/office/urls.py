"""Addresses of this surface."""

from django.urls import URLPattern

app_name = "office"
urlpatterns: list[URLPattern] = []
