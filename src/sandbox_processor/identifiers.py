"""Object ids as Stripe shapes them: a prefix and 24 letters and digits."""

from __future__ import annotations

import random
import secrets

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


class Identifiers:
    """`Identifiers(random.Random(7))` gives the same ids every time; without a source no two runs share one."""

    def __init__(self, source: random.Random | None = None) -> None:
        self._choices = (source or random.Random(secrets.randbits(256))).choices

    def new(self, prefix: str, length: int = 24) -> str:
        return prefix + "".join(self._choices(ALPHABET, k=length))
