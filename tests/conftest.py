"""Every test starts here: settings of its own first, because Django reads them once; then the fixtures of `tests/fixtures`."""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path
from tempfile import mkdtemp

import django
import pytest
from hypothesis import HealthCheck, settings

pytest_plugins = ["tests.fixtures.database", "tests.fixtures.what_hangs", "tests.fixtures.browser", "tests.fixtures.worlds"]


IN_MEMORY = Path("/dev/shm/autopay-test")
"""A database for every test is a thousand copies of three hundred files: a disk would do little else."""
ROOM = 6 * 2**30


def _has_room(place: Path) -> bool:
    return os.access(place, os.W_OK) and shutil.disk_usage(place).free > ROOM


def _own_home() -> Path:
    """One per run, so that runs beside each other share nothing. Its name is the run's process number."""
    shared = IN_MEMORY if _has_room(IN_MEMORY.parent) else Path(__file__).parents[1] / ".autopay" / "test"
    try:
        home = shared / str(os.getpid())
        home.mkdir(parents=True, exist_ok=True)
    except OSError:
        home = Path(mkdtemp(prefix="autopay-test-"))
    return home


def _set_up_django() -> None:
    """Whatever the caller has set for a real installation must not reach a test."""
    for name in [name for name in os.environ if name.startswith("AUTOPAY_")]:
        del os.environ[name]
    os.environ["AUTOPAY_HOME"] = str(_own_home())
    os.environ["DJANGO_SETTINGS_MODULE"] = "autopay.settings"
    django.setup()


_set_up_django()
settings.register_profile("busy machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])  # slow is not wrong
settings.load_profile("busy machine")
signal.signal(signal.SIGTERM, signal.default_int_handler)  # a terminated run stops its server too


LONGEST = ("test_states.py", "test_simulation.py")
"""They come first, so that nobody waits for one of them in the end."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: item.path.name not in LONGEST)


@pytest.fixture(scope="session", autouse=True)
def _mail_stays_here() -> Iterator[None]:
    """Mail goes to `django.core.mail.outbox`, templates report what they rendered."""
    from django.test.utils import setup_test_environment, teardown_test_environment  # it needs Django set up

    setup_test_environment()
    yield
    teardown_test_environment()
