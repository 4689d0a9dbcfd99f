"""The evidence of a practice that really lived through engine and sandbox: what is in it, and that it holds."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from autopay.evidence.as_json import document, written
from autopay.evidence.gather import gather
from autopay.evidence.verify import first_problem, opened
from tests.evidence.practice import GREEN_VALLEY, NOTE, lived
from tests.fixtures.world import World

SAMPLE = Path(__file__).with_name("sample.json")
"""Made by this test: REDRAW=1 writes it anew. Files of the format `autopay evidence 1` hold for ever."""


async def evidence(world: World) -> dict[str, Any]:
    account = await lived(world)
    return document(gather(world.app, world.biller, account), world.clock.now())


async def test_A57_a_file_of_everything_that_can_happen_holds(world: World) -> None:
    made = await evidence(world)
    assert first_problem(opened(written(made).encode())) is None
    if os.environ.get("REDRAW"):
        SAMPLE.write_text(written(made))
