"""How a saved method behaves from now on, where the control API said so; otherwise its test number decides."""

from __future__ import annotations

from typing import Literal

from sandbox_processor.known_numbers import (
    BANK_ACCOUNTS,
    EXPIRED,
    FRAUDULENT,
    GENERIC,
    INSUFFICIENT,
    LOST,
    PROCESSING,
    RETURNS,
    STOLEN,
    VELOCITY,
    WRONG_CVC,
    Decline,
)
from sandbox_processor.state import Row

DECLINES: dict[str, Decline] = {
    "declined": GENERIC,
    "insufficient_funds": INSUFFICIENT,
    "expired_card": EXPIRED,
    "lost_card": LOST,
    "stolen_card": STOLEN,
    "incorrect_cvc": WRONG_CVC,
    "processing_error": PROCESSING,
    "card_velocity_exceeded": VELOCITY,
    "fraudulent": FRAUDULENT,
}
CARD_BEHAVIOURS = ("works", *DECLINES, "authentication_required")
BANK_BEHAVIOURS = ("works", *RETURNS)

FAULT_BEHAVIOURS: dict[str, str] = {
    "lost_answer": "lost_after",
    "lost_before": "lost_before",
    "slow": "slow",
    "late_effect": "late_effect",
    "error": "error_after",
    "cut": "cut",
}
"""Behaviours of the wire rather than of the issuer: each is a fault on every payment with the method."""


def card_behaviour(method: Row) -> Decline | Literal["works", "authentication_required"] | None:
    told = method.private.get("behaviour")
    if told in ("works", "authentication_required"):
        return "works" if told == "works" else "authentication_required"
    return DECLINES.get(told) if told else None


def bank_return_of(method: Row) -> str | None:
    """The Nacha code a debit of this account comes back with; None when it succeeds."""
    told = method.private.get("behaviour")
    if told is not None:
        return None if told == "works" else str(told)
    return BANK_ACCOUNTS[method.private["label"]].returns
