from django.apps import AppConfig


class AgreementsConfig(AppConfig):
    name = "autopay.agreements"
    label = "agreements"
