"""Addresses of this surface."""

from django.urls import URLPattern

app_name = "patient_portal"
urlpatterns: list[URLPattern] = []
