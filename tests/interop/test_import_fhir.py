"""FHIR files into a real database: what is taken in, what is refused, and that a second time changes nothing."""

from __future__ import annotations

import asyncio
import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from autopay.agreements.models import Switch
from autopay.charging.send import send_due_charges
from autopay.charging.switch import set_switch
from autopay.interop.records import Kind
from autopay.interop.report import Ending, Report
from tests.fixtures.world import GOOD, World
from tests.interop.bundles import (
    Resource,
    bundle,
    claim,
    coded,
    encounter,
    eob,
    patient,
    ref,
    synthea_eob,
    tietai_eob,
    uid,
    usd,
    write,
    write_lines,
)
from tests.interop.conftest import Import

EVERY = date(1900, 1, 1)


def line(report: Report, kind: Kind) -> tuple[int, int, int, int, int]:
    """Read, new, unchanged, changed, refused."""
    found = next((each for each in report.lines if each.kind is kind), None)
    return (found.read, found.new, found.unchanged, found.changed, found.refused) if found else (0, 0, 0, 0, 0)


def test_bundles_made_by_synthea_become_patients_visits_and_invoices_and_a_second_import_changes_nothing(
    synthea: Path, imports: Import, world: World
) -> None:
    files = sorted(synthea.glob("*.json"))
    first = imports("fhir", *files, since=EVERY)
    before = snapshot(world)
    second = imports("fhir", *files, since=EVERY)
    assert first.refused == 0
    assert second.refused == 0
    patients, visits = line(first, Kind.PATIENT)[0], line(first, Kind.VISIT)[0]
    assert (patients, visits > 20) == (3, True)
    assert line(first, Kind.PATIENT) == (patients, patients, 0, 0, 0)
    assert line(first, Kind.VISIT) == (visits, visits, 0, 0, 0)
    assert line(second, Kind.VISIT) == (visits, 0, visits, 0, 0)
    assert line(second, Kind.PATIENT) == (patients, 0, patients, 0, 0)
    assert first.invoices == visits - first.other.get("zero share", 0)
    assert second.invoices == 0
    assert snapshot(world) == before


def snapshot(world: World) -> dict[str, list[dict[str, object]]]:
    """Everything an import could change, but its own record of runs."""
    tables = (
        "payer",
        "agreement",
        "agreement_version",
        "billing_contact",
        "contact_patient",
        "visit",
        "invoice",
        "invoice_line",
        "charge",
    )
    more = ("elsewhere", "ledger_transfer", "imported_record")
    return {table: world.rows(f"select * from {table} order by 1, 2, 3") for table in (*tables, *more)}


def taken(world: World) -> dict[str, int]:
    """Amounts by the visit's identifier there."""
    return {row["external_id"]: row["minor"] for row in world.rows("select external_id, minor from visit")}


def key(name: str) -> str:
    return f"Encounter/{uid(name)}"


def one_visit(*statements: Resource, **more: Any) -> list[Resource]:
    return [patient(), encounter(**more), *statements]


def test_syntheas_own_shape_references_that_point_forward_and_a_claim_that_is_never_the_share(
    imports: Import, world: World, tmp_path: Path
) -> None:
    resources = [synthea_eob([28.104, 10.5]), claim(), encounter(), patient()]
    report = imports("fhir", write(tmp_path / "b.json", bundle(*resources)), since=EVERY)
    assert (report.refused, report.invoices) == (0, 1)
    assert taken(world) == {key("visit"): 3860}
    (payer,) = world.rows("select name, source, external_id, phone, language from payer")
    assert payer == {
        "name": "Ana Maria Windler",
        "source": "https://github.com/synthetichealth/synthea",
        "external_id": "synthea-ana",
        "phone": "555-237-2645",
        "language": "es",
    }
    assert world.value("""select "on"::text from visit""") == "2026-11-10"
    assert world.value("select total from invoice") == 3860


def test_an_explanation_that_names_only_its_claim_finds_its_visit_through_it(
    imports: Import, world: World, tmp_path: Path
) -> None:
    files = [
        write_lines(tmp_path / f"{each['resourceType']}.ndjson", [each])
        for each in (patient(), encounter(), claim(of="visit"), tietai_eob(37.5))
    ]
    assert imports("fhir", *files).refused == 0
    assert taken(world) == {key("visit"): 3750}


