"""Every state of every office page, from the catalogue: by keyboard, at 400%, and without JavaScript where nothing needs it (V20 to V29)."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, expect

from autopay.surfaces.demo.catalogue.office_screens import OFFICE
from tests.surfaces.test_states import wrong_in

Where = tuple[str, str]
VIEWS = ((375, "light"), (375, "dark"), (1280, "light"), (1280, "dark"))


@pytest.mark.prove
@pytest.mark.parametrize("view", VIEWS)
def test_V20_to_V29_every_state_of_the_office_is_accessible_fits_and_says_what_it_must(
    catalogue: Where, browser: Browser, view: tuple[int, str]
) -> None:
    assert wrong_in(browser, catalogue, view, list(OFFICE)) == []
