from django.apps import AppConfig


class InteropConfig(AppConfig):
    name = "autopay.interop"
    label = "interop"
