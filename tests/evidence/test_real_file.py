"""The evidence of a practice that really lived through engine and sandbox: what is in it, what is not, and that it holds."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

import autopay
from autopay.agreements.models import Switch
from autopay.charging.switch import set_switch
from autopay.evidence.as_json import document, written
from autopay.evidence.as_pdf import paper_of
from autopay.evidence.gather import account_named, gather
from autopay.evidence.verify import Broken, disagreement, first_problem, opened
from autopay.evidence.verify.chain import sealed_as
from autopay.evidence.verify.charged import charged_problems
from autopay.journal.seal import Line
from autopay.refusal import Refusal
from tests.evidence.practice import AGENT, GREEN_VALLEY, LAKESIDE, NOTE, lived, sealed
from tests.fixtures.world import World

SAMPLE = Path(__file__).with_name("sample.json")
"""Made by the first test below: REDRAW=1 writes it anew. Files of the format `autopay evidence 1` hold for ever."""
SOURCES = Path(autopay.__file__).parents[1]


def evidence(world: World, account: int) -> dict[str, Any]:
    return document(gather(world.app, world.biller, account), world.clock.now())


async def test_A57_a_file_tells_everything_that_happened_and_holds(world: World) -> None:
    account = await lived(world)
    made = evidence(world, account)
    text = written(made)
    if os.environ.get("REDRAW"):
        SAMPLE.write_text(text)
    assert first_problem(opened(text.encode())) is None
    consent = made["consents"][0]
    assert (consent["signed_by"], consent["ip"], consent["user_agent"]) == ("Priya Ramán", "2001:db8::17", AGENT)
    assert (consent["brand"], consent["last4"], consent["version"]) == ("visa", "4242", 1)
    assert [each["reference"] is not None for each in made["agreement"]] == [False, False, False, False, True, False, True]
    states = [(each["trigger"], each["state"]) for each in made["charges"]]
    assert states == [
        ("monthly", "paid"),
        ("monthly", "failed"),
        ("pay_now", "paid"),
        ("monthly", "paid"),
        ("monthly", "withdrawn"),
    ]
    kept = made["totals"]["kept"]
    assert (
        kept
        == await world.kept()
        == world.value("select sum(captured - returned - refunded)::bigint from invoice where payer_id = %(p)s", p=account)
    )


async def test_A57_P2_H5_no_other_payer_no_note_no_token_is_in_it(world: World) -> None:
    account = await lived(world)
    made = evidence(world, account)
    text = written(made) + paper_of(made).decode("latin-1")
    secrets = world.rows("select token, customer, network_ref from method") + world.rows(
        "select key as token from charge where key <> ''"
    )
    secrets += world.rows("select uid::text as token, name from payer where name = %(n)s", n=GREEN_VALLEY)
    canaries = {value for row in secrets for value in row.values() if value} | {
        GREEN_VALLEY,
        "never to be seen",
        "NOTE-canary",
        NOTE,
    }
    assert len(canaries) > 10
    assert [each for each in canaries if each in text] == []
    other = {row["id"] for row in world.rows("select id from charge where payer_id <> %(p)s", p=account)}
    entries = [entry for run in made["journal"]["runs"] for entry in run["entries"]]
    assert not {entry["object_id"] for entry in entries if entry["object"] == "charge"} & other
    assert len(made["journal"]["runs"]) > 3  # others' entries lie between


async def test_A57_what_is_not_sealed_yet_is_there_and_said_to_be_so(world: World) -> None:
    account = await lived(world)
    set_switch(world.app, world.biller, account, Switch.ON, world.by())
    early = evidence(world, account)
    assert [each["action"] for each in early["journal"]["not_sealed_yet"]] == ["auto-pay on"]
    assert first_problem(early) is None
    sealed(world)
    later = evidence(world, account)
    assert later["journal"]["not_sealed_yet"] == []
    assert first_problem(later) is None
    assert disagreement(early, later) is None


async def test_U1_the_file_s_own_reckoning_of_a_seal_is_the_sealer_s(world: World) -> None:
    account = await lived(world)
    run = evidence(world, account)["journal"]["runs"][0]
    entry = run["entries"][0]
    told = {name: entry[name] for name in ("id", "actor", "action", "object", "object_id", "data")}
    line = Line(at=datetime.fromisoformat(entry["at"]), **told)
    sealers = hashlib.sha256(line.canonical(entry["seq"], run["before"])).hexdigest()
    assert sealed_as(entry, run["before"]) == sealers == entry["hash"]


def test_U1_an_instant_is_sealed_in_utc_whatever_zone_the_session_is_in() -> None:
    at = datetime(2026, 5, 21, 16, 12, tzinfo=UTC)
    elsewhere = at.astimezone(ZoneInfo("Asia/Tokyo"))
    one, other = (Line(1, each, "a", "b", "c", 2, {}) for each in (at, elsewhere))
    assert one.canonical(1, "0") == other.canonical(1, "0")


async def test_A57_the_pdf_carries_the_same_facts_and_every_byte_of_it_counts(world: World) -> None:
    made = evidence(world, await lived(world))
    paper = paper_of(made)
    assert opened(paper) == made
    assert paper.count(b"/EmbeddedFile") == 2  # its name tree and the one file
    for mark in (b"/StructTreeRoot", b"/Marked true", b"/Lang(en)", b"pdfuaid"):
        assert mark in paper, mark
    for place in range(0, len(paper), len(paper) // 150):
        changed = bytearray(paper)
        changed[place] ^= 1
        with pytest.raises(Broken):
            opened(bytes(changed))
    for shorter in (
        paper[:-1],
        paper[: len(paper) // 2],
        paper.replace(b"%autopay", b"%nothing"),
        paper + b"%PDF",
        b"%PDF-1.7\n",
    ):
        with pytest.raises(Broken):
            opened(shorter)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'"x"',
        b'{"format": 1}',
        b"\xff\xfe",
        b'{"a": 1, "a": 2}',
        b'{"a": 1.5}',
        b'{"a": NaN}',
        b"[" * 100_000,
    ],
)
def test_what_is_no_evidence_is_refused_in_a_sentence(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(content)
    told = verified_alone(tmp_path / "file")
    assert told.returncode == 1
    assert told.stderr.startswith("It does not hold. ")
    assert "Traceback" not in told.stderr


def verified_alone(*files: Path) -> subprocess.CompletedProcess[str]:
    """By a bare Python: no packages but the standard library, no settings, no home, nothing to write to."""
    code = f"import sys, runpy; sys.path.insert(0, {str(SOURCES)!r}); runpy.run_module('autopay.evidence.verify', run_name='__main__')"
    names = [str(each) for each in files]
    return subprocess.run(
        [sys.executable, "-I", "-S", "-c", code, *names], env={}, check=False, capture_output=True, text=True, timeout=60
    )


async def test_A57_it_is_checked_offline_with_the_standard_library_alone(world: World, tmp_path: Path) -> None:
    made = evidence(world, await lived(world))
    (tmp_path / "proof.json").write_text(written(made))
    (tmp_path / "proof.pdf").write_bytes(paper_of(made))
    for name in ("proof.json", "proof.pdf"):
        told = verified_alone(tmp_path / name)
        assert (told.returncode, told.stderr) == (0, "")
        assert f"holds: {LAKESIDE}" in told.stdout
        assert made["journal"]["head"]["hash"] in told.stdout
    made["charges"][0]["minor"] -= 1
    (tmp_path / "proof.json").write_text(json.dumps(made))
    assert verified_alone(tmp_path / "proof.json").returncode == 1
    assert verified_alone(tmp_path / "nowhere.json").returncode == 1
    assert "usage" in verified_alone().stderr


async def test_A57_an_account_is_found_by_name_number_or_public_id_and_a_patient_is_not(world: World) -> None:
    account = await lived(world)
    uid = world.value("select uid::text from payer where id = %(p)s", p=account)
    for named in (LAKESIDE, LAKESIDE.upper(), uid):
        assert account_named(world.app, world.biller, named) == account
    with pytest.raises(Refusal):
        account_named(world.app, world.biller, "Maria")
    patient = await world.patient("Maria", None)
    with pytest.raises(LookupError):
        gather(world.app, world.biller, patient)


async def test_A33_A57_a_charge_sent_after_the_end_is_named(world: World) -> None:
    """The one that was on its way holds, because the cancellation wrote it down; without that it is the first thing named."""
    made = evidence(world, await lived(world))
    late = made["charges"][3]
    end = made["agreement"][4]
    named = next(e for run in made["journal"]["runs"] for e in run["entries"] if e["id"] == end["entry"])["data"]["on_its_way"]
    assert named == [late["id"]]
    late["sent_at"] = (datetime.fromisoformat(end["at"]) + timedelta(hours=1)).isoformat()
    said = list(charged_problems(made))
    assert not any("after autopay had ended" in each for each in said)
    named.clear()
    assert any(
        f"charge {late['id']} was sent at" in each and "after autopay had ended" in each for each in charged_problems(made)
    )
