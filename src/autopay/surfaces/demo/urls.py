"""Addresses that exist in the demo only."""

from django.urls import path

from autopay.surfaces.demo import views

app_name = "demo"
urlpatterns = [
    path("", views.landing, name="landing"),
    path("components", views.components, name="components"),
]
