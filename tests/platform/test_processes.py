"""Programs started together are ready together and end together, whatever ends them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from autopay.processes import Part, PartFailed, Processes

SLEEP = "import time; time.sleep(600)"


def part(name: str, code: str, ready: Callable[[], bool] = lambda: True, restart: bool = False) -> Part:
    return Part(name, [sys.executable, "-c", textwrap.dedent(code)], ready, restart)


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def processes(tmp_path: Path, said: list[str]) -> Processes:
    return Processes(tmp_path / "log", os.environ, said.append)


def gone(pid: int) -> bool:
    """A zombie waits only for whoever should collect it."""
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def eventually(what: Callable[[], bool]) -> bool:
    until = time.monotonic() + 20
    while not what():
        if time.monotonic() > until:
            return False
        time.sleep(0.05)
    return True


def pid_in(file: Path) -> int:
    assert eventually(lambda: file.exists() and file.read_text() != "")
    return int(file.read_text())


def test_start_waits_until_every_part_is_ready(processes: Processes, tmp_path: Path) -> None:
    flag = tmp_path / "flag"
    slow = part("slow", f"import time, pathlib; time.sleep(.5); pathlib.Path({str(flag)!r}).touch(); {SLEEP}", flag.exists)
    with processes as running:
        running.start(slow)
        assert flag.exists()


def test_leaving_ends_the_parts_and_their_children(processes: Processes, tmp_path: Path) -> None:
    child = tmp_path / "child"
    code = f"""
        import subprocess, sys
        started = subprocess.Popen([sys.executable, "-c", {SLEEP!r}])
        open({str(child)!r}, "w").write(str(started.pid))
        started.wait()
    """
    with processes as running:
        running.start(part("parent", code))
        pid = pid_in(child)
        assert not gone(pid)
    assert eventually(lambda: gone(pid))  # told to end; a busy machine takes its time


def test_a_part_that_ignores_sigterm_is_killed_after_the_grace(
    processes: Processes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("autopay.processes.GRACE_SECONDS", 0.3)
    deaf = tmp_path / "deaf"
    code = f"""
        import os, signal, time
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        open({str(deaf)!r}, "w").write(str(os.getpid()))
        time.sleep(600)
    """
    with processes as running:
        running.start(part("deaf", code))
        pid = pid_in(deaf)
    assert gone(pid)


def test_a_dead_part_is_reported_in_one_line_with_its_last_words(processes: Processes, tmp_path: Path) -> None:
    with processes as running:
        running.start(part("web", "raise SystemExit('port taken')"))
        with pytest.raises(PartFailed) as failed:
            running.watch()
    assert str(failed.value) == f"web ended (exit 1); see {tmp_path}/log/web.log\nport taken"


def test_a_part_that_never_gets_ready_is_named(processes: Processes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("autopay.processes.READY_SECONDS", 0.3)
    with processes as running, pytest.raises(PartFailed, match="slow is not ready after 0 s"):
        running.start(part("slow", SLEEP, ready=lambda: False))


def test_a_killed_worker_is_started_again_and_that_is_said(processes: Processes, tmp_path: Path, said: list[str]) -> None:
    lives = tmp_path / "lives"
    code = f"""
        import os, signal, time
        lives = open({str(lives)!r}, "a")
        print("born", file=lives, flush=True)
        if os.path.getsize({str(lives)!r}) < 15:
            os.kill(os.getpid(), signal.SIGKILL)
        time.sleep(600)
    """
    with processes as running:
        running.start(part("worker", code, ready=lambda: lives.exists() and len(lives.read_text().split()) == 3, restart=True))
    assert said == ["worker ended (signal SIGKILL); starting it again"] * 2


def test_a_part_that_keeps_dying_ends_the_whole(processes: Processes, said: list[str]) -> None:
    with processes as running, pytest.raises(PartFailed, match="worker ended"):
        running.start(part("worker", "raise SystemExit(3)", ready=lambda: False, restart=True))
    assert len(said) == 5


SUPERVISOR = """
import os, sys
from pathlib import Path
from autopay.processes import Part, Processes, interrupt_on_signals
interrupt_on_signals()
here = Path(sys.argv[1])
child = f"import os, time; open({str(here / 'child')!r}, 'w').write(str(os.getpid())); time.sleep(600)"
try:
    with Processes(here / "log", os.environ, print) as running:
        running.start(Part("child", [sys.executable, "-c", child], lambda: True))
        running.watch()
except KeyboardInterrupt:
    sys.exit(130)
"""


@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGKILL])
def test_parts_end_with_their_supervisor_however_it_ends(tmp_path: Path, end: signal.Signals) -> None:
    with subprocess.Popen([sys.executable, "-c", SUPERVISOR, str(tmp_path)], start_new_session=True) as supervisor:
        child = pid_in(tmp_path / "child")
        supervisor.send_signal(end)
        assert supervisor.wait(20) == (-signal.SIGKILL if end == signal.SIGKILL else 130)
    assert eventually(lambda: gone(child))
