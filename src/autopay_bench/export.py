"""What another system hands over: the visits of its patients as one CSV file, or as FHIR R4 in bulk, a file for each type of resource."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

SOURCE = "bench"
"""Whose identifiers they are: the same as of the people that `supply` makes."""
COLUMNS = ("id", "patient", "name", "email", "phone", "date", "amount")
CMS = "https://bluebutton.cms.gov/resources"
HL7 = "http://terminology.hl7.org/CodeSystem"
LINES = 3
"""Of an explanation of benefits, each with a part of the patient's share."""
Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Visit:
    """The patient's share in minor units, the local date."""

    number: int
    patient: int
    on: date
    minor: int


def visits(number: int, patients: int, since: date) -> Iterator[Visit]:
    """Day by day, so that a patient's stand apart."""
    for nth in range(number):
        yield Visit(nth, 1 + nth % patients, since + timedelta(nth // patients), 1000 + nth * 37 % 9000)


def write_csv(path: Path, visits: Iterable[Visit]) -> None:
    """A row per visit that names its patient, too."""
    with path.open("w", encoding="utf-8", newline="") as file:
        out = csv.writer(file)
        out.writerow(COLUMNS)
        for each in visits:
            who = (f"P{each.patient}", _name(each.patient), f"p{each.patient}@bench.test", "(212) 555-0100")
            out.writerow((f"V{each.number}", *who, each.on, f"{each.minor / 100:.2f}"))


def write_fhir(folder: Path, visits: Iterable[Visit], patients: int) -> int:
    """Patients; and for each visit an encounter, a claim and what the insurer explained. Returns how many resources."""
    folder.mkdir()
    known = list(visits)
    return (
        _write(folder / "Patient.ndjson", map(_patient, range(1, patients + 1)))
        + _write(folder / "Encounter.ndjson", map(_encounter, known))
        + _write(folder / "Claim.ndjson", map(_claim, known))
        + _write(folder / "ExplanationOfBenefit.ndjson", map(_explanation, known))
    )


def _write(path: Path, resources: Iterable[Json]) -> int:
    with path.open("w", encoding="utf-8") as out:
        return sum(out.write(json.dumps(each) + "\n") > 0 for each in resources)


def _name(patient: int) -> str:
    return f"Payer {patient}"


def _patient(patient: int) -> Json:
    number = {"type": {"coding": [{"system": f"{HL7}/v2-0203", "code": "MR"}]}, "system": SOURCE, "value": f"P{patient}"}
    secret = {"type": {"coding": [{"system": f"{HL7}/v2-0203", "code": "SS"}]}, "system": "http://hl7.org/fhir/sid/us-ssn"}
    return {
        "resourceType": "Patient",
        "id": f"p{patient}",
        "identifier": [secret | {"value": f"999-{patient}"}, number],
        "name": [{"use": "official", "family": str(patient), "given": ["Payer"]}],
        "telecom": [{"system": "phone", "value": "(212) 555-0100"}, {"system": "email", "value": f"p{patient}@bench.test"}],
        "gender": "female",
        "birthDate": "1950-02-03",
        "address": [{"line": ["1 Main Street"], "city": "New York", "state": "NY", "postalCode": "10001", "country": "US"}],
        "communication": [{"language": {"coding": [{"system": "urn:ietf:bcp:47", "code": "en-US"}]}}],
    }


def _encounter(visit: Visit) -> Json:
    return {
        "resourceType": "Encounter",
        "id": f"v{visit.number}",
        "identifier": [{"system": SOURCE, "value": f"V{visit.number}"}],
        "status": "finished",
        "class": {"system": f"{HL7}/v3-ActCode", "code": "HH"},
        "type": [{"coding": [{"system": "http://snomed.info/sct", "code": "439708006", "display": "Home visit"}]}],
        "subject": {"reference": f"Patient/p{visit.patient}"},
        "participant": [{"individual": {"reference": "Practitioner/n1", "display": "Nurse"}}],
        "period": {"start": f"{visit.on}T14:30:00-05:00", "end": f"{visit.on}T15:30:00-05:00"},
        "serviceProvider": {"reference": "Organization/o1"},
    }


def _claim(visit: Visit) -> Json:
    return {
        "resourceType": "Claim",
        "id": f"c{visit.number}",
        "status": "active",
        "use": "claim",
        "type": {"coding": [{"system": f"{HL7}/claim-type", "code": "professional"}]},
        "patient": {"reference": f"Patient/p{visit.patient}"},
        "billablePeriod": {"start": f"{visit.on}", "end": f"{visit.on}"},
        "provider": {"reference": "Organization/o1"},
        "insurance": [{"sequence": 1, "focal": True, "coverage": {"display": "Medicare"}}],
        "item": [
            {"sequence": 1, "productOrService": {"text": "Visit"}, "encounter": [{"reference": f"Encounter/v{visit.number}"}]}
        ],
        "total": _usd(visit.minor * 5),
    }


def _explanation(visit: Visit) -> Json:
    """The share is nowhere stated as one number: the lines' coinsurances add up to it."""
    part = visit.minor // LINES
    shares = [part] * (LINES - 1) + [visit.minor - part * (LINES - 1)]
    return {
        "resourceType": "ExplanationOfBenefit",
        "id": f"e{visit.number}",
        "identifier": [{"system": f"{CMS}/variables/clm_id", "value": f"{visit.number}"}],
        "status": "active",
        "outcome": "complete",
        "use": "claim",
        "type": {"coding": [{"system": f"{HL7}/claim-type", "code": "professional"}]},
        "patient": {"reference": f"Patient/p{visit.patient}"},
        "billablePeriod": {"start": f"{visit.on}", "end": f"{visit.on}"},
        "insurer": {"display": "Medicare"},
        "claim": {"reference": f"Claim/c{visit.number}"},
        "item": [_line(number, minor) for number, minor in enumerate(shares, start=1)],
        "total": [
            {"category": {"coding": [{"system": f"{HL7}/adjudication", "code": "submitted"}]}, "amount": _usd(visit.minor * 5)}
        ],
        "payment": {"amount": _usd(visit.minor * 4)},
    }


def _line(number: int, minor: int) -> Json:
    said = {
        "line_coinsrnc_amt": minor,
        "line_prvdr_pmt_amt": minor * 4,
        "line_sbmtd_chrg_amt": minor * 5,
        "line_bene_ptb_ddctbl_amt": 0,
    }
    adjudication = [{"category": _variable(name), "amount": _usd(each)} for name, each in said.items()]
    return {"sequence": number, "productOrService": {"text": "Visit"}, "adjudication": adjudication}


def _variable(name: str) -> Json:
    return {"coding": [{"system": f"{CMS}/codesystem/adjudication", "code": f"{CMS}/variables/{name}"}]}


def _usd(minor: int) -> Json:
    return {"value": minor / 100, "currency": "USD"}
