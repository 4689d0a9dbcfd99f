from django.apps import AppConfig


class InvitationsConfig(AppConfig):
    name = "autopay.surfaces.invitations"
    label = "surfaces_invitations"