def test_an_invoice_finds_its_visit_by_account_or_line_where_no_explanation_does(
    imports: Import, world: World, tmp_path: Path
) -> None:
    issued = {"resourceType": "Invoice", "id": "i1", "status": "issued", "subject": ref("ana"), "totalNet": usd(40)}
    item = {
        "resourceType": "ChargeItem",
        "id": "item",
        "status": "billed",
        "context": {"reference": f"Encounter/{uid('by line')}"},
    }
    resources = [
        patient(),
        encounter("by account", account=[{"reference": "Account/a1"}]),
        encounter("by line"),
        item,
        issued | {"account": {"reference": "Account/a1"}},
        issued | {"id": "i2", "totalGross": usd(55.5), "lineItem": [{"chargeItemReference": {"reference": "ChargeItem/item"}}]},
    ]
    assert imports("fhir", write_lines(tmp_path / "all.ndjson", resources)).refused == 0
    assert taken(world) == {key("by account"): 4000, key("by line"): 5550}


def test_charge_items_marked_self_pay_are_the_share_of_the_uninsured(imports: Import, world: World, tmp_path: Path) -> None:
    line_item = {"resourceType": "ChargeItem", "status": "billable", "context": ref("visit"), "subject": ref("ana")}
    lines = [
        line_item | {"id": "1", "priceOverride": usd(15), "code": {"coding": [{"code": "self-pay"}]}},
        line_item | {"id": "2", "priceOverride": usd(5.25), "code": {"coding": [{"code": "self-pay"}]}},
        line_item | {"id": "3", "priceOverride": usd(900)},
    ]
    assert imports("fhir", write_lines(tmp_path / "all.ndjson", one_visit(*lines))).refused == 0
    assert taken(world) == {key("visit"): 2025}


def test_a_visit_without_a_share_is_taken_in_not_invoiced_and_counted(imports: Import, world: World, tmp_path: Path) -> None:
    resources = [
        patient(),
        encounter("unstated"),
        encounter("free"),
        encounter("planned", status="planned"),
        claim(of="unstated"),
    ]
    path = write(tmp_path / "b.json", bundle(*resources, eob(coded("copay", 0), visit="free")))
    report = imports("fhir", path, since=EVERY)
    assert (report.refused, report.invoices) == (0, 0)
    assert {name: report.other[name] for name in ("no share stated", "zero share", "not completed")} == {
        "no share stated": 1,
        "zero share": 1,
        "not completed": 1,
    }
    assert taken(world) == {key("unstated"): 0, key("free"): 0}


def test_different_shares_refuse_that_visit_alone_and_what_was_refused_can_be_mended_and_imported(
    imports: Import, world: World, tmp_path: Path
) -> None:
    doubtful = [eob(coded("copay", 25), name="e1"), eob(coded("copay", 40), name="e2")]
    good = [encounter("good"), eob(coded("copay", 10), name="e3", visit="good")]
    first = imports("fhir", write(tmp_path / "b.json", bundle(*one_visit(*doubtful), *good)), since=EVERY)
    assert taken(world) == {key("good"): 1000}
    assert line(first, Kind.VISIT) == (2, 1, 0, 0, 1)
    ((place, kind, reason),) = first.first
    assert (place, kind) == (f"{tmp_path / 'b.json'}#1", "visit")
    assert "state different patient shares" in reason
    assert first.refused_file
    assert first.refused_file.stat().st_mode & 0o777 == 0o600
    assert line(imports("fhir", first.refused_file, since=EVERY), Kind.VISIT) == (1, 0, 0, 0, 1)
    mended = [each for each in first.refused_file.read_text().splitlines() if uid("e2") not in each]
    (tmp_path / "mended.ndjson").write_text("\n".join(mended))
    third = imports("fhir", tmp_path / "mended.ndjson", since=EVERY)
    assert third.refused == 0
    assert taken(world) == {key("good"): 1000, key("visit"): 2500}


