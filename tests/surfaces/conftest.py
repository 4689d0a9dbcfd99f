"""An agency and a vendor for the tests of the screens."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from django.test import override_settings
from playwright.sync_api import Page

from autopay.conf import Settings, conf
from autopay.database import PooledDatabase
from autopay.demo_states.build import build
from autopay.parties.models import Role
from autopay.processors.accounts import Keys, connect
from tests.fixtures.world import sandbox_thread
from tests.surfaces.house import House, owner_of


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


@pytest.fixture
def enrolling(site: str, vendor: House) -> Iterator[str]:
    """The site, its vendor connected to a sandbox whose card fields it may show."""
    with sandbox_thread(site) as sandbox:
        key = f"b{vendor.id}"
        with vendor.owner.transaction() as tx:
            keys = Keys(sandbox, f"pk_test_{key}", f"sk_test_{key}", f"whsec_{key}")
            connect(tx, vendor.id, keys, conf().secret)
        yield site


@pytest.fixture
def paying(site: str, agency: House) -> Iterator[str]:
    """The site, its agency connected to a sandbox whose card fields it may show."""
    with sandbox_thread(site) as sandbox:
        key = f"b{agency.id}"
        with agency.owner.transaction() as tx:
            connect(tx, agency.id, Keys(sandbox, f"pk_test_{key}", f"sk_test_{key}", f"whsec_{key}"), conf().secret)
        yield site


@pytest.fixture
def catalogue(database: Settings, site: str) -> Iterator[tuple[str, str]]:
    """Addresses of a demo's site with the catalogue in it, and of its sandbox."""
    with sandbox_thread(site) as sandbox, override_settings(DEMO=True):
        build(database.model_copy(update={"sandbox_url": sandbox}), datetime.now(UTC))
        yield site, sandbox


@pytest.fixture
def practice(enrolling: str, vendor: House, page: Page) -> Iterator[int]:
    """Not enrolled, one open bill; its owner is logged in and looks at Account Management."""
    from tests.surfaces.test_accounts import account, bill  # not before pytest has rewritten their assertions
    from tests.surfaces.test_looks import log_in

    payer = account(vendor)
    bill(vendor)
    vendor.login("owner@practice.test", Role.ACCOUNT_OWNER, payer_id=payer)
    log_in(page, enrolling, "owner@practice.test")
    yield payer
    page.goto("about:blank")
