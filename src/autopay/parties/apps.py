from django.apps import AppConfig


class PartiesConfig(AppConfig):
    name = "autopay.parties"
    label = "parties"
