"""Sandbox cards for imported patients: who gets what, only beside test keys, and an import from file to money."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autopay.interop.records import Identity
from autopay.interop.wallets_for_test import Fate, check_test_keys, fates, read_mix, share_out
from autopay.processors.accounts import Keys
from autopay.refusal import Refusal
from tests.fixtures.world import World
from tests.interop.conftest import Import
from tests.interop.test_import_fhir import snapshot

MIX = {Fate.GOOD: 90, Fate.DECLINES: 1, Fate.NONE: 1, Fate.OFF: 1}


def test_a_mix_is_read_in_either_order() -> None:
    assert read_mix("good=90,declines=1,none=1,off=1") == read_mix("90% good, 1 declining, 1 none, 1 off") == MIX
    for wrong in ("", "good", "good=ninety", "good=1,good=2", "great=5", "good=0"):
        with pytest.raises(Refusal, match="mix"):
            read_mix(wrong)


def test_a_hundred_patients_in_the_mix_of_the_manual() -> None:
    assert share_out(MIX, 100) == {Fate.GOOD: 97, Fate.DECLINES: 1, Fate.NONE: 1, Fate.OFF: 1}
    assert share_out(MIX, 10) == {Fate.GOOD: 7, Fate.DECLINES: 1, Fate.NONE: 1, Fate.OFF: 1}


@given(st.dictionaries(st.sampled_from(list(Fate)), st.integers(1, 1000), min_size=1), st.integers(0, 500))
def test_everybody_meets_one_fate_and_every_kind_is_met(mix: dict[Fate, int], count: int) -> None:
    shares = share_out(mix, count)
    assert sum(shares.values()) == count
    assert count < len(mix) or all(shares.values())
    patients = [Identity("s", str(number)) for number in range(count)]
    drawn = fates(mix, patients)
    assert Counter(drawn.values()) == Counter(shares)
    assert drawn == fates(mix, patients[::-1])


@pytest.mark.parametrize("keys", [None, Keys("", "pk_live_1", "sk_test_1", ""), Keys("", "pk_test_1", "sk_live_1", "")])
def test_without_test_keys_nobody_gets_a_card(keys: Keys | None) -> None:
    with pytest.raises(Refusal):
        check_test_keys(keys)


def rows(count: int) -> str:
    lines = [f"V-{n},P-{n % 20},Patient {n % 20},2026-11-10,{20 + n}.50" for n in range(count)]
    return "\n".join(["id,patient,name,date,amount", *lines]) + "\n"


async def test_from_a_file_to_money_the_good_pay_the_others_wait_with_their_reason(
    imports: Import, world: World, tmp_path: Path
) -> None:
    path = tmp_path / "v.csv"
    path.write_text(rows(60))
    mix = {Fate.GOOD: 17, Fate.DECLINES: 1, Fate.NONE: 1, Fate.OFF: 1}
    report = await asyncio.to_thread(imports, "csv", path, since=date(2026, 1, 1), mix=mix)
    assert report.cards == {"good": 17, "declines": 1, "none": 1, "off": 1}
    assert report.decided == {"charged": 54, "no_default": 3, "own_off": 3}
    await world.until_quiet()
    paid = world.rows("select count(*), sum(captured)::bigint as sum from invoice where captured = total")[0]
    assert paid["count"] == 51
    assert await world.kept() == paid["sum"]
    unpaid = """select coalesce(nullif(c.reason, ''), i.why) as why from invoice i left join charge_part p on p.invoice_id = i.id
                left join charge c on c.id = p.charge_id where i.captured = 0"""
    assert Counter(row["why"] for row in world.rows(unpaid)) == {"declined": 3, "no_default": 3, "own_off": 3}
    before = {name: each for name, each in snapshot(world).items() if name != "imported_record"}
    again = await asyncio.to_thread(imports, "csv", path, since=date(2026, 1, 1), mix=mix)
    assert (again.invoices, again.cards) == (0, report.cards)
    assert {name: each for name, each in snapshot(world).items() if name != "imported_record"} == before
    assert world.value("select count(*) from method") == 19


async def test_E2_the_evidence_of_a_test_consent_says_that_nobody_signed(imports: Import, world: World, tmp_path: Path) -> None:
    path = tmp_path / "v.csv"
    path.write_text(rows(1))
    await asyncio.to_thread(imports, "csv", path, mix={Fate.GOOD: 1})
    assert world.rows("select signed_by, channel, artefact from consent") == [
        {"signed_by": "nobody: a test", "channel": "paper", "artefact": "autopay import --wallet-for-test"}
    ]


def test_strict_and_test_wallets_do_not_go_together(imports: Import, tmp_path: Path) -> None:
    path = tmp_path / "v.csv"
    path.write_text(rows(1))
    with pytest.raises(Refusal, match="do not go together"):
        imports("csv", path, mix={Fate.GOOD: 1}, strict=True)
