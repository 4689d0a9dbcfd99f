"""Memory stays flat however long a file is: measured in a process of its own, over files of very different lengths."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.interop.bundles import bundle, claim, encounter, patient, synthea_eob, uid

MEASURE = """
import os, resource, sys, django
from pathlib import Path
os.environ["DJANGO_SETTINGS_MODULE"] = "autopay.settings"
django.setup()
from autopay.interop import staged
from autopay.interop.csv import gather as csv
from autopay.interop.fhir import gather as fhir
from autopay.interop.stage import Stage
stage, path = Stage(), Path(sys.argv[1])
if path.suffix == ".csv":
    csv.gather(stage, path, "csv", "USD", lambda _: None)
else:
    fhir.gather(stage, [path], fhir.From("fhir", "America/Los_Angeles", "USD"), lambda _: None)
taken = sum(len(batch) for batch in staged.visits(stage))
print(taken, stage.count("refusal"), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
"""
FLAT = 24
"""MB by which the longer file may need more than the shorter one; it is some 90 MB longer."""


def measured(path: Path) -> tuple[int, int, int]:
    """Visits staged, refused, and the most memory the process ever had, in MB."""
    said = subprocess.run([sys.executable, "-c", MEASURE, path], check=True, capture_output=True, text=True, timeout=300).stdout
    taken, refused, megabytes = map(int, said.split())
    return taken, refused, megabytes


def one_patient(number: int, padding: str) -> list[str]:
    name, visit = f"p{number}", f"v{number}"
    note = {"resourceType": "DocumentReference", "id": uid(f"d{number}"), "content": padding}
    eob = synthea_eob([12.5], name=f"e{number}", visit=visit, of=name)
    resources = [patient(name), encounter(visit, name), claim(f"c{number}", visit), eob, note]
    return [json.dumps(each["resource"] | {}) for each in bundle(*resources)["entry"]]


def write_bundle(path: Path, patients: int, padding: str) -> Path:
    with path.open("w") as out:
        out.write('{"resourceType": "Bundle", "type": "collection", "entry": [\n')
        for number in range(patients):
            entries = (f'{{"resource": {each}}}' for each in one_patient(number, padding))
            out.write(("" if not number else ",\n") + ",\n".join(entries))
        out.write("]}")
    return path


def write_ndjson(path: Path, patients: int, padding: str) -> Path:
    with path.open("w") as out:
        out.writelines(f"{line}\n" for number in range(patients) for line in one_patient(number, padding))
    return path


def write_csv(path: Path, patients: int, padding: str) -> Path:
    with path.open("w") as out:
        out.write("id,patient,name,date,amount\n")
        out.writelines(f"V-{n},P-{n},Patient {n},2026-11-10,12.50\n# {padding}\n" for n in range(patients))
    return path


@pytest.mark.parametrize(("write", "ending"), [(write_bundle, "json"), (write_ndjson, "ndjson"), (write_csv, "csv")])
def test_a_file_of_a_hundred_megabytes_needs_no_more_memory_than_one_of_ten(tmp_path: Path, write: object, ending: str) -> None:
    assert callable(write)
    padding = "x" * 40_000
    short, long = write(tmp_path / f"short.{ending}", 200, padding), write(tmp_path / f"long.{ending}", 2400, padding)
    assert long.stat().st_size > 90 << 20
    (few, _, low), (many, refused, high) = measured(short), measured(long)
    assert (few, many, refused) == (200, 2400, 0)
    assert high - low < FLAT
