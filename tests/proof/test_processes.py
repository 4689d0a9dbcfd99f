"""Real processes under blows: workers killed and asleep, PostgreSQL thrown out, connections cut, answers lost (rules B4, B5, F1, F3, F16)."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest


def run(home: Path, invoices: int, seed: int) -> dict[str, object]:
    env = {name: value for name, value in os.environ.items() if not name.startswith("AUTOPAY_")}
    command = [sys.executable, "-m", "autopay_proof.processes", "--invoices", str(invoices), "--seed", str(seed)]
    told = subprocess.run(command, env=env | {"HOME": str(home)}, capture_output=True, text=True, check=False)
    assert told.stdout, told.stderr[-2000:]
    found: dict[str, object] = json.loads(told.stdout.splitlines()[-1])
    return found


@pytest.mark.prove
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_V35_B5_five_thousand_invoices_are_captured_once_whatever_happens_to_workers_and_database(
    tmp_path: Path, seed: int
) -> None:
    found = run(tmp_path, 5000, seed)
    assert found["wrong"] == []
    blows = found["blows"]
    assert isinstance(blows, dict)
    assert set(blows) == {"kill", "sleep past the lease", "postgres thrown out", "connections cut", "answers lost"}
