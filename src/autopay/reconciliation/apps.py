from django.apps import AppConfig


class ReconciliationConfig(AppConfig):
    name = "autopay.reconciliation"
    label = "reconciliation"
