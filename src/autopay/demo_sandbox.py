"""What the demo asks of the sandbox beside its payments: tokens for test numbers, and to move its clock. Test keys only."""

from __future__ import annotations

import json
import urllib.parse
import urllib.request
from collections.abc import Mapping
from datetime import timedelta


def card_token(sandbox_url: str, number: str, publishable_key: str, holder: str) -> str:
    """What the processor's own card fields give a browser: a token for a test number and the name typed above it."""
    typed = {"type": "card", "card[number]": number, "card[exp_month]": "12", "card[exp_year]": "2034", "card[cvc]": "123"}
    form = urllib.parse.urlencode(typed | ({"billing_details[name]": holder} if holder else {})).encode()
    return str(_post(f"{sandbox_url}/v1/payment_methods", form, {"Authorization": f"Bearer {publishable_key}"})["id"])


def move_clock(sandbox_url: str, by: timedelta) -> None:
    """Forward, or back before anything has happened. Bank days, payouts and returns on the way take place."""
    body = json.dumps({"seconds": int(by.total_seconds())}).encode()
    _post(f"{sandbox_url}/_sandbox/clock/advance", body, {"Content-Type": "application/json"})


def send_webhooks(sandbox_url: str, to: str, account: str) -> None:
    """From now on the sandbox tells `to` what happens in an account, signed with that account's demo secret."""
    body = json.dumps({"account": account, "url": to, "secret": f"whsec_{account}"}).encode()
    _post(f"{sandbox_url}/_sandbox/endpoints", body, {"Content-Type": "application/json"})


def _post(url: str, body: bytes, headers: Mapping[str, str]) -> Mapping[str, object]:
    request = urllib.request.Request(url, body, dict(headers))
    with urllib.request.urlopen(request, timeout=60) as answer:
        return dict(json.load(answer))
