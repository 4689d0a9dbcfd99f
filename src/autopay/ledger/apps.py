from django.apps import AppConfig


class LedgerConfig(AppConfig):
    name = "autopay.ledger"
    label = "ledger"
