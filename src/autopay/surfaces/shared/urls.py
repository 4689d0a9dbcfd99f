"""Addresses every surface uses."""

from django.urls import path

from autopay.surfaces.shared.account_switcher import switch_account
from autopay.surfaces.shared.history_page import history_file
from autopay.surfaces.shared.language import set_language
from autopay.surfaces.shared.preferences import set_theme

urlpatterns = [
    path("preferences/theme", set_theme, name="set_theme"),
    path("preferences/language", set_language, name="set_language"),
    path("account/switch", switch_account, name="switch_account"),
    path("account/history.csv", history_file, name="history_file"),
]
