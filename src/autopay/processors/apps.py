from django.apps import AppConfig


class ProcessorsConfig(AppConfig):
    name = "autopay.processors"
    label = "processors"