NUMBER = {"system": "http://clinic.test/visits", "value": "1"}


@pytest.mark.parametrize(
    ("resources", "kind", "reason"),
    [
        ([encounter()], "visit", "a patient who is not known"),
        ([patient() | {"name": []}, encounter()], "patient", "has no name"),
        ([patient(), encounter(subject=None)], "visit", "names no patient"),
        ([patient(), encounter(), eob(coded("copay", 5), visit="elsewhere")], "share", "belongs to no visit"),
        ([patient(), patient("bo"), encounter(), eob(coded("copay", 5), of="bo")], "visit", "stated for another patient"),
        ([patient(), patient() | {"id": "2", "name": [{"text": "Bo"}]}], "patient", "identifier of another one"),
        ([patient(), encounter(), eob({"category": {"coding": [{"code": "copay"}]}, "amount": "5"})], "share", "no amount"),
        (
            [patient(), *(encounter(n, at=a, identifier=[NUMBER]) for n, a in (("1", "2026-11-01"), ("2", "2026-11-02")))],
            "visit",
            "else",
        ),
        ([patient() | {"identifier": "x"}, {"resourceType": "Patient", "id": "3", "name": [1]}], "patient", "has no name"),
        (
            [patient() | {"telecom": [{"system": "phone", "value": "1", "rank": {}}], "communication": [{"language": 1}]}],
            "patient",
            "R4",
        ),
    ],
)
def test_a_bad_record_is_refused_with_its_reason_and_written_out(
    imports: Import, tmp_path: Path, resources: list[Resource], kind: str, reason: str
) -> None:
    report = imports("fhir", write(tmp_path / "b.json", bundle(*resources)))
    assert (kind, True) in {(of, reason in why) for of, why in report.reasons}
    assert report.refused_file
    assert reason in report.refused_file.read_text()


def test_an_explanation_of_several_visits_refuses_them_because_it_cannot_be_split(
    imports: Import, world: World, tmp_path: Path
) -> None:
    both = eob(coded("copay", 30), item=[{"encounter": [ref("visit"), ref("second")], "adjudication": [coded("copay", 30)]}])
    report = imports("fhir", write(tmp_path / "b.json", bundle(*one_visit(encounter("second"), both))))
    assert line(report, Kind.VISIT) == (2, 0, 0, 0, 2)
    assert taken(world) == {}


def test_two_servers_that_use_one_id_for_two_people_leave_a_doubt_that_is_refused(imports: Import, tmp_path: Path) -> None:
    people = [
        {"resourceType": "Patient", "id": "7", "identifier": [{"system": s, "value": "1"}], "name": [{"text": "P"}]}
        for s in ("a", "b")
    ]
    visit = encounter(subject={"reference": "Patient/7"})
    report = imports("fhir", write_lines(tmp_path / "all.ndjson", [*people, visit]))
    assert [reason for _, reason in report.reasons] == ["names a patient whom two different resources claim to be"]


def test_related_persons_become_contacts_linked_to_their_patients_once(imports: Import, world: World, tmp_path: Path) -> None:
    dana = {
        "resourceType": "RelatedPerson",
        "identifier": [{"system": "family", "value": "dana"}],
        "name": [{"text": "Dana Windler"}],
    }
    persons = [dana | {"id": name, "patient": ref(name)} for name in ("ana", "bo")]
    path = write(tmp_path / "b.json", bundle(patient(), patient("bo"), *persons))
    assert line(imports("fhir", path), Kind.CONTACT) == (2, 2, 0, 0, 0)
    assert line(imports("fhir", path), Kind.CONTACT) == (2, 0, 2, 0, 0)
    assert (world.value("select count(*) from billing_contact"), world.value("select count(*) from contact_patient")) == (1, 2)


def test_visits_alone_find_patients_taken_in_before(imports: Import, world: World, tmp_path: Path) -> None:
    imports("fhir", write_lines(tmp_path / "Patient.ndjson", [patient()]))
    by_number = encounter(
        "by number", subject={"identifier": {"system": "https://github.com/synthetichealth/synthea", "value": "synthea-ana"}}
    )
    report = imports("fhir", write_lines(tmp_path / "Encounter.ndjson", [encounter(), by_number]))
    assert report.refused == 0
    assert world.value("select count(*) from visit v join payer p on p.id = v.payer_id where p.external_id = 'synthea-ana'") == 2


