"""Every page in every state, from the demo's own catalogue: accessible by axe, nothing sideways, nothing refused, saying what it must."""

from __future__ import annotations

from itertools import groupby

import pytest
from playwright.sync_api import Browser

from autopay.surfaces.demo.catalogue import LINES, Line
from tests.surfaces.catalogue import Watch

EVERY_VIEW = ((375, "light"), (375, "dark"), (1280, "light"), (1280, "dark"))


def one_of_each_page() -> list[Line]:
    """Its first."""
    return [next(iter(lines)) for _, lines in groupby(sorted(LINES, key=lambda line: line.page), key=lambda line: line.page)]


def sample() -> dict[tuple[int, str], list[Line]]:
    """Of each page one state, in one view: pages take turns over the views."""
    return {view: one_of_each_page()[nth :: len(EVERY_VIEW)] for nth, view in enumerate(EVERY_VIEW)}


def wrong_in(browser: Browser, where: tuple[str, str], view: tuple[int, str], lines: list[Line]) -> list[str]:
    width, scheme = view
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)  # type: ignore[arg-type]
    watch = Watch(context.new_page(), *where)
    wrong = [f"{each} at {width} {scheme}" for line in lines for each in watch.wrong(line)]
    context.close()
    return wrong


def test_each_page_of_the_catalogue_is_accessible_fits_and_says_what_it_must(
    catalogue: tuple[str, str], browser: Browser
) -> None:
    assert [each for view, lines in sample().items() for each in wrong_in(browser, catalogue, view, lines)] == []


@pytest.mark.prove
@pytest.mark.parametrize("view", EVERY_VIEW)
def test_every_state_of_every_page_is_accessible_fits_and_says_what_it_must(
    catalogue: tuple[str, str], browser: Browser, view: tuple[int, str]
) -> None:
    assert wrong_in(browser, catalogue, view, list(LINES)) == []
