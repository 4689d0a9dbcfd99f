"""The link of a failure notice: whoever has it may pay one invoice, without a log-in, for thirty days (V40)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from django.core import signing

SALT = "autopay.pay"
GOOD_FOR = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Asked:
    """This biller's invoice, by its public id."""

    biller: int
    invoice: str


def ticket(asked: Asked) -> str:
    """For the address in the mail. Signed by this installation: it can pay exactly this invoice and nothing else."""
    return signing.dumps([asked.biller, asked.invoice], salt=SALT)


def read_ticket(text: str) -> Asked | None:
    """None if it was not made here or is too old."""
    try:
        return Asked(*signing.loads(text, salt=SALT, max_age=GOOD_FOR))
    except signing.BadSignature:
        return None
