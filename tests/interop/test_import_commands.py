"""The commands as typed: options that need each other, what they print, exit status."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from autopay.agreements.terms import publish
from autopay.cli.import_ import app
from autopay.conf import Settings
from autopay.database import PooledDatabase
from autopay.journal.write import By
from autopay.parties.create import NewBiller, create_biller
from autopay.running import clock
from tests.interop.bundles import bundle, claim, encounter, patient, synthea_eob, write

ROWS = "id,patient,name,date,amount\nV-1,P-1,Ana Windler,2026-11-10,35.00\nV-2,P-1,,2026-11-10,x\n"


@pytest.fixture
def agencies(database: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """One agency and one vendor; commands run in an empty folder."""
    monkeypatch.chdir(tmp_path)
    owner = PooledDatabase(database.dsn("owner"), size=1)
    with owner.transaction() as tx:
        for kind, name in (("agency", "Sunrise"), ("vendor", "Office Ally")):
            publish(tx, create_biller(tx, NewBiller(kind, name, name, "America/Los_Angeles"), By("test", clock().now())))
    owner.close()
    return database


def typed(*words: str) -> Result:
    return CliRunner().invoke(app, list(words))


def test_a_csv_file_is_taken_in_and_the_table_adds_up(agencies: Settings, tmp_path: Path) -> None:
    Path("visits.csv").write_text(ROWS)
    result = typed("csv", "visits.csv", "--invoice", "--since", "2026-11-01")
    assert result.exit_code == 0, result.output
    assert "Visits" in result.stdout
    assert "visits.csv:3" in result.stdout
    assert "Invoices issued: 1 (1 wait: auto-pay is off)" in result.stdout
    (refused,) = tmp_path.glob("refused-csv-*.csv")
    assert refused.name in result.stdout
    assert "Windler" not in result.stdout


def test_json_is_all_that_a_program_needs(agencies: Settings) -> None:
    write(Path("b.json"), bundle(patient(), encounter(), claim("claim of visit"), synthea_eob([10.0])))
    result = typed("fhir", "b.json", "--json")
    said = json.loads(result.stdout)
    assert said["records"]["visit"] == {"read": 1, "new": 1, "unchanged": 0, "changed": 0, "refused": 0}
    assert (said["ending"], said["refused"], said["refused_file"]) == ("done", [], None)


def test_strict_that_refuses_ends_in_failure(agencies: Settings) -> None:
    Path("visits.csv").write_text(ROWS)
    result = typed("csv", "visits.csv", "--strict")
    assert result.exit_code == 1
    assert "Nothing was taken in" in result.stdout


CANNOT_BEGIN = [
    (["csv", "visits.csv", "--invoice"], "--invoice needs --since"),
    (["csv", "visits.csv", "--since", "2026-11-01"], "goes with --invoice"),
    (["csv", "visits.csv", "--invoice", "--since", "11/01/2026"], "is not a day"),
    (["csv", "nowhere.csv"], "nowhere.csv does not exist"),
    (["csv", "bad.csv"], "'amont'"),
    (["csv"], "--template"),
    (["csv", "visits.csv", "--wallet-for-test", "good=lots"], "is no part of a mix"),
    (["csv", "visits.csv", "--wallet-for-test", "good=1"], "No processor is connected"),
    (["csv", "visits.csv", "--biller", "Nobody"], "no biller named"),
    (["csv", "visits.csv", "--biller", "Office Ally"], "imported for an agency"),
    (["fhir", "."], "No file ending in .json"),
]


def test_what_cannot_begin_says_so_in_one_line(agencies: Settings) -> None:
    Path("visits.csv").write_text(ROWS)
    Path("bad.csv").write_text("id,patient,amont\n")
    for words, says in CANNOT_BEGIN:
        result = typed(*words)
        assert (result.exit_code, len(result.stderr.strip().splitlines())) == (1, 1), words
        assert says in result.stderr


def test_the_template_is_printed() -> None:
    assert typed("csv", "--template").stdout.startswith("# Lines that begin with # are not read.")
