"""Answers to the human check as a program with time on its hands has them: solved, each good once."""

from __future__ import annotations

import base64
import json

from altcha.v2 import Payload, solve_challenge
from altcha_django import build_challenge


def solved() -> str:
    """Signed by this installation and really solved; made easy, because a thousand of them are needed."""
    challenge = build_challenge(cost=1, key_prefix="0")
    solution = solve_challenge(challenge)
    assert solution is not None
    return base64.b64encode(json.dumps(Payload(challenge, solution).to_dict()).encode()).decode()


def answer_of(token: str, human: str, **other: str) -> dict[str, str]:
    """A filled-in enrollment with a new card, as the page's script posts it."""
    return {
        "agree": "on",
        "email": "billing@greenvalley.test",
        "phone": "(415) 555-0118",
        "company": "Green Valley",
        "first_name": "Hannah",
        "last_name": "Brooks",
        "street": "218 Orchard Road",
        "city": "Petaluma",
        "state": "CA",
        "zip": "94952",
        "country": "US",
        "kind": "card",
        "holder": "Hannah Brooks",
        "token": token,
        "human": human,
        "seen": "1",
        **other,
    }