def test_a_changed_patient_or_visit_is_changed_here_while_that_is_legal(imports: Import, world: World, tmp_path: Path) -> None:
    path = tmp_path / "b.json"
    imports("fhir", write(path, bundle(*one_visit(eob(coded("copay", 25))))))
    moved = [
        patient() | {"telecom": [{"system": "email", "value": "ana@example.test"}]},
        encounter(at="2026-11-11"),
        eob(coded("copay", 30)),
    ]
    report = imports("fhir", write(path, bundle(*moved)))
    assert (line(report, Kind.PATIENT), line(report, Kind.VISIT)) == ((1, 0, 0, 1, 0), (1, 0, 0, 1, 0))
    assert world.rows('select "on"::text, minor from visit') == [{"on": "2026-11-11", "minor": 3000}]
    assert world.rows("select email, phone from payer") == [{"email": "ana@example.test", "phone": "555-237-2645"}]


def test_V36_a_share_changed_after_invoicing_adjusts_the_bill(imports: Import, world: World, tmp_path: Path) -> None:
    path = tmp_path / "b.json"
    imports("fhir", write(path, bundle(*one_visit(eob(coded("copay", 25))))), since=EVERY)
    report = imports("fhir", write(path, bundle(*one_visit(eob(coded("copay", 30))))), since=EVERY)
    assert line(report, Kind.VISIT) == (1, 0, 0, 1, 0)
    assert world.rows("select total, (select minor from visit) as share from invoice") == [{"total": 3000, "share": 3000}]
    again = imports("fhir", path, since=EVERY)
    assert line(again, Kind.VISIT) == (1, 0, 1, 0, 0)


async def test_V36_while_its_payment_is_on_its_way_a_changed_share_is_refused_and_taken_later(
    imports: Import, world: World, tmp_path: Path
) -> None:
    await asyncio.to_thread(imports, "fhir", write(tmp_path / "p.json", bundle(patient())))
    await world.card(world.value("select id from payer"), GOOD, default=True)
    set_switch(world.app, world.biller, world.value("select id from payer"), Switch.ON, world.by())
    path = tmp_path / "b.json"
    await asyncio.to_thread(imports, "fhir", write(path, bundle(*one_visit(eob(coded("copay", 25))))), since=EVERY)
    await world.fault(action="lost_after", operation="payment_intents.create")
    await send_due_charges(world.engine)
    assert world.value("select state from charge") == "unknown"
    write(path, bundle(*one_visit(eob(coded("copay", 30)))))
    refused = await asyncio.to_thread(imports, "fhir", path, since=EVERY)
    assert line(refused, Kind.VISIT) == (1, 0, 0, 0, 1)
    assert "on its way" in refused.first[0][2]
    assert world.value("select total from invoice") == 2500
    await world.until_quiet()
    assert line(await asyncio.to_thread(imports, "fhir", path, since=EVERY), Kind.VISIT) == (1, 0, 0, 1, 0)
    assert world.value("select total - captured from invoice") == 500


def test_a_share_that_is_not_stated_any_more_changes_nothing(imports: Import, world: World, tmp_path: Path) -> None:
    imports("fhir", write(tmp_path / "b.json", bundle(*one_visit(eob(coded("copay", 25))))), since=EVERY)
    report = imports("fhir", write(tmp_path / "b.json", bundle(*one_visit())), since=EVERY)
    assert (report.refused, line(report, Kind.VISIT)) == (0, (1, 0, 1, 0, 0))
    assert taken(world) == {key("visit"): 2500}


