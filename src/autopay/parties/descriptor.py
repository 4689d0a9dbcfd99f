"""What a payer reads on the card or bank statement. It must be accepted by card networks and say nothing about care (rule H3)."""

from __future__ import annotations

import re

SHORTEST, LONGEST = 5, 22
REFUSED = "<>\\'\"*"
CLINICAL = (
    "abort",
    "addict",
    "aids",
    "alcohol",
    "cancer",
    "chemo",
    "depress",
    "detox",
    "diagnos",
    "dialysis",
    "disease",
    "disorder",
    "fertility",
    "hepatitis",
    "hiv",
    "hospice",
    "methadone",
    "oncolog",
    "psych",
    "rehab",
    "std",
    "suboxone",
    "therap",
    "trauma",
    "treatment",
    "urolog",
)
"""Beginnings of words: `THERAP` refuses therapy and therapist, and leaves `STANDARD` alone."""


def fault(text: str) -> str:
    """What is wrong with it, as a sentence; empty when nothing is."""
    if not SHORTEST <= len(text) <= LONGEST:
        return f"A statement descriptor has {SHORTEST} to {LONGEST} characters. This has {len(text)}."
    if any(not " " <= letter <= "~" for letter in text) or text != " ".join(text.split()):
        return "Use letters without accents, digits, single spaces and plain signs."
    if used := [letter for letter in REFUSED if letter in text]:
        return f"Card networks refuse the sign {used[0]} here."
    if not re.search(r"[A-Za-z]", text):
        return "There must be at least one letter in it."
    words = re.findall(r"[a-z]+", text.lower())
    if clinical := [word for word in words if word.startswith(CLINICAL)]:
        return f"A bank statement is read by others too: “{clinical[0]}” says something about care."
    return ""
