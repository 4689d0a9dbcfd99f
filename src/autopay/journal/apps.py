from django.apps import AppConfig


class JournalConfig(AppConfig):
    name = "autopay.journal"
    label = "journal"
