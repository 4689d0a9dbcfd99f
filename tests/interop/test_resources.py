"""One resource at a time: what is read of it, what is refused."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autopay.interop.fhir.references import identity_of, own_refs, ref_of
from autopay.interop.fhir.resources import read_contact, read_encounter, read_patient
from autopay.interop.records import Identity, Unfit
from tests.interop.bundles import encounter, patient, uid

ZONE = "America/Los_Angeles"


def test_a_patient_is_its_official_name_and_how_to_reach_it() -> None:
    found = read_patient(patient(), "", "fhir")
    assert (found.name, found.phone, found.email, found.language) == ("Ana Maria Windler", "555-237-2645", "", "es")
    assert found.identity == Identity("https://github.com/synthetichealth/synthea", "synthea-ana")


def test_H5_no_social_security_or_passport_number_becomes_an_identifier() -> None:
    secret = [
        {"type": {"coding": [{"code": code}]}, "system": f"http://example.test/{code}", "value": "999-10-7004"}
        for code in ("SS", "DL", "PPN")
    ]
    plain = {"system": "http://hl7.org/fhir/sid/us-ssn", "value": "999-10-7004"}
    found = patient(identifier=[*secret, plain])
    assert identity_of(found, "", "fhir") == Identity("fhir", f"Patient/{uid('ana')}")
    assert not any("999" in each for each in own_refs(found, ""))


def test_a_record_without_identifiers_is_known_by_its_server_and_id() -> None:
    bare = {"resourceType": "Patient", "id": "7"}
    assert identity_of(bare, "https://ehr.test/fhir/Patient/7", "fhir") == Identity("https://ehr.test/fhir", "Patient/7")
    assert identity_of(bare, "", "clinic") == Identity("clinic", "Patient/7")
    assert identity_of({"resourceType": "Patient"}, "urn:uuid:abc", "fhir") == Identity("fhir", "Patient/abc")
    with pytest.raises(Unfit, match="no identifier"):
        identity_of({"resourceType": "Patient"}, "", "fhir")


@pytest.mark.parametrize(
    "written",
    [
        "urn:uuid:7",
        "Patient/7",
        "Patient/7/_history/2",
        "https://ehr.test/fhir/Patient/7",
        "https://ehr.test/fhir/Patient/7/_history/2",
    ],
)
def test_a_reference_means_the_same_however_it_is_written(written: str) -> None:
    assert ref_of({"reference": written}, "Patient") == "Patient/7"


def test_references_by_identifier_to_nothing_and_to_others() -> None:
    assert ref_of({"reference": "Patient?identifier=http://x|7"}, "Patient") == "Patient?http://x|7"
    assert ref_of({"identifier": {"system": "http://x", "value": "7"}}, "Patient") == "Patient?http://x|7"
    assert ref_of({"reference": "Group/7"}, "Patient") == ref_of({"display": "Ana"}, "Patient") == ref_of(None, "Patient") == ""
    for wrong in ("#inside", "not a reference"):
        with pytest.raises(Unfit):
            ref_of({"reference": wrong}, "Patient")


@pytest.mark.parametrize(
    ("start", "day"),
    [
        ("2026-11-10T23:30:00-08:00", date(2026, 11, 10)),
        ("2026-11-11T07:30:00Z", date(2026, 11, 10)),
        ("2026-11-11T07:30:00.330194+00:00", date(2026, 11, 10)),
        ("2026-11-11", date(2026, 11, 11)),
        ("2026-11-11T07:30:00", date(2026, 11, 11)),
    ],
)
def test_a_visit_is_on_the_day_it_began_in_the_billers_zone(start: str, day: date) -> None:
    assert read_encounter(encounter(at=start), "", "fhir", ZONE).on == day


@pytest.mark.parametrize(
    "period", [None, {}, {"start": "2026"}, {"start": "2026-11"}, {"start": "yesterday"}, {"start": 5}, "2026-11-10"]
)
def test_a_visit_that_does_not_say_its_day_is_refused(period: Any) -> None:
    with pytest.raises(Unfit, match="period"):
        read_encounter(encounter(period=period), "", "fhir", ZONE)


def test_only_a_finished_encounter_is_a_completed_visit() -> None:
    statuses = {
        status: read_encounter(encounter(status=status), "", "fhir", ZONE).status
        for status in ("finished", "planned", "cancelled")
    }
    assert statuses == {"finished": "finished", "planned": "not yet", "cancelled": "taken back"}
    with pytest.raises(Unfit, match="a completed visit is `finished`"):
        read_encounter(encounter(status="completed"), "", "fhir", ZONE)


@pytest.mark.parametrize(
    "wrong", [{"name": []}, {"name": [{"given": ["  "]}]}, {"name": [{"text": "x" * 161}]}, {"name": [{"text": "a\x00b"}]}]
)
def test_a_patient_without_a_storable_name_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(Unfit, match="name"):
        read_patient(patient() | wrong, "", "fhir")


def test_a_related_person_is_the_contact_of_one_patient() -> None:
    dana = {
        "resourceType": "RelatedPerson",
        "id": "dana",
        "patient": {"reference": "Patient/7"},
        "name": [{"text": "Dana Windler"}],
        "telecom": [{"system": "email", "value": "not an address"}, {"system": "email", "value": "dana@family.test"}],
    }
    found = read_contact(dana, "", "fhir")
    assert (found.name, found.email, found.patient_ref) == ("Dana Windler", "dana@family.test", "Patient/7")
    with pytest.raises(Unfit, match="names no patient"):
        read_contact(dana | {"patient": None}, "", "fhir")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["reference", "coding", "code", "value", "system"]), inner)
    ),
    max_leaves=6,
)


@given(st.sampled_from(["identifier", "name", "telecom", "communication", "period", "subject", "status", "account", "id"]), JSON)
def test_nothing_in_a_resource_brings_an_import_down(field: str, junk: Any) -> None:
    """Gathering takes these four errors to mean `not built as FHIR R4 says`; there are no others."""
    for resource, read in (
        (patient(), lambda r: read_patient(r, "", "fhir")),
        (encounter(), lambda r: read_encounter(r, "", "fhir", ZONE)),
    ):
        try:
            own_refs(resource | {field: junk}, "")
            read(resource | {field: junk})
        except (Unfit, AttributeError, TypeError, KeyError):
            pass
