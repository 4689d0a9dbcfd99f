"""Saying yes to a bill above the limit, from the link in a mail."""

from django.apps import AppConfig


class Approvals(AppConfig):
    name = "autopay.surfaces.approvals"
    label = "surfaces_approvals"
