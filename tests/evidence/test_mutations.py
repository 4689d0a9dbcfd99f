"""No change of an evidence file goes unseen: naively made, or by somebody who mends the file's own digest afterwards."""

from __future__ import annotations

import copy
import json
import re
from collections import defaultdict
from typing import Any

import pytest

from autopay.evidence.verify import disagreement, first_problem, opened
from autopay.evidence.verify.chain import sealed_as
from autopay.evidence.verify.shape import digest
from tests.evidence.mutations import Mutation, mutations
from tests.evidence.test_real_file import SAMPLE

SAMPLED: dict[str, Any] = json.loads(SAMPLE.read_text())
ROWS: dict[str, list[Mutation]] = defaultdict(list)
for each in mutations(SAMPLED):
    ROWS[f"{each.what} {'.'.join(str(step) for step in each.path[:2])}"].append(each)

LOOSE = re.compile(
    r"""edit\ (made\..* | biller\.(uid|name|phone|email) | account\.(uid|name|number) | actors\..*    # names
        | agreement\.\d+\.id | agreement\.0\.cap_minor                                             # never charged under
        | methods\.\d+\.(kind|brand|last4|hold_.*)
        | invoices\.\d+\.(issued_on|due_on|why|approved_minor) | elsewhere\.\d+\.received_on        # dates and reasons as shown
        | charges\.\d+\.(period|created_at) | refunds\.\d+\.reason
        | charges\.1\.parts\.0\.invoice                                                            # a failed charge took nothing
        | charges\.4\..*                                                                           # nor did one that was withdrawn
        | journal\.head\.seq)
    | (delete|repeat)\ charges\.4\.parts\.0""",
    re.VERBOSE,
)
"""What only the file's own digest guards: no entry of the journal carries it."""


def mended(document: dict[str, Any]) -> dict[str, Any]:
    return document | {"sha256": digest(document)}


def test_A57_a_file_once_made_holds_for_ever() -> None:
    assert first_problem(opened(SAMPLE.read_bytes())) is None
    assert sum(map(len, ROWS.values())) > 1000


@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS.keys())
def test_A57_U3_every_change_of_a_file_is_caught(row: list[Mutation]) -> None:
    assert [each.name for each in row if first_problem(each.of(SAMPLED)) is None] == []


@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS.keys())
def test_A57_U3_a_change_is_caught_though_the_digest_was_mended(row: list[Mutation]) -> None:
    unseen = [each.name for each in row if each.path != ("sha256",) and first_problem(mended(each.of(SAMPLED))) is None]
    assert [name for name in unseen if not LOOSE.fullmatch(name)] == []


def test_U2_a_journal_made_up_anew_does_not_meet_a_file_given_away_before() -> None:
    """Somebody with no respect changes an amount everywhere, seals the chain anew and mends the digest: alone, that file holds."""
    forged = copy.deepcopy(SAMPLED)
    run = next(run for run in forged["journal"]["runs"] if any(e["action"] == "method offered" for e in run["entries"]))
    next(e for e in run["entries"] if e["action"] == "method offered")["data"]["method"] += 100
    before = run["before"]
    for entry in run["entries"]:
        before = entry["hash"] = sealed_as(entry, before)
    forged = mended(forged)
    assert first_problem(forged) is None
    assert "different journals at number" in str(disagreement(forged, SAMPLED))
    assert disagreement(SAMPLED, SAMPLED) is None


@pytest.mark.parametrize(
    ("what", "said"),
    [
        ("agreement", "agreement version 3"),
        ("consents", "consent 2"),
        ("charges", "charge 2"),
        ("refunds", "refund 1"),
        ("invoices", "invoice 1003"),
    ],
)
def test_A57_the_first_thing_that_does_not_hold_is_named(what: str, said: str) -> None:
    number = {"agreement": 2, "refunds": 0}.get(what, 1)
    changed = copy.deepcopy(SAMPLED)
    row = changed[what][number]
    key = next(name for name in ("cap_minor", "signed_by", "minor", "total") if name in row)
    row[key] = row[key] + (1 if isinstance(row[key], int) else "x")
    assert said in str(first_problem(mended(changed)))
