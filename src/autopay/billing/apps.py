from django.apps import AppConfig


class BillingConfig(AppConfig):
    name = "autopay.billing"
    label = "billing"
