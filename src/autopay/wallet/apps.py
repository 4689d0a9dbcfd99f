from django.apps import AppConfig


class WalletConfig(AppConfig):
    name = "autopay.wallet"
    label = "wallet"
