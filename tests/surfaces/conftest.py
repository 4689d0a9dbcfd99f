"""An agency and a vendor for the tests of the screens."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from autopay.conf import Settings
from autopay.database import PooledDatabase
from tests.surfaces.house import House, owner_of


@pytest.fixture(autouse=True)
def _beside_playwrights_loop() -> Iterator[None]:
    """Playwright's loop runs in this thread, the views in others. Not by monkeypatch: the database fixture undoes that too early."""
    before = os.environ.get("DJANGO_ALLOW_ASYNC_UNSAFE")
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    yield
    if before is None:
        del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture
def owner(database: Settings) -> Iterator[PooledDatabase]:
    pool = owner_of(database)
    yield pool
    pool.close()


@pytest.fixture
def agency(owner: PooledDatabase) -> House:
    return House(owner, "agency", "Sunrise Home Care", "Sunrise")


@pytest.fixture
def vendor(owner: PooledDatabase) -> House:
    return House(owner, "vendor", "Office Ally", "OA")
