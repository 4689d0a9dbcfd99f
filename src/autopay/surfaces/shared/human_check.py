"""The check that a person and no program submits (A17): how it is shown, and whether it was passed. Each answer counts once."""

from __future__ import annotations

from typing import Protocol

from altcha_django import AltchaWidget, run_verification
from django.http import HttpRequest
from django.utils.safestring import SafeString, mark_safe

FIELD = "human"


class HumanCheck(Protocol):
    def render(self) -> SafeString:
        """The box, labelled `I'm not a robot`."""
        ...

    def passed(self, request: HttpRequest) -> bool:
        """Whether this request carries a good answer that was not used before. It is used by being asked about."""
        ...


class Altcha:
    """Proof of work, from this site alone: nothing is asked of anybody else."""

    def render(self) -> SafeString:
        return mark_safe(AltchaWidget().render(FIELD, None))

    def passed(self, request: HttpRequest) -> bool:
        return bool(run_verification(request.POST.get(FIELD, ""), request=request).verified)


def human_check() -> HumanCheck:
    return Altcha()
