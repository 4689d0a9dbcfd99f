"""Every pair of colour tokens the screens use keeps WCAG 2.x contrast, in light and in dark."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from autopay.surfaces import shared

CSS = (Path(shared.__file__).parent / "static/autopay/autopay.css").read_text()
TONES = ("ok", "warn", "info", "bad", "off")
GROUNDS = ("bg", "surface", "sunken")
SKINS = {
    "service": r"\[data-surface=service\] \{(.*?)\}",
    "classic": r"\[data-skin=classic\] \{(.*?)\n  \}",
    "practice-mate": r"\[data-product=practice-mate\] \{(.*?)\}",
    "ehr": r"\[data-product=ehr\] \{(.*?)\}",
}
TEXT, PART = 4.5, 3.0


def test_every_colour_pair_has_enough_contrast() -> None:
    short = [
        f"{name} {mode}: {text} on {ground} is {ratio(tokens[text][index], tokens[ground][index]):.2f}, needs {need}"
        for name, tokens in themes().items()
        for text, ground, need in pairs(tokens)
        for index, mode in enumerate(("light", "dark"))
        if ratio(tokens[text][index], tokens[ground][index]) < need
    ]
    assert short == []


def test_a_skin_says_every_colour_in_both_modes() -> None:
    assert all(tokens_in(re.search(pattern, CSS, re.S).group(1)) for pattern in SKINS.values())  # type: ignore[union-attr]


@pytest.mark.parametrize(("first", "second", "expected"), [("#000000", "#ffffff", 21.0), ("#777777", "#ffffff", 4.48)])
def test_the_ratio_is_the_one_of_the_recommendation(first: str, second: str, expected: float) -> None:
    assert ratio(first, second) == pytest.approx(expected, abs=0.01)


def themes() -> dict[str, dict[str, tuple[str, str]]]:
    root = tokens_in(re.search(r":root \{(.*?)\n  \}", CSS, re.S).group(1))  # type: ignore[union-attr]
    found = {"": root}
    for name, pattern in SKINS.items():
        below = found["classic"] if name in ("practice-mate", "ehr") else root
        found[name] = below | tokens_in(re.search(pattern, CSS, re.S).group(1))  # type: ignore[union-attr]
    return found


def pairs(tokens: dict[str, tuple[str, str]]) -> list[tuple[str, str, float]]:
    found = [(text, ground, TEXT) for text in ("ink", "muted") for ground in GROUNDS]
    found += [(part, ground, PART) for part in ("control", "focus") for ground in GROUNDS]
    found += [("link", "bg", TEXT), ("link", "surface", TEXT), ("brand-on", "brand", TEXT), ("brand", "surface", PART)]
    found += [("hero-on", "hero", TEXT), ("hero-soft", "hero", TEXT)]
    for tone in TONES:
        found += [(text, f"{tone}-bg", TEXT) for text in (tone, "ink", "muted", "link")]
        found += [(tone, "surface", TEXT), (f"{tone}-on", f"{tone}-solid", TEXT)]
        found += [(part, f"{tone}-bg", PART) for part in (f"{tone}-solid", "focus", "control")]
    if "bar" in tokens:
        found += [("bar-on", "bar", TEXT), ("bar-soft", "bar", TEXT), ("go-on", "go", TEXT)]
    return found


def tokens_in(block: str) -> dict[str, tuple[str, str]]:
    return {name: (light, dark) for name, light, dark in re.findall(r"--([\w-]+): light-dark\((#\w{6}), (#\w{6})\)", block)}


def ratio(first: str, second: str) -> float:
    high, low = sorted((luminance(first), luminance(second)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def luminance(colour: str) -> float:
    red, green, blue = (_linear(int(colour[i : i + 2], 16) / 255) for i in (1, 3, 5))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(channel: float) -> float:
    return channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4
