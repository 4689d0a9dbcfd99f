"""A vendor whose prices and bill days are tried, without a screen."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from autopay.conf import Settings
from autopay.database import PooledDatabase
from tests.surfaces.house import House, owner_of


@pytest.fixture
def owner(database: Settings) -> Iterator[PooledDatabase]:
    pool = owner_of(database)
    yield pool
    pool.close()


@pytest.fixture
def vendor(owner: PooledDatabase) -> House:
    return House(owner, "vendor", "Office Ally", "OA")
