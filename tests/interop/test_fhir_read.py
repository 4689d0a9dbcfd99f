"""Bundles, single resources and ndjson, plain and gzipped, streamed."""

from __future__ import annotations

import gzip
import json
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autopay.interop.fhir import read
from autopay.interop.fhir.read import Broken, Entry, read_entries
from autopay.interop.files import files_of
from autopay.refusal import Refusal
from tests.interop.bundles import Resource, bundle, encounter, patient, synthea_eob, write, write_lines

RESOURCES = [patient(), encounter(), synthea_eob([28.104000000000003])]


def ids(path: Path) -> list[str]:
    return [each.resource["id"] if isinstance(each, Entry) else each.reason for each in read_entries(path)]


@pytest.mark.parametrize("kind", ["transaction", "collection", "searchset"])
def test_a_bundle_gives_its_resources_with_their_index_and_address(tmp_path: Path, kind: str) -> None:
    found = list(read_entries(write(tmp_path / "b.json", bundle(*RESOURCES, kind=kind))))
    assert [each.position for each in found] == [0, 1, 2]
    assert all(isinstance(each, Entry) and each.full_url == f"urn:uuid:{each.resource['id']}" for each in found)


def test_ndjson_gives_a_resource_a_line_whatever_the_file_is_called(tmp_path: Path) -> None:
    for name in ("a.ndjson", "b.json", "c.jsonl"):
        found = list(read_entries(write_lines(tmp_path / name, RESOURCES)))
        assert [each.position for each in found] == [1, 2, 3]


def test_gzip_is_opened_whatever_the_file_is_called(tmp_path: Path) -> None:
    plain = write(tmp_path / "b.json", bundle(*RESOURCES))
    packed = tmp_path / "packed.json"
    packed.write_bytes(gzip.compress(plain.read_bytes()))
    assert ids(packed) == ids(plain)


def test_a_single_resource_is_a_file_too(tmp_path: Path) -> None:
    assert ids(write(tmp_path / "p.json", patient())) == [patient()["id"]]


def test_money_is_read_as_it_is_written(tmp_path: Path) -> None:
    for path in (write(tmp_path / "b.json", bundle(RESOURCES[2])), write_lines(tmp_path / "l.ndjson", [RESOURCES[2]])):
        (found,) = read_entries(path)
        assert isinstance(found, Entry)
        assert found.resource["item"][1]["adjudication"][0]["amount"]["value"] == Decimal("28.104000000000003")


def test_a_bad_line_stops_no_good_one(tmp_path: Path) -> None:
    path = tmp_path / "l.ndjson"
    path.write_text(f'{json.dumps(patient())}\n{{"half": \n[1]\n\n{json.dumps(encounter())}\n')
    found = list(read_entries(path))
    assert [type(each) for each in found] == [Entry, Broken, Broken, Entry]
    assert [each.position for each in found] == [1, 2, 3, 5]


def test_a_cut_bundle_gives_what_stands_before_the_cut(tmp_path: Path) -> None:
    path = write(tmp_path / "b.json", bundle(*RESOURCES))
    path.write_bytes(path.read_bytes()[:-200])
    found = list(read_entries(path))
    assert [type(each) for each in found] == [Entry, Entry, Broken]
    assert found[-1].position == 2


@pytest.mark.parametrize("content", [b"", b"[]", b"<Patient/>", b'{"a": 1}', b"\x1f\x8b broken", b"PK\x03\x04"])
def test_what_is_no_fhir_is_said_to_be_none(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "x.json"
    path.write_bytes(content)
    assert [type(each) for each in read_entries(path)] == [Broken]


def test_a_folder_is_its_files_in_order_of_name(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    for name in ("b.json", "a.ndjson", "deep/c.json.gz", "notes.txt", "claims.xml"):
        (tmp_path / name).write_text("{}")
    assert [path.name for path in files_of([tmp_path], read.ENDINGS)] == ["a.ndjson", "b.json", "c.json.gz"]
    with pytest.raises(Refusal, match="does not exist"):
        files_of([tmp_path / "nowhere"], read.ENDINGS)
    with pytest.raises(Refusal, match="No file ending"):
        files_of([tmp_path / "deep"], [".csv"])


NAMES = st.text(st.characters(blacklist_categories=["Cs"]), max_size=30)


@given(st.lists(st.tuples(NAMES, st.floats(0, 1e6, allow_nan=False)), max_size=6), st.integers(1, 97), st.booleans())
def test_however_the_bytes_arrive_the_resources_are_the_same(content: list[tuple[str, float]], size: int, indented: bool) -> None:
    """A chunk may end inside a number, an escape, half a character."""
    resources: list[Resource] = [
        {"resourceType": "Patient", "id": str(n), "name": text, "v": v} for n, (text, v) in enumerate(content)
    ]
    with TemporaryDirectory() as folder:
        path = Path(folder, "b.json")
        path.write_text(json.dumps(bundle(*resources), ensure_ascii=False, indent=1 if indented else None), "utf-8")
        with patch.object(read, "_items", lambda file: iter(read.ijson.items(file, "entry.item", buf_size=size))):
            found = [each.resource for each in read_entries(path) if isinstance(each, Entry)]
    assert [each | {"v": float(each["v"])} for each in found] == resources
