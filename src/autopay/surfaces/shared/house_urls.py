"""Addresses of the settings that office and console have alike."""

from __future__ import annotations

from django.urls import URLPattern, path

from autopay.surfaces.shared import books_page, connecting, house_page, people
from autopay.surfaces.shared.house_place import HousePlace


def house_urls(place: HousePlace) -> list[URLPattern]:
    return [
        path("settings/people/", place.view(people.people), name="people"),
        path("settings/people/invite", place.view(people.invite), name="invite"),
        path("settings/people/<int:member>/role", place.view(people.role), name="role"),
        path("settings/people/<int:member>/end", place.view(people.end), name="end_membership"),
        path("settings/people/invitations/<uuid:uid>", place.view(people.invitation), name="invitation"),
        path("settings/zone", place.view(house_page.zone), name="zone"),
        path("settings/processor/", place.view(connecting.processor), name="processor"),
        path("settings/processor/keys", place.view(connecting.keys), name="keys"),
        path("settings/processor/connection", place.view(connecting.switch), name="connection"),
        path("settings/books/", place.view(books_page.books), name="books"),
        path("settings/permissions/", place.view(people.permissions), name="permissions"),
    ]
