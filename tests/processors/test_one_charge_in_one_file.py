"""A stranger follows one charge through the adapter in one short file."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

import autopay
from autopay.processors.protocol import Paid, Pending

from .contract import AMOUNT, REF
from .sandbox_world import sandbox_world

OURS = Path(autopay.__file__).parent
PROCESSORS = OURS / "processors"
MAX_LINES = 190


@pytest.mark.parametrize(("behaviour", "outcome"), [("paid", Paid), ("bank", Pending)])
async def test_a_charge_on_an_open_connection_runs_through_one_short_file(behaviour: str, outcome: type) -> None:
    async with sandbox_world() as world:
        method = await world.save(behaviour)
        with _files_of_ours() as files:
            answer = await world.processor.charge(method, AMOUNT, key="k", ref=REF)
    assert isinstance(answer, outcome)
    assert files - {OURS / "money.py"} == {PROCESSORS / "stripe" / "payment.py"}
    assert len((PROCESSORS / "stripe" / "payment.py").read_text().splitlines()) <= MAX_LINES


@contextmanager
def _files_of_ours() -> Iterator[set[Path]]:
    """The files of the product of which a function is executed meanwhile; what a dataclass generates has no file."""
    files: set[Path] = set()

    def note(frame: FrameType, event: str, _: Any) -> None:
        file = Path(frame.f_code.co_filename)
        if event == "call" and file.is_relative_to(OURS):
            files.add(file)

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        yield files
    finally:
        sys.setprofile(before)
