from django.apps import AppConfig


class NoticesConfig(AppConfig):
    name = "autopay.notices"
    label = "notices"
