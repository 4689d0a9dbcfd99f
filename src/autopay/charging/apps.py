from django.apps import AppConfig


class ChargingConfig(AppConfig):
    name = "autopay.charging"
    label = "charging"
