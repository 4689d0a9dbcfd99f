"""The new Service Center."""

from django.apps import AppConfig


class ServiceCenter(AppConfig):
    name = "autopay.surfaces.service_center"
    label = "surfaces_service_center"
