"""The two commands tell a person what is missing in one line."""

from __future__ import annotations

import ast
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import typer

from autopay.cli import demo

ROOT = Path(__file__).parents[2]
DEV = ROOT / "dev.py"


def test_an_old_python_can_read_dev_py_and_gets_a_sentence() -> None:
    ast.parse(DEV.read_text(), feature_version=(3, 6))
    old = "import sys; sys.version_info = (3, 8); sys.argv = ['dev.py', 'demo']; import runpy; runpy.run_path('dev.py', run_name='__main__')"
    said = subprocess.run([sys.executable, "-c", old], cwd=ROOT, capture_output=True, text=True, check=False)
    assert said.returncode == 1
    assert said.stderr.strip() == "autopay needs Python 3.11 or newer, this is 3.8. Try: PYTHON=python3.12 make demo"


def test_an_unknown_task_is_answered_with_the_known_ones() -> None:
    said = subprocess.run([sys.executable, str(DEV), "dance"], capture_output=True, text=True, check=False)
    assert said.stderr.strip() == "usage: python3 dev.py demo|demo-reset|test|prove"


def test_a_port_in_use_is_named_with_the_way_out(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(typer.Exit):
            demo.must_be_free(port)
    assert capsys.readouterr().err.strip() == f"Port {port} is in use. Choose another: PORT=9000 make demo"


@pytest.mark.parametrize("port", ["http", "0", "70000", "-1"])
def test_a_port_that_is_none_is_refused(port: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setitem(os.environ, "PORT", port)
    with pytest.raises(typer.Exit):
        demo.chosen_port()
    assert capsys.readouterr().err.startswith(f"PORT={port} is no port.")
