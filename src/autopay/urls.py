"""Every address the web answers."""

from django.urls import URLPattern, URLResolver, include, path

urlpatterns: list[URLPattern | URLResolver] = [
    path("accounts/", include("allauth.account.urls")),
    path("human-check/", include("altcha_django.urls")),
    path("", include("autopay.surfaces.urls")),
]