def test_of_two_versions_of_a_resource_the_one_read_later_counts(imports: Import, world: World, tmp_path: Path) -> None:
    """Exports of two days in one folder: nothing is refused for it, and no line is added up twice."""
    item = {
        "resourceType": "ChargeItem",
        "id": "1",
        "status": "billable",
        "context": ref("paid alone"),
        "code": {"coding": [{"code": "self-pay"}]},
    }
    monday = [
        patient(),
        encounter(),
        eob(coded("copay", 25)),
        encounter("withdrawn"),
        eob(coded("copay", 9), visit="withdrawn", name="e2"),
    ]
    tuesday = [
        patient(telecom=[]),
        encounter(at="2026-11-12"),
        eob(coded("copay", 30)),
        eob(visit="withdrawn", name="e2", status="cancelled"),
    ]
    alone = [encounter("paid alone"), item | {"priceOverride": usd(15)}]
    write_lines(tmp_path / "1-monday.ndjson", [*monday, *alone])
    write_lines(tmp_path / "2-tuesday.ndjson", [*tuesday, *alone])
    report = imports("fhir", tmp_path / "1-monday.ndjson", tmp_path / "2-tuesday.ndjson")
    assert (report.refused, line(report, Kind.VISIT)) == (0, (3, 3, 0, 0, 0))
    assert taken(world) == {key("visit"): 3000, key("withdrawn"): 0, key("paid alone"): 1500}
    assert world.value("""select "on"::text from visit where minor = 3000""") == "2026-11-12"


def test_a_visit_the_source_takes_back_is_voided(imports: Import, world: World, tmp_path: Path) -> None:
    path = tmp_path / "b.json"
    imports("fhir", write(path, bundle(*one_visit(eob(coded("copay", 25))))), since=EVERY)
    wrong = bundle(patient(), encounter(status="entered-in-error"), encounter("never seen", status="cancelled"))
    report = imports("fhir", write(path, wrong), since=EVERY)
    assert line(report, Kind.VOID) == (1, 1, 0, 0, 0)
    assert world.value("select count(*) from invoice where voided_at is not null") == 1
    assert line(imports("fhir", path, since=EVERY), Kind.VOID) == (0, 0, 0, 0, 0)


def test_since_divides_what_is_invoiced_from_what_is_only_taken_in(imports: Import, world: World, tmp_path: Path) -> None:
    visits = [encounter("before", at="2026-10-31"), encounter("on", at="2026-11-01")]
    shares = [eob(coded("copay", 25), name=name, visit=name) for name in ("before", "on")]
    report = imports("fhir", write(tmp_path / "b.json", bundle(patient(), *visits, *shares)), since=date(2026, 11, 1))
    assert (report.invoices, line(report, Kind.VISIT)[1]) == (1, 2)
    assert world.rows('select v."on"::text from invoice i join visit v on v.id = i.visit_id') == [{"on": "2026-11-01"}]


def test_strict_takes_in_all_or_nothing(imports: Import, world: World, tmp_path: Path) -> None:
    bad = write(tmp_path / "b.json", bundle(*one_visit(eob(coded("copay", 25))), encounter("undated", period=None)))
    before = snapshot(world)
    report = imports("fhir", bad, since=EVERY, strict=True)
    assert (report.ending, report.refused, report.invoices) == (Ending.TAKEN_BACK, 1, 0)
    assert snapshot(world) == before
    good = write(tmp_path / "b.json", bundle(*one_visit(eob(coded("copay", 25)))))
    assert imports("fhir", good, since=EVERY, strict=True).ending is Ending.DONE
    assert taken(world) == {key("visit"): 2500}


def test_H5_no_name_and_nothing_clinical_is_reported_or_on_record(
    synthea: Path, imports: Import, world: World, tmp_path: Path
) -> None:
    bad = patient() | {"telecom": [{"rank": {}, "system": "phone"}, {"rank": 1, "system": "phone"}]}
    report = imports(
        "fhir", *sorted(synthea.glob("*.json")), write(tmp_path / "b.json", bundle(bad, encounter(period={"start": "Windler"})))
    )
    said = json.dumps(report.as_json() | {"refused_file": ""}) + json.dumps(
        world.rows("select kind, counts from import_run"), default=str
    )
    said += json.dumps(world.rows("select action, data from journal_entry"), default=str)
    names = [name for row in world.rows("select name from payer") for name in row["name"].split()]
    assert not [name for name in (*names, "Windler", "562", "procedure") if name.lower() in said.lower()]
