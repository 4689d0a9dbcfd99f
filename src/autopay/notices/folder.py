"""The demo's mail server: a folder. One file per mail, named after it, so that a mail sent twice is one file."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend


class Folder(BaseEmailBackend):
    """Django's interface of a mail backend. Each file is a whole message, as a mail program would open it."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        for each in email_messages:
            _keep(each)
        return len(email_messages)


def _keep(message: EmailMessage) -> None:
    """Written beside and moved: a reader never sees half a mail."""
    folder = settings.MAIL_FOLDER
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    whole: Any = message.message()
    name = str(whole["Message-ID"]).strip("<>").partition("@")[0]
    fresh = folder / f".{name}.fresh"
    fresh.write_bytes(whole.as_bytes())
    fresh.replace(folder / f"{name}.eml")
