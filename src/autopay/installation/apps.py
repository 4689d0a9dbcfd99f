from django.apps import AppConfig


class InstallationConfig(AppConfig):
    name = "autopay.installation"
    label = "installation"
