"""Run several programs as one: they are ready together, and they end together, whatever ends them.

Each program leads a process group of its own, so that it is stopped with all of its children, and it is told to end by the kernel when
this process is killed without a chance to say so (on Linux).
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.request import urlopen

READY_SECONDS = 60.0
GRACE_SECONDS = 10.0
RESTARTS_AT_MOST = 5
TICK = 0.1
ASK_THE_KERNEL_THEN_BECOME = """
import ctypes, os, signal, sys
PR_SET_PDEATHSIG = 1
ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
if os.getppid() == int(sys.argv[1]):
    os.execv(sys.argv[2], sys.argv[2:])
"""


@dataclass(frozen=True)
class Part:
    """One program. `ready` asks whether it does its work; `restart`: it may be started again when it dies; `env` is for it alone."""

    name: str
    command: list[str]
    ready: Callable[[], bool]
    restart: bool = False
    env: Mapping[str, str] = field(default_factory=dict)


class PartFailed(RuntimeError):
    """A program died or never became ready; the message is one line that says which and where its log is."""


@dataclass
class Processes:
    """`with Processes(log, env) as running: running.start(part); …; running.watch()`. Leaving stops them, last started first.
    What a program prints goes to `<log>/<name>.log`; `say` gets one line for every death and restart."""

    log: Path
    env: Mapping[str, str]
    say: Callable[[str], None]
    _running: dict[str, tuple[Part, subprocess.Popen[bytes]]] = field(default_factory=dict)
    _restarts: int = 0

    def start(self, *parts: Part) -> None:
        """Start these and return when each of them is ready. Raises PartFailed."""
        for part in parts:
            self._running[part.name] = (part, self._spawn(part))
        waiting, until = list(parts), time.monotonic() + READY_SECONDS
        while waiting := [part for part in waiting if not part.ready()]:
            self._look_after_the_dead()
            if time.monotonic() > until:
                raise PartFailed(f"{waiting[0].name} is not ready after {READY_SECONDS:.0f} s; see {self._log_of(waiting[0])}")
            time.sleep(TICK)

    def watch(self) -> None:
        """Until one of them dies that may not be started again. Raises PartFailed."""
        while True:
            self._look_after_the_dead()
            time.sleep(TICK)

    def stop(self) -> None:
        for _, process in reversed(self._running.values()):
            _end(process)
        self._running.clear()

    def __enter__(self) -> Processes:
        self.log.mkdir(parents=True, exist_ok=True)
        return self

    def __exit__(self, *_: object) -> None:
        with undisturbed():
            self.stop()

    def _look_after_the_dead(self) -> None:
        for part, process in list(self._running.values()):
            if process.poll() is None:
                continue
            _kill_group(process)  # what it may have left behind
            how = f"{part.name} ended ({_reason(process.returncode)})"
            if not part.restart or self._restarts >= RESTARTS_AT_MOST:
                raise PartFailed(f"{how}; see {self._log_of(part)}\n{self._last_line(part)}".strip())
            self._restarts += 1
            self.say(f"{how}; starting it again")
            self._running[part.name] = (part, self._spawn(part))

    def _spawn(self, part: Part) -> subprocess.Popen[bytes]:
        with self._log_of(part).open("ab") as log:
            return subprocess.Popen(
                [*_ending_with_us(), *part.command],
                env={**self.env, **part.env},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def _log_of(self, part: Part) -> Path:
        return self.log / f"{part.name}.log"

    def _last_line(self, part: Part) -> str:
        return (self._log_of(part).read_text(errors="replace").strip().splitlines() or [""])[-1]


def answers(url: str) -> bool:
    """Whether a web server does its work at `url`: any answer but a fault of its own."""
    try:
        with urlopen(url, timeout=5) as reply:
            return bool(reply.status < 500)
    except HTTPError as reply:
        return reply.code < 500
    except (URLError, OSError):
        return False


def interrupt_on_signals() -> None:
    """SIGTERM and a closed terminal end this process like Ctrl-C does; and that does so even if a shell's `&` had it ignored."""
    for name in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(name, signal.default_int_handler)


@contextmanager
def undisturbed() -> Iterator[None]:
    """A second Ctrl-C does not leave half of them running."""
    before = {name: signal.signal(name, signal.SIG_IGN) for name in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for name, handler in before.items():
            signal.signal(name, handler)


def _end(process: subprocess.Popen[bytes]) -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGTERM)
    with suppress(subprocess.TimeoutExpired):
        process.wait(GRACE_SECONDS)
    _kill_group(process)
    process.wait()


def _kill_group(process: subprocess.Popen[bytes]) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)


def _reason(code: int) -> str:
    return f"signal {signal.Signals(-code).name}" if code < 0 else f"exit {code}"


def _ending_with_us() -> list[str]:
    """What a program is started through. Elsewhere than on Linux programs outlive a SIGKILL of this process."""
    if sys.platform != "linux":
        return []
    return [sys.executable, "-I", "-S", "-c", ASK_THE_KERNEL_THEN_BECOME, str(os.getpid())]
