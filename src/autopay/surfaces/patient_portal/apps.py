"""The Patient Portal."""

from django.apps import AppConfig


class PatientPortal(AppConfig):
    name = "autopay.surfaces.patient_portal"
    label = "surfaces_patient_portal"
