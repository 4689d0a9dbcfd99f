"""Addresses of this surface."""

from django.urls import URLPattern

app_name = "service_center"
urlpatterns: list[URLPattern] = []
