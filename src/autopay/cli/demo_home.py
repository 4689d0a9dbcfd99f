"""Where the demo lives, and how a command comes to be about it."""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from autopay.cli.started import fail
from autopay.conf import CHECKOUT, conf, default_home
from autopay.embedded_postgres import Embedded

HOME = default_home() / "demo"
PORTS = HOME / "ports"
"""Web and sandbox of the demo that was started last."""
WORLD_IS_BUILT = HOME / "world-is-built"


def is_meant() -> bool:
    """In a checkout commands are about its demo, unless another installation is named. Beside an installation that lives in the
    checkout itself they are about the demo only while it runs."""
    named = {"AUTOPAY_HOME", "AUTOPAY_DATABASE_URL"} & set(os.environ)
    return not named and PORTS.exists() and (_runs() or not Embedded(default_home()).data.exists())


def _runs() -> bool:
    with (HOME / "demo.lock").open() as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def mean_it(web: int | None = None) -> None:
    """From here on this process, and what it starts, is about the demo: the one at this port, or else the one started last."""
    web = web or int(PORTS.read_text())
    os.environ.pop("AUTOPAY_DATABASE_URL", None)  # the demo never touches a real database
    os.environ |= {
        "AUTOPAY_HOME": str(HOME),
        "AUTOPAY_DEMO": "1",
        "AUTOPAY_SITE_URL": f"http://localhost:{web}",
        "AUTOPAY_SANDBOX_URL": f"http://127.0.0.1:{web + 1}",
    }
    conf.cache_clear()


def wipe() -> None:
    """Data, logs and secrets; the lock stays, because whoever wipes holds it."""
    Embedded(HOME).wipe()
    for path in HOME.iterdir():
        if path.is_dir():
            shutil.rmtree(path)
        elif path.suffix != ".lock":
            path.unlink()


@contextmanager
def only_one() -> Iterator[None]:
    """There is one demo per checkout; the lock goes with its holder, however that ends."""
    try:
        HOME.mkdir(parents=True, exist_ok=True)
        lock = (HOME / "demo.lock").open("a")
    except OSError as error:
        raise fail(f"Cannot write to {HOME}: {error.strerror}. Make a clone of your own and start there.") from None
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            where = f" at http://localhost:{PORTS.read_text()}" if PORTS.exists() else ""
            raise fail(f"The demo is running{where}. Stop it first: Ctrl-C where it was started.") from None
        yield


def command(name: str) -> str:
    """How this installation's commands are typed: `make demo` in a checkout, else `autopay demo`."""
    return f"make {name}" if (CHECKOUT / "Makefile").exists() else f"autopay {name}"
