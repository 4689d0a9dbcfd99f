"""What makes books a restored or copied installation, and what is ordinary life. Pure: facts in, the reason out."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from autopay.installation.difference import SAID, Row, Why, difference
from autopay.installation.files import differ
from autopay.installation.witness import Seen

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
AT_WORK = Row("uid-1", "7712.00000001.16384", "host-a/2177970", NOW, None, "", False, "7712.00000001.16384")
HERE = "host-a/2177970"


@pytest.mark.parametrize(
    ("row", "files", "seen"),
    [
        (AT_WORK, HERE, Seen("uid-1", NOW)),
        (AT_WORK, HERE, None),  # a second machine, or a new home
        (AT_WORK, HERE, Seen("uid-1", NOW - timedelta(days=9))),  # this machine slept
        (replace(AT_WORK, files=""), "", Seen("uid-1", NOW)),  # a server of one's own
        (AT_WORK, "/2177970", Seen("uid-1", NOW)),  # moved into a container, whose number says nothing
        (replace(AT_WORK, identity="", files="", seen_at=None), HERE, None),  # nobody was at work yet
    ],
)
def test_ordinary_life_is_no_difference(row: Row, files: str, seen: Seen | None) -> None:
    assert difference(row, files, seen) is None


@pytest.mark.parametrize(
    ("row", "files", "seen", "why"),
    [
        (replace(AT_WORK, live="7713.00000001.16384"), HERE, None, Why.SERVER),
        (replace(AT_WORK, live="7712.00000002.16384"), HERE, None, Why.TIMELINE),
        (replace(AT_WORK, live="7712.00000001.16999"), HERE, None, Why.DATABASE),
        (replace(AT_WORK, live=".00000001.16384"), HERE, None, Why.SERVER),  # a server that does not tell is another
        (AT_WORK, "host-b/2177970", None, Why.MACHINE),
        (AT_WORK, "host-a/99", None, Why.FILES),
        (AT_WORK, "/99", None, Why.FILES),
        (AT_WORK, HERE, Seen("uid-2", NOW), Why.OTHER),
        (AT_WORK, HERE, Seen("uid-1", NOW + timedelta(minutes=1)), Why.OLDER),
        (replace(AT_WORK, identity="", seen_at=None), HERE, Seen("uid-1", NOW), Why.OLDER),
    ],
)
def test_what_a_restore_or_a_copy_looks_like(row: Row, files: str, seen: Seen | None, why: Why) -> None:
    assert difference(row, files, seen) is why
    assert SAID[why]


def test_every_reason_has_a_sentence() -> None:
    assert set(SAID) == set(Why)


def test_what_is_not_known_is_no_difference() -> None:
    assert differ("", "a/1") == differ("a/1", "") == differ("a/", "/1") == (False, False)
