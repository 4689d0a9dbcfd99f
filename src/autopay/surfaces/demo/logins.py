"""The people of the demo world, offered on the log-in page."""

from __future__ import annotations

from dataclasses import dataclass

from autopay.demo_people import LOGINS as PEOPLE
from autopay.demo_people import PASSWORD

__all__ = ["LOGINS", "PASSWORD"]


@dataclass(frozen=True, slots=True)
class Login:
    email: str
    who: str


LOGINS = tuple(Login(email, who[0].upper() + who[1:]) for email, who in PEOPLE.items())
